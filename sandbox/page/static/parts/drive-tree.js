import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon } from "./part.js";
import { ByHand } from "./by-hand.js";
import { actionsFor } from "./drive-actions.js";
import { treeRow } from "./drive-row.js";
import { TreeKeys } from "./tree-keys.js";
import { Windowed } from "./windowed.js";
import { rowsOf } from "../model/rows.js";
import { visible } from "../format.js";
import { t } from "../words.js";
import "./hand-dialog.js";
import "./row-menu.js";

const HEIGHTS = { space: 50, wide: 30, narrow: 46 };
const WIDE_PX = 410;
/** The line that says where one is. */
const ABOVE_PX = 28;
const TOUCH = matchMedia("(pointer: coarse)");

/** Every space as a tree of folders, with what is going and what just went; `drive`, `world`, `actor` (a userId). */
class DriveTree extends Part {
  static properties = { actor: { attribute: false } };

  #rows = [];
  #drawn = {};
  #active = { key: "", index: 0 };
  #menuKey = "";
  #refocus = false;
  #wide = true;
  #hand = new ByHand(this);
  #keys = new TreeKeys(this);
  #window = new Windowed(this, { scroller: () => this.#scroller, height: (row) => this.#height(row), above: ABOVE_PX });
  #watcher = new ResizeObserver(() => this.#measure());

  models() {
    return [this.world, this.drive];
  }

  firstUpdated() {
    this.#watcher.observe(this.#scroller);
  }

  willUpdate() {
    this.#openFirst();
    const { spaces } = this.world;
    const { version } = this.drive;
    if (this.#drawn.spaces !== spaces || this.#drawn.version !== version) {
      this.#rows = rowsOf(this.drive, spaces);
      this.#drawn = { spaces, version };
      this.#findActive();
    }
    this.#refocus ||= document.activeElement?.matches?.(".tree-row") && this.contains(document.activeElement);
  }

