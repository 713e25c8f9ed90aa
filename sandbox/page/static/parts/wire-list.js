import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { Virtualizer, elementScroll, observeElementOffset, observeElementRect } from "@tanstack/virtual-core";
import { Part, icon } from "./part.js";
import { TONES, costOf, elapsed, nameOf, signOf, spoken, statusOf } from "./wire-words.js";
import { t } from "../words.js";
import { clockSeconds, dayAndClock, visible } from "../format.js";

const ROW = 30;
const ROW_WITH_NOTE = 49;
const OLDER_ROW = 40;
const NEAR_END = 24;
const NEWEST_ROOM = 44;
const NEAR_TOP = 30;
const PAGE = 12;

/** The lines of the wire, of which only those in sight exist; it follows the newest unless one has scrolled up. */
class WireList extends Part {
  static properties = { wire: { attribute: false } };
  #virtual = null;
  #end = () => {};
  #loading = false;
  #atEnd = true;
  #follows = true;
  #height = 0;

  models() {
    return [this.wire];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#end();
    this.#virtual = null;
  }

  render() {
    const { shown } = this.wire;
    const virtual = this.#virtualizer();
    virtual.setOptions(this.#options());
    const rows = virtual.getVirtualItems();
    const { selected } = this.wire;
    return html`
      <div class="wire-scroll" role="listbox" tabindex="0" aria-label=${t("wire.list")}
        aria-activedescendant=${selected ? `wire-${selected.key}` : nothing}
        @keydown=${this.#key} @scroll=${this.#scrolled}>
        <div class="wire-sizer" .style=${`height:${virtual.getTotalSize()}px`} role="presentation">
          ${this.wire.hasOlder ? html`<button class="button compact quiet wire-older" tabindex="-1" ?disabled=${this.#loading}
            @click=${this.#older}>${icon("rotate-ccw", "small")}${t("wire.older")}</button>` : nothing}
          ${repeat(rows, (row) => row.key, (row) => this.#row(shown[row.index], row))}
        </div>
        ${shown.length ? nothing : this.#empty()}
      </div>
      ${this.#atEnd || !shown.length ? nothing : html`<button class="button compact wire-newest"
        @click=${this.#newest}>${icon("arrow-down", "small")}${t("wire.newest")}</button>`}`;
  }

  updated() {
    this.#virtual._willUpdate();
  }

  #row(entry, row) {
    if (!entry) return nothing;
    const { selected, related } = this.wire;
    const mark = entry === selected ? "chosen" : related.has(entry.key) ? "related" : "";
    return html`
      <div class="wire-row ${entry.tone} ${entry.kind} ${mark}" role="option" id="wire-${entry.key}" aria-selected=${entry === selected}
        aria-label=${spoken(entry)} aria-posinset=${row.index + 1} aria-setsize=${this.wire.shown.length}
        .style=${`transform:translateY(${row.start}px);height:${row.size}px`}
        @click=${() => this.wire.choose(entry === selected ? null : entry)}>
        <time title=${dayAndClock(entry.at)}>${clockSeconds(entry.at)}</time>
        <span class="wire-way ${entry.api ? "api" : "stream"}">${icon(signOf(entry), "small")}</span>
        <span class="clip wire-name" title=${visible(entry.title)}>${methodMark(entry)}${nameOf(entry)}${strikeMark(entry)}</span>
        <span class="wire-cost ${entry.counted ? "counted" : ""}" title=${entry.kind === "answer" ? nothing : costOf(entry)}></span>
        <span class="badge ${TONES[entry.tone]}">${statusOf(entry)}</span>
        <span class="figures">${elapsed(entry)}</span>
        ${entry.note ? html`<span class="wire-note clip">${visible(entry.note)}</span>` : nothing}
      </div>`;
  }

  #empty() {
    const { narrowed, entries } = this.wire;
    const hidden = narrowed && entries.length > 0;
    return html`<div class="empty">${icon(hidden ? "funnel" : "activity")}<p>${t(hidden ? "wire.empty.filter" : "wire.empty")}</p></div>`;
  }

  #virtualizer() {
    if (!this.#virtual) {
      this.#virtual = new Virtualizer(this.#options());
      this.#end = this.#virtual._didMount();
    }
    return this.#virtual;
  }

  #options() {
    const { shown, hasOlder } = this.wire;
    return {
      count: shown.length,
      getScrollElement: () => this.querySelector(".wire-scroll"),
      estimateSize: (index) => (shown[index]?.note ? ROW_WITH_NOTE : ROW),
      getItemKey: (index) => shown[index]?.key ?? index,
      scrollToFn: elementScroll, observeElementRect, observeElementOffset,
      onChange: () => this.#moved(),
      overscan: 8, anchorTo: "end", followOnAppend: true, scrollEndThreshold: NEAR_END,
      paddingStart: hasOlder ? OLDER_ROW : 0, paddingEnd: 4, scrollPaddingEnd: NEWEST_ROOM,
    };
  }

  /** Something was scrolled, added or made larger: what was in sight stays in sight. */
  #moved() {
    this.requestUpdate();
    const height = this.#virtual?.scrollRect?.height ?? 0;
    if (height !== this.#height) {
      this.#height = height;
      if (this.wire.selected) this.reveal();
      else if (this.#follows) this.updateComplete.then(() => this.#newest());
    }
    this.#atEnd = this.#virtual?.isAtEnd(NEAR_END) ?? true;
  }

  #newest() {
    this.#virtual?.scrollToEnd();
  }

  #scrolled({ target }) {
    this.#follows = this.#virtual?.isAtEnd(NEAR_END) ?? true;
    if (target.scrollTop < NEAR_TOP && this.wire.hasOlder && this.wire.shown.length) this.#older();
  }

  async #older() {
    if (this.#loading) return;
    this.#loading = true;
    this.requestUpdate();
    await this.wire.loadOlder();
    this.#loading = false;
    this.requestUpdate();
  }

  #key(event) {
    const { shown, selected } = this.wire;
    const at = shown.indexOf(selected);
    const last = shown.length - 1;
    const steps = { ArrowDown: at + 1, ArrowUp: at < 0 ? last : at - 1, Home: 0, End: last, PageDown: at + PAGE, PageUp: at - PAGE };
    if (event.key === "Enter" && selected) this.dispatchEvent(new CustomEvent("look", { bubbles: true }));
    else if (event.key === "Escape" && selected) this.wire.choose(null);
    else if (steps[event.key] !== undefined && shown.length) this.#goTo(Math.max(0, Math.min(last, steps[event.key])));
    else return;
    event.preventDefault();
  }

  async #goTo(index) {
    this.wire.choose(this.wire.shown[index]);
    await this.reveal();
  }

  /** Scrolls to the chosen line. */
  async reveal() {
    await this.updateComplete;
    const index = this.wire.shown.indexOf(this.wire.selected);
    if (index >= 0) this.#virtual?.scrollToIndex(index, { align: "auto" });
  }
}

/** What is not sent with POST says so. */
const methodMark = ({ api, record }) => (api && record.method !== "POST" ? html`<small>${record.method}</small> ` : nothing);

const strikeMark = ({ faultId }) =>
  (faultId ? html` <span class="wire-struck" title=${t("wire.struck")}>${icon("zap", "small")}</span>` : nothing);

customElements.define("wire-list", WireList);
