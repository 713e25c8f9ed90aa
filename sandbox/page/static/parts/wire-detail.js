import { html, nothing } from "lit";
import { Part, icon } from "./part.js";
import { faultTitle } from "./fault-words.js";
import { TONES, costOf, directionOf, elapsed, nameOf, statusOf } from "./wire-words.js";
import { documentation } from "../model/routes.js";
import { t } from "../words.js";
import { clockSeconds, day, visible } from "../format.js";
import "./json-view.js";

const RELATED_SHOWN = 12;

/** All of one line: what was sent, what came back, why, and what belongs to it. */
class WireDetail extends Part {
  static properties = { wire: { attribute: false }, world: { attribute: false } };

  models() {
    return [this.wire, this.world];
  }

  render() {
    const entry = this.wire.selected;
    if (!entry) return nothing;
    return html`
      <header class="detail-head">
        <div class="grow"><p class="detail-kind">${directionOf(entry)}</p><h3 tabindex="-1">${nameOf(entry)}</h3></div>
        <button class="icon-button" aria-label=${t("do.close")} title=${t("do.close")}
          @click=${() => this.wire.choose(null)}>${icon("x")}</button>
      </header>
      <div class="detail-body">
        ${entry.title === entry.kind ? nothing : html`<p class="detail-title mono">${visible(entry.title)}</p>`}
        ${this.#badges(entry)} ${this.#why(entry)} ${this.#actions(entry)} ${this.#facts(entry)}
        ${entry.api ? this.#bodies(entry) : this.#frame(entry)}
        ${this.#related()}
      </div>`;
  }

  #badges(entry) {
    return html`<p class="detail-badges">
      ${statusOf(entry) ? html`<span class="badge ${TONES[entry.tone]}">${statusOf(entry)}</span>` : nothing}
      ${entry.kind === "answer" ? nothing : html`<span class="badge ${entry.counted ? "blue" : ""}">${costOf(entry)}</span>`}
      ${elapsed(entry) ? html`<span class="badge">${icon("timer", "small")}${elapsed(entry)}</span>` : nothing}
    </p>`;
  }

  #why(entry) {
    if (!entry.note && !entry.faultId) return nothing;
    const fault = this.world.faults.find((one) => one.id === entry.faultId);
    const name = fault ? faultTitle(fault, this.world) : t("wire.fault.gone", { id: entry.faultId });
    return html`<div class="detail-why ${entry.tone}">
      ${entry.note ? html`<p>${visible(entry.note)}</p>` : nothing}
      ${entry.faultId ? html`<button class="button compact" @click=${this.#showFaults}>${icon("zap", "small")}${name}</button>` : nothing}
    </div>`;
  }

  #actions(entry) {
    const page = documentation(this.world.kinds, entry.route);
    return html`<p class="detail-actions">
      ${entry.route && entry.kind !== "answer" ? html`<button class="button compact"
        @click=${() => this.#makeFail(entry)}>${icon("bug", "small")}${t("wire.fail")}</button>` : nothing}
      ${page ? html`<a class="button compact quiet" href=${page} target="_blank"
        rel="noopener">${icon("external-link", "small")}${t("wire.documentation")}</a>` : nothing}
    </p>`;
  }

  #facts(entry) {
    const { record } = entry;
    const facts = [
      ["wire.at", `${day(entry.at)} ${clockSeconds(entry.at)}.${String(Math.floor(entry.at) % 1000).padStart(3, "0")}`],
      ["wire.interface", entry.api && record.route !== entry.title ? record.route : ""],
      ["wire.app", record.clientId], ["wire.request-id", record.requestId],
      ["wire.connection", record.connectionId], ["wire.message-id", record.messageId], ["wire.msg-id", record.msgId],
    ];
    const known = facts.filter(([, value]) => value);
    return html`<dl class="detail-facts">
      ${known.map(([key, value]) => html`<dt>${t(key)}</dt><dd class="mono">${visible(value)}</dd>`)}</dl>`;
  }

  #bodies({ record }) {
    const filled = (value) => value !== null && value !== undefined && !(typeof value === "object" && !Object.keys(value).length);
    return html`
      ${filled(record.query) ? html`<json-view .value=${record.query} .label=${t("wire.query")}></json-view>` : nothing}
      ${filled(record.request) ? html`<json-view .value=${record.request} .label=${t("wire.request")}></json-view>` : nothing}
      <json-view .value=${record.response} .label=${t("wire.response")}></json-view>`;
  }

  #frame({ record, kind }) {
    const { data, ...envelope } = record.frame ?? { raw: record.raw };
    const said = record.data ?? data;
    return html`
      ${said === undefined || said === null || said === "" ? nothing : html`<json-view .value=${said}
        .label=${t(kind === "answer" ? "wire.answer-data" : "wire.data")}></json-view>`}
      ${record.ack ? html`<json-view .value=${record.ack} .label=${t("wire.answer")}></json-view>` : nothing}
      <json-view .value=${envelope} .label=${t("wire.envelope")}></json-view>`;
  }

  #related() {
    const found = this.wire.entries.filter((entry) => this.wire.related.has(entry.key));
    if (!found.length) return nothing;
    return html`<h4 class="label">${t("wire.related")}</h4><ul class="detail-related">
      ${found.slice(0, RELATED_SHOWN).map((entry) => html`<li><button @click=${() => this.#jump(entry)}>
        <time>${clockSeconds(entry.at)}</time><span class="clip">${nameOf(entry)}</span>
        <span class="badge ${TONES[entry.tone]}">${statusOf(entry)}</span></button></li>`)}
      ${found.length > RELATED_SHOWN
        ? html`<li class="muted">${t("wire.related.more", { n: found.length - RELATED_SHOWN })}</li>`
        : nothing}
    </ul>`;
  }

  #jump(entry) {
    this.wire.choose(entry);
    this.dispatchEvent(new CustomEvent("jump", { bubbles: true }));
  }

  #showFaults() {
    this.dispatchEvent(new CustomEvent("control", { detail: { panel: "faults" }, bubbles: true }));
  }

  #makeFail({ route }) {
    this.dispatchEvent(new CustomEvent("make-fail", { detail: { route }, bubbles: true }));
  }
}

customElements.define("wire-detail", WireDetail);
