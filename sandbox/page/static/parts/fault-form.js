import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon } from "./part.js";
import { copy } from "./acting.js";
import { drawFields } from "./fault-fields.js";
import { routeName } from "./fault-words.js";
import { either, t } from "../words.js";

const GROUPS = ["error", "throttle", "network", "storage", "cards", "stream"];
const SIGNS = {
  error: "circle-alert", throttle: "gauge", network: "unplug", storage: "hard-drive", cards: "message-square", stream: "radio",
};

/** Orders a fault: first what shall go wrong, then only what that kind can be told. Fires `ordered`. */
class FaultForm extends Part {
  static properties = { world: { attribute: false } };
  #search = "";
  #kind = null;
  #values = {};
  #wanted = {};
  #error = "";
  #busy = false;

  models() {
    return [this.world];
  }

  /** Opens with what is known already: a route, a kind, any field. */
  async open(wanted = {}) {
    Object.assign(this, { returnTo: document.activeElement });
    this.#wanted = { ...wanted };
    this.#search = "";
    this.#error = "";
    this.#kind = null;
    const { kinds } = this.world.kinds;
    const kind = kinds.find((one) => one.kind === wanted.kind);
    if (kind) this.#choose(kind);
    else if (!NARROW.matches && wanted.route !== undefined) this.#choose(this.#fitting()[0]);
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector("dialog").showModal();
    this.querySelector(this.#kind ? "form .button.primary" : ".kinds input")?.focus();
  }

  render() {
    const kind = this.#kind;
    return html`<dialog class="fault-form" aria-labelledby="fault-form-title" @close=${this.#closed} @click=${this.#outside}>
      <header class="dialog-head">
        ${kind ? html`<button class="icon-button fault-back" aria-label=${t("fault.form.back")}
          @click=${() => this.#choose(null)}>${icon("arrow-left")}</button>` : nothing}
        <h2 id="fault-form-title">${t("fault.add")}</h2>
        ${this.#wanted.route ? html`<span class="badge blue clip">${routeName(this.#wanted.route)}</span>` : nothing}
        <button class="icon-button" aria-label=${t("do.close")} @click=${this.#close}>${icon("x")}</button>
      </header>
      <div class="fault-halves ${kind ? "chosen" : ""}">${this.#kinds()}${kind ? this.#form(kind) : this.#invitation()}</div>
    </dialog>`;
  }

  #kinds() {
    const fitting = this.#fitting();
    const groups = GROUPS.map((group) => [group, fitting.filter((kind) => kind.group === group)]).filter(([, kinds]) => kinds.length);
    return html`<nav class="kinds" aria-label=${t("fault.form.kinds")} @keydown=${this.#walk}>
      <label class="search">${icon("search", "small")}<span class="hidden-text">${t("fault.form.search")}</span>
        <input class="input" type="search" placeholder=${t("fault.form.search")} .value=${this.#search} @input=${this.#type}></label>
      <div class="kinds-list">
        ${groups.map(([group, kinds]) => html`
          <h3 class="menu-title">${icon(SIGNS[group], "small")} ${t(`fault.group.${group}`)}</h3>
          ${repeat(kinds, (kind) => kind.kind, (kind) => html`
            <button class="kind" aria-pressed=${kind === this.#kind}
              @click=${() => this.#choose(kind)}><b>${either(kind.title)}</b><span>${either(kind.about)}</span></button>`)}`)}
        ${fitting.length ? nothing : html`<p class="hint">${t("pick.none")}</p>`}
      </div></nav>`;
  }

  #invitation() {
    return html`<div class="empty">${icon("bug")}<p>${t("fault.form.choose")}</p></div>`;
  }

  #form(kind) {
    const order = this.#order();
    const form = { world: this.world, kind, values: this.#values, set: (name, value, more) => this.#set(name, value, more) };
    return html`<form class="fault-fields" @submit=${this.#submit}>
      <div class="fault-scroll">
        <h3>${either(kind.title)}</h3><p class="muted">${either(kind.about)}</p>
        <div class="fields">${drawFields(form, false)}</div>
        <details><summary>${icon("chevron-right", "small")}${t("fault.form.more")}</summary>
          <div class="fields">${drawFields(form, true)}</div></details>
        <details class="as-json"><summary>${icon("chevron-right", "small")}${t("fault.form.json")}</summary>
          <pre class="mono" tabindex="0">POST /sandbox/faults\n${JSON.stringify(order, null, 2)}</pre>
          <p class="row"><button type="button" class="button compact"
            @click=${() => copy(this, JSON.stringify(order))}>${icon("copy", "small")}JSON</button>
            <button type="button" class="button compact" @click=${() => copy(this, curl(order))}>${icon("copy", "small")}curl</button></p>
        </details>
      </div>
      <footer class="dialog-foot">${this.#error ? html`<p class="error-line grow" role="alert">${this.#error}</p>` : nothing}
        <button type="button" class="button" @click=${this.#close}>${t("do.cancel")}</button>
        <button class="button primary" ?disabled=${this.#busy}>${icon("zap")}${t("fault.form.order")}</button></footer>
    </form>`;
  }

  /** The kinds that fit what was typed, and the route that is wanted. */
  #fitting() {
    const words = this.#search.toLowerCase().split(/\s+/).filter(Boolean);
    return this.world.kinds.kinds.filter((kind) => {
      const text = [kind.kind, ...Object.values(kind.title), ...Object.values(kind.about)].join(" ").toLowerCase();
      return this.#suits(kind) && words.every((word) => text.includes(word));
    });
  }

  /** Whether this can go wrong with the route that is wanted. */
  #suits(kind) {
    const { route } = this.#wanted;
    if (!route) return true;
    const side = route === "SOCKET" ? "connection" : route.startsWith("PUSH ") ? "push" : "call";
    if (kind.side !== side) return false;
    if (kind.takes.includes("item") && !this.world.kinds.routes.find((one) => one.route === route)?.items) return false;
    const usual = kind.defaults.route ?? "";
    return side !== "call" || !usual.startsWith("/") || route.includes(` ${usual}`);
  }

  #choose(kind) {
    this.#kind = kind ?? null;
    this.#error = "";
    const { kind: _, ...wanted } = this.#wanted;
    this.#values = kind ? { ...structuredClone(kind.defaults), ...wanted } : {};
    if (kind) this.#fitError();
    this.requestUpdate();
  }

  #set(name, value, more = {}) {
    Object.assign(this.#values, { [name]: value }, more);
    if (name === "route") this.#fitError();
    this.#error = "";
    this.requestUpdate();
  }

  /** Of an interface that documents other errors than the one that is set, its first one. */
  #fitError() {
    const { takes } = this.#kind;
    if (!takes.includes("code") && !takes.includes("error")) return;
    const errors = this.world.kinds.routes.find((one) => one.route === this.#values.route)?.errors ?? [];
    const [first] = errors;
    if (!first || errors.some((one) => one.code === this.#values.code)) return;
    Object.assign(this.#values, { status: first.status || undefined, code: first.code, message: first.message || undefined });
  }

  /** What is sent: the kind, and what differs from what it means by itself. */
  #order() {
    const { kind, defaults } = this.#kind;
    const says = (name, value) => value !== undefined && (name in defaults ? !same(value, defaults[name]) : !NOTHING.has(value));
    const changed = Object.entries(this.#values).filter(([name, value]) => says(name, value));
    return { kind, ...Object.fromEntries(changed) };
  }

  async #submit(event) {
    event.preventDefault();
    this.#busy = true;
    this.requestUpdate();
    try {
      await this.world.orderFault(this.#order());
      this.#close();
      this.toast(t("fault.ordered", { name: either(this.#kind.title) }));
    } catch (error) {
      this.#error = error.message;
    }
    this.#busy = false;
    this.requestUpdate();
  }

  #type({ target }) {
    this.#search = target.value;
    this.requestUpdate();
  }

  /** Arrows go through the kinds, also from the search field. */
  #walk(event) {
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const stops = [...this.querySelectorAll(".kinds input, .kind")];
    const at = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    stops[Math.max(0, Math.min(stops.length - 1, at))].focus();
    event.preventDefault();
  }

  #outside({ target, currentTarget }) {
    if (target === currentTarget) this.#close();
  }

  #close = () => this.querySelector("dialog").close();

  #closed() {
    if (this.returnTo?.isConnected && this.returnTo.checkVisibility()) this.returnTo.focus();
    else this.dispatchEvent(new CustomEvent("left", { bubbles: true }));
  }
}

/** What says no more than leaving it out, unless the kind says something else by itself. */
const NOTHING = new Set([null, "", false]);
const NARROW = matchMedia("(max-width: 760px)");

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const curl = (order) => `curl -X POST ${location.origin}/sandbox/faults -d '${JSON.stringify(order).replaceAll("'", "'\\''")}'`;

customElements.define("fault-form", FaultForm);
