import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon } from "./part.js";
import { ByHand } from "./by-hand.js";
import { binRow } from "./bin-row.js";
import { Windowed } from "./windowed.js";
import { grouped } from "../format.js";
import { t } from "../words.js";
import "./hand-dialog.js";
import "./row-menu.js";

const ROW_PX = 50;

/** What lies in the recycle bins, newest first; several can be chosen and restored or deleted for ever. */
class BinList extends Part {
  static properties = { actor: { attribute: false } };

  #rows = [];
  #version = -1;
  #active = { key: "", index: 0 };
  #chosen = new Set();
  #from = 0;
  #refocus = false;
  #hand = new ByHand(this);
  #window = new Windowed(this, { scroller: () => this.querySelector(".bin"), height: () => ROW_PX });

  models() {
    return [this.world, this.drive];
  }

  willUpdate() {
    if (this.#version === this.drive.version) return;
    this.#version = this.drive.version;
    this.#rows = this.drive.bin.slots.map((item, slot) => ({ key: item?.id ?? `#${slot}`, item, slot }));
    const there = new Set(this.#rows.filter(({ item }) => item && !item.left).map(({ key }) => key));
    for (const id of this.#chosen) if (!there.has(id)) this.#chosen.delete(id);
    const at = this.#rows.findIndex(({ key }) => key === this.#active.key);
    const index = at >= 0 ? at : Math.max(0, Math.min(this.#active.index, this.#rows.length - 1));
    this.#active = { key: this.#rows[index]?.key ?? "", index };
    this.#refocus ||= document.activeElement?.matches?.(".bin-row") && this.contains(document.activeElement);
  }

  render() {
    this.#window.kept = this.#active.index;
    const shown = this.#window.draw(this.#rows);
    if (shown.length) this.drive.bin.look(shown[0].row.slot, shown.at(-1).row.slot);
    return html`
      ${this.#bar()}
      <div class="bin" @scroll=${() => this.drive.keepCalm()}>
        <div class="bin-rows ${this.#window.still ? "still" : ""}" role="listbox" aria-multiselectable="true" aria-label=${t("bin.list")}
          .style=${`height:${this.#window.height}px`} @click=${this.#click} @contextmenu=${this.#context} @focusin=${this.#focused}
          @keydown=${this.#key} @pointermove=${() => this.drive.keepCalm()}>
          ${repeat(shown, ({ row }) => row.key, (one) => binRow(one.row, this.#look(one)))}
        </div>
        ${this.#rows.length || !this.drive.bin.known ? nothing : html`
          <div class="empty">${icon("trash-2")}<b>${t("bin.empty")}</b><span>${t("bin.empty.more")}</span></div>`}
      </div>
      <row-menu></row-menu>
      <hand-dialog></hand-dialog>`;
  }

  updated() {
    if (!this.#refocus || document.querySelector("dialog[open], .menu:popover-open")) return;
    this.#refocus = false;
    this.#element(this.#active.index)?.focus({ preventScroll: true });
  }

  #bar() {
    const n = this.#chosen.size;
    const all = n ? t("bin.choose.none") : t("bin.choose.all");
    const told = n ? t("bin.chosen", { n: grouped(n) }) : t("bin.count", { n: grouped(this.drive.bin.total) });
    const items = this.#rows.filter(({ key }) => this.#chosen.has(key)).map(({ item }) => item);
    return html`
      <div class="bin-bar" role="toolbar" aria-label=${t("pane.bin")}>
        <button class="icon-button" ?disabled=${!this.drive.bin.total} aria-label=${all} title=${all}
          @click=${() => (n ? this.#chooseNone() : this.#chooseAll())}>
          <span class="tick ${n ? "some" : ""}">${n ? icon("check", "small") : nothing}</span></button>
        <span class="grow clip" role="status">${told}</span>
        <button class="button compact" ?disabled=${!n} @click=${() => this.#hand.restore(items)}>
          ${icon("undo-2", "small")}${t("bin.restore")}</button>
        <button class="button compact danger" ?disabled=${!n} @click=${() => this.#hand.purge(items)}>
          ${icon("trash-2", "small")}${t("drive.do.for-ever")}</button>
      </div>`;
  }

  #look({ row, index, start, size }) {
    const { drive, world } = this;
    return { index, start, size, active: index === this.#active.index, chosen: this.#chosen.has(row.key), drive, world };
  }

  #chooseAll() {
    for (const { key, item } of this.#rows) if (item && !item.left) this.#chosen.add(key);
    this.requestUpdate();
  }

  #chooseNone() {
    this.#chosen.clear();
    this.requestUpdate();
  }

  /** Turns one on or off; with `range`, everything from the last one to here on. */
  #choose(index, range = false) {
    const [first, last] = range ? [Math.min(this.#from, index), Math.max(this.#from, index)] : [index, index];
    for (const { key, item } of this.#rows.slice(first, last + 1)) {
      if (!item || item.left) continue;
      if (range || !this.#chosen.has(key)) this.#chosen.add(key);
      else this.#chosen.delete(key);
    }
    this.#from = index;
    this.requestUpdate();
  }

  #go(index, range) {
    const at = Math.max(0, Math.min(index, this.#rows.length - 1));
    this.#active = { key: this.#rows[at]?.key ?? "", index: at };
    this.#window.kept = at;
    this.#window.show(at);
    this.#refocus = true;
    if (range) this.#choose(at, true);
    this.requestUpdate();
  }

  #menu(index, anchor = this.#element(index)?.querySelector(".tree-more")) {
    const { item } = this.#rows[index] ?? {};
    if (!item || !anchor) return;
    this.#element(index).focus({ preventScroll: true });
    const copies = [{ sign: "copy", label: t("drive.do.path"), run: () => this.#hand.copy(item.originalPath) }];
    const acts = [
      { sign: "undo-2", label: t("bin.restore"), run: () => this.#hand.restore([item]) }, ...copies, null,
      { sign: "trash-2", label: t("drive.do.for-ever.ask"), danger: true, run: () => this.#hand.purge([item]) },
    ];
    this.querySelector("row-menu").open(anchor, item.name, item.left ? copies : acts);
  }

  #element(index) {
    return this.querySelector(`.bin-row[data-index="${index}"]`);
  }

  #at(event) {
    return Number(event.target.closest?.(".bin-row")?.dataset.index ?? -1);
  }

  #click(event) {
    const index = this.#at(event);
    if (index < 0) return;
    const button = event.target.closest("button");
    if (button) this.#menu(index, button);
    else this.#choose(index, event.shiftKey);
  }

  #context(event) {
    const index = this.#at(event);
    if (index < 0) return;
    event.preventDefault();
    this.#menu(index, event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : undefined);
  }

  #focused(event) {
    const index = this.#at(event);
    if (index < 0 || index === this.#active.index) return;
    this.#active = { key: this.#rows[index].key, index };
    this.requestUpdate();
  }

  #key(event) {
    if (event.target.closest("button")) return;
    const { index } = this.#active;
    const row = this.#rows[index];
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: this.#window.page, PageUp: -this.#window.page, Home: -Infinity, End: Infinity };
    this.drive.keepCalm();
    if (event.key in steps) this.#go(index + steps[event.key], event.shiftKey);
    else if (event.key === " ") this.#choose(index, event.shiftKey);
    else if (event.key === "Enter" || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) this.#menu(index);
    else if (event.key === "Delete" && row?.item && !row.item.left) this.#hand.purge([row.item]);
    else if (event.key === "Escape" && this.#chosen.size) this.#chooseNone();
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.#chooseAll();
    else return;
    event.preventDefault();
  }
}

customElements.define("bin-list", BinList);
