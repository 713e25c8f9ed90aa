import { html, nothing } from "lit";
import { Part, icon } from "./part.js";
import { copy } from "./acting.js";
import { t } from "../words.js";
import { grouped, visible } from "../format.js";

const LINES = 80;
const LETTERS = 160;
const DEEP = 40;
const HOLDS_JSON = /^\s*[[{]/;

/** A value as indented JSON: objects fold, long texts are shortened, texts that hold JSON are shown as what they hold. */
class JsonView extends Part {
  static properties = { value: { attribute: false }, label: {} };
  #folded = new Set();
  #whole = new Set();
  #all = false;

  willUpdate(changed) {
    if (!changed.has("value")) return;
    this.#folded.clear();
    this.#whole.clear();
    this.#all = false;
  }

  render() {
    const lines = [];
    this.#write(lines, this.value, { path: "$", depth: 0, name: null, comma: "" });
    const shown = this.#all ? lines : lines.slice(0, LINES);
    return html`
      <div class="json-head"><h4>${this.label}</h4>
        <button class="icon-button small" aria-label="${t("do.copy")}: ${this.label}" title=${t("do.copy")}
          @click=${this.#copy}>${icon("copy", "small")}</button></div>
      <div class="json" role="group" aria-label=${this.label} tabindex="0">${shown}</div>
      ${shown.length < lines.length
        ? html`<button class="button compact quiet" @click=${this.#showAll}>${t("wire.json.all", { n: grouped(lines.length) })}</button>`
        : nothing}`;
  }

  #copy() {
    copy(this, typeof this.value === "string" ? this.value : JSON.stringify(this.value, null, 2));
  }

  #showAll() {
    this.#all = true;
    this.requestUpdate();
  }

  #toggle(set, path) {
    if (!set.delete(path)) set.add(path);
    this.requestUpdate();
  }

  #write(lines, value, place) {
    const held = typeof value === "string" ? heldJson(value) : undefined;
    const inner = held ?? value;
    if (typeof inner !== "object" || inner === null || place.depth > DEEP) {
      lines.push(this.#line(place, html`${this.#scalar(value, place.path)}${place.comma}`));
      return;
    }
    const [opens, closes] = Array.isArray(inner) ? "[]" : "{}";
    const rows = Object.entries(inner);
    const mark = held === undefined ? nothing : html`<span class="json-mark" title=${t("wire.json.text")}>JSON</span> `;
    if (!rows.length || this.#folded.has(place.path)) {
      const count = rows.length ? html`<span class="json-count"> ${grouped(rows.length)} </span>` : nothing;
      lines.push(this.#line(place, html`${mark}${opens}${count}${closes}${place.comma}`, rows.length > 0));
      return;
    }
    lines.push(this.#line(place, html`${mark}${opens}`, true));
    rows.forEach(([name, one], index) => this.#write(lines, one, {
      path: `${place.path}/${name}`, depth: place.depth + 1,
      name: Array.isArray(inner) ? null : name, comma: index < rows.length - 1 ? "," : "",
    }));
    lines.push(this.#line({ ...place, name: null }, html`${closes}${place.comma}`));
  }

  #line({ depth, name, path }, content, folds = false) {
    const closed = this.#folded.has(path);
    const fold = folds
      ? html`<button class="json-fold" aria-expanded=${!closed} aria-label=${visible(name ?? path)}
        @click=${() => this.#toggle(this.#folded, path)}>${icon(closed ? "chevron-right" : "chevron-down", "small")}</button>`
      : nothing;
    const key = name === null ? nothing : html`<span class="json-key">${visible(name)}</span>: `;
    return html`<div class="json-line" .style=${`--depth:${Math.min(depth, 12)}`}>${fold}${key}${content}</div>`;
  }

  #scalar(value, path) {
    if (typeof value !== "string") return html`<span class="json-plain">${JSON.stringify(value) ?? "null"}</span>`;
    const whole = this.#whole.has(path);
    const long = value.length > LETTERS;
    const text = visible(long && !whole ? value.slice(0, LETTERS) : value);
    const word = whole ? t("wire.json.less") : t("wire.json.more", { n: grouped(value.length - LETTERS) });
    const more = long ? html`<button class="json-more" @click=${() => this.#toggle(this.#whole, path)}>${word}</button>` : nothing;
    return html`<span class="json-text">"${text}${long && !whole ? "…" : ""}"</span>${more}`;
  }
}

/** The object or list in a text that is nothing but JSON; undefined for any other text. */
function heldJson(text) {
  if (!HOLDS_JSON.test(text)) return undefined;
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

customElements.define("json-view", JsonView);