  render() {
    this.#window.kept = this.#active.index;
    const shown = this.#window.draw(this.#rows);
    this.#load(shown);
    return html`
      <div class="tree ${this.#wide ? "wide" : "narrow"}" @scroll=${this.#scrolled}>
        ${this.#where()}
        <div class="tree-rows ${this.#window.still ? "still" : ""}" role="tree" aria-label=${t("drive.tree")}
          .style=${`height:${this.#window.height}px`}
          @click=${this.#click} @dblclick=${this.#doubleClick} @contextmenu=${this.#context} @focusin=${this.#focused}
          @keydown=${(event) => this.#keys.take(event)} @pointermove=${() => this.drive.keepCalm()}>
          ${repeat(shown, ({ row }) => row.key, (one) => treeRow(one.row, this.#look(one)))}
        </div>
        ${this.#rows.length ? nothing : html`<div class="empty">${icon("hard-drive")}${t("drive.none")}</div>`}
      </div>
      <row-menu></row-menu>
      <hand-dialog></hand-dialog>`;
  }

  updated() {
    if (!this.#refocus || document.querySelector("dialog[open], .menu:popover-open")) return;
    this.#refocus = false;
    const row = this.#element(this.#active.index);
    if (row && row !== document.activeElement) row.focus({ preventScroll: true });
  }

  // What the keyboard asks of it

  get rows() {
    return this.#rows;
  }

  get active() {
    return this.#active.index;
  }

  get page() {
    return this.#window.page;
  }

  get hand() {
    return this.#hand;
  }

  /** The row in focus; it is scrolled into sight. */
  go(index) {
    const at = Math.max(0, Math.min(index, this.#rows.length - 1));
    this.#active = { key: this.#rows[at]?.key ?? "", index: at };
    this.#window.kept = at;
    this.#window.show(at);
    this.#refocus = true;
    this.requestUpdate();
  }

  toggle(row, open = !row.open) {
    if (row.folderId === undefined || row.open === open) return;
    this.#window.holdStill();
    this.drive.setOpen(row.space.spaceId, row.folderId, open);
  }

  /** Opens the menu of a row, at its button or where somebody pointed. */
  menu(index, anchor = this.#element(index)?.querySelector(".tree-more")) {
    const row = this.#rows[index];
    if (!anchor || !["space", "entry"].includes(row?.kind)) return;
    this.#menuKey = row.key;
    this.#element(index).focus({ preventScroll: true });
    this.requestUpdate();
    this.querySelector("row-menu").open(anchor, row.item?.name ?? row.space.name, actionsFor(row, this.#hand), () => this.#closed());
  }

  // Inside

  get #scroller() {
    return this.querySelector(".tree");
  }

  #element(index) {
    return this.querySelector(`.tree-row[data-index="${index}"]`);
  }

  #height(row) {
    if (row.kind === "space") return HEIGHTS.space;
    return this.#wide ? HEIGHTS.wide : HEIGHTS.narrow;
  }

  #measure() {
    const wide = this.#scroller.clientWidth >= WIDE_PX && !TOUCH.matches;
    if (wide === this.#wide || !this.#scroller.clientWidth) return;
    this.#wide = wide;
    this.#window.measure();
    this.requestUpdate();
  }

  #openFirst() {
    const [first] = this.world.spaces;
    if (first && this.drive.untouched) this.drive.setOpen(first.spaceId, "0", true);
  }

  #findActive() {
    const { key, index } = this.#active;
    const found = this.#rows[index]?.key === key ? index : this.#rows.findIndex((row) => row.key === key);
    const at = found >= 0 ? found : Math.max(0, Math.min(index, this.#rows.length - 1));
    this.#active = { key: this.#rows[at]?.key ?? "", index: at };
  }

  #look({ row, index, start, size }) {
    const { drive, world, actor } = this;
    const menu = row.kind === "space" || row.kind === "entry" ? row.key === this.#menuKey : undefined;
    return { index, start, size, active: index === this.#active.index, menu, drive, world, actor, wide: this.#wide };
  }

  /** What is in sight is loaded. */
  #load(shown) {
    const spans = new Map();
    for (const { row } of shown) {
      if (!row.listing) continue;
      const [from, to] = spans.get(row.listing) ?? [row.slot, row.slot];
      spans.set(row.listing, [Math.min(from, row.slot), Math.max(to, row.slot)]);
    }
    for (const [listing, [from, to]] of spans) listing.look(from, to);
  }

  /** In the middle of a long folder: where one is. */
  #where() {
    const first = this.#rows[this.#window.first];
    const above = [];
    for (let row = first?.parent; row; row = row.parent) above.unshift(row);
    if (!above.length) return html`<div class="tree-where" hidden></div>`;
    return html`
      <div class="tree-where"><nav class="tree-path">
        ${above.map((row, at) => html`
          ${at ? icon("chevron-right", "small") : nothing}
          <button class="clip" tabindex="-1" @click=${() => this.go(this.#rows.indexOf(row))}><bdi>${visible(row.item?.name ?? row.space.name)}</bdi></button>`)}
      </nav></div>`;
  }

  #closed() {
    this.#menuKey = "";
    this.#refocus = this.contains(document.activeElement) || document.activeElement === document.body;
    this.requestUpdate();
  }

  #at(event) {
    const element = event.target.closest?.(".tree-row");
    return element ? Number(element.dataset.index) : -1;
  }

  #click(event) {
    const index = this.#at(event);
    if (index < 0) return;
    const button = event.target.closest("button");
    this.#activate(index);
    if (button) this.menu(index, button);
    else this.toggle(this.#rows[index]);
  }

  #doubleClick(event) {
    if (event.target.closest(".tree-row.entry")) getSelection().removeAllRanges();
  }

  #context(event) {
    const index = this.#at(event);
    if (index < 0) return;
    event.preventDefault();
    this.#activate(index);
    this.menu(index, event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : undefined);
  }

  #focused(event) {
    const index = this.#at(event);
    if (index >= 0) this.#activate(index);
  }

  #activate(index) {
    if (this.#rows[index]?.key === this.#active.key) return;
    this.#active = { key: this.#rows[index].key, index };
    this.requestUpdate();
  }

  #scrolled() {
    this.drive.keepCalm();
  }
}

customElements.define("drive-tree", DriveTree);
