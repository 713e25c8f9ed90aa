import { html, nothing } from "lit";
import { Part, icon, openMenu } from "./part.js";
import { progress } from "./drive-row.js";
import { named } from "./by-hand.js";
import { face } from "./faces.js";
import { grouped, size, visible } from "../format.js";
import { t } from "../words.js";
import "./bin-list.js";
import "./drive-tree.js";
import "./wire-view.js";

const TABS = [["drive", "hard-drive"], ["bin", "trash-2"], ["wire", "activity"]];
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** What lies beside the chat: the drive, the recycle bin, the wire; `actor` is whose hands the first two are. */
class SideDock extends Part {
  static properties = { actor: { attribute: false } };

  #visited = new Set();
  #chosen = "";

  models() {
    return [this.world, this.drive];
  }

  /** Who acts here: whom somebody picked, else the first person of the page. */
  get who() {
    return this.#chosen || this.actor || this.shell.actor;
  }

  render() {
    const tab = this.shell.dockTab;
    this.#visited.add(tab);
    return html`
      <div class="dock-head">
        <div class="dock-tabs" role="tablist" aria-label=${t("dock.name")} @keydown=${this.#key}>
          ${TABS.map(([name, sign]) => this.#tab(name, sign))}
        </div>
        <span class="grow"></span>
        ${tab === "wire" ? nothing : this.#picker()}
      </div>
      ${this.#panel("drive", () => html`
        <drive-tree .drive=${this.drive} .world=${this.world} .actor=${this.who}></drive-tree>
        ${this.#foot()}`)}
      ${this.#panel("bin", () => html`<bin-list .drive=${this.drive} .world=${this.world} .actor=${this.who}></bin-list>`)}
      ${this.#panel("wire", () => html`<wire-view .world=${this.world} .wire=${this.wire} .shell=${this.shell}></wire-view>`)}`;
  }

  #tab(name, sign) {
    const on = this.shell.dockTab === name;
    const count = name === "bin" ? this.drive.bin.total : 0;
    return html`
      <button id="dock-tab-${name}" class="dock-tab" role="tab" aria-selected=${on} aria-controls="dock-panel-${name}"
        tabindex=${on ? 0 : -1} @click=${() => this.#show(name)}>
        ${icon(sign)}<span>${t(`pane.${name}`)}</span>
        ${count ? html`<span class="dock-count">${grouped(count)}</span>` : nothing}
      </button>`;
  }

  #panel(name, inside) {
    return html`
      <div id="dock-panel-${name}" class="dock-panel" role="tabpanel" aria-labelledby="dock-tab-${name}"
        ?hidden=${this.shell.dockTab !== name}>
        ${this.#visited.has(name) ? inside() : nothing}
      </div>`;
  }

  #picker() {
    const person = this.world.person(this.who) ?? { userId: this.who, name: this.who };
    const name = visible(person.name);
    return html`
      <button class="button quiet compact dock-as" aria-haspopup="menu" aria-label=${t("dock.as.name", { name })}
        title=${t("dock.as.title")} @click=${(event) => openMenu(event.currentTarget, this.querySelector(".dock-people"))}>
        ${face(person, "tiny")}<span class="clip">${t("dock.as", { name })}</span>${icon("chevron-down", "small")}
      </button>
      <div class="menu dock-people" popover role="menu" aria-label=${t("dock.as.title")}>
        <div class="menu-title">${t("dock.as.title")}</div>
        ${this.world.people.map((one) => this.#person(one))}
      </div>`;
  }

  #person(one) {
    const on = one.userId === this.who;
    return html`
      <button class="menu-item" role="menuitemradio" aria-checked=${on} @click=${() => this.#choose(one.userId)}>
        ${face(one, "small")}<span class="grow clip">${visible(one.name)}</span><span class="muted">${one.title}</span>
        ${on ? icon("check", "small") : html`<span class="icon small"></span>`}
      </button>`;
  }

  /** One line that is always there, so that nothing moves when a task begins. */
  #foot() {
    const [task] = this.drive.tasks;
    const { spaces } = this.world;
    if (!task) {
      const sum = (key) => spaces.reduce((total, space) => total + space[key], 0);
      const facts = [t("drive.spaces", { n: spaces.length }), t("drive.entries", { n: grouped(sum("dentryCount")) }), size(sum("usedBytes"))];
      return html`<div class="dock-foot"><span class="clip">${facts.join(" · ")}</span></div>`;
    }
    return html`
      <div class="dock-foot busy ${task.kind}">
        <span class="clip">${t(`drive.task.${task.kind}`, { name: named(task.rootPath) })}</span>
        <span class="grow">${progress(task)}</span>
        <span class="tree-size">${grouped(task.done + task.failed)}/${grouped(task.total)}</span>
      </div>`;
  }

  #choose(userId) {
    this.#chosen = userId === this.actor ? "" : userId;
    this.querySelector(".dock-people").hidePopover();
    this.requestUpdate();
  }

  #show(name) {
    this.shell.show("dock", name);
    this.requestUpdate();
  }

  #key(event) {
    const at = TABS.findIndex(([name]) => name === this.shell.dockTab);
    const to = event.key in STEPS ? (at + STEPS[event.key] + TABS.length) % TABS.length : { Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#show(TABS[to][0]);
    this.updateComplete.then(() => this.querySelector(`#dock-tab-${TABS[to][0]}`).focus());
  }
}

customElements.define("side-dock", SideDock);
