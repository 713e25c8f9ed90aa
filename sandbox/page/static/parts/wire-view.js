import { html, nothing } from "lit";
import { live } from "lit-html/directives/live.js";
import { Part, icon } from "./part.js";
import { bar } from "./quota-meter.js";
import { t } from "../words.js";
import { grouped } from "../format.js";
import "./wire-list.js";
import "./wire-detail.js";

const SOURCES = ["all", "api", "stream"];
const TYPING_MS = 120;

/** The wire: what went between the robot and DingTalk, and what it cost. */
class WireView extends Part {
  static properties = { wire: { attribute: false }, world: { attribute: false } };
  #text = "";
  #typing = 0;
  #costs = false;

  models() {
    return [this.wire, this.world];
  }

  render() {
    return html`
      ${this.#meter()} ${this.#tools()}
      <div class="wire-body ${this.wire.selected ? "split" : ""}">
        <wire-list .wire=${this.wire} @look=${this.#look}></wire-list>
        ${this.wire.selected
          ? html`<wire-detail class="wire-detail" role="region" aria-label=${t("wire.details")} .wire=${this.wire} .world=${this.world}
            @jump=${this.#jump} @keydown=${this.#leave}></wire-detail>`
          : nothing}
      </div>`;
  }

  #meter() {
    const { meter } = this.world;
    if (!meter) return nothing;
    const broken = meter.violations?.length ?? 0;
    return html`
      <button class="wire-meter" aria-expanded=${this.#costs} aria-label=${t("wire.costs")} @click=${this.#toggleCosts}>
        ${icon(this.#costs ? "chevron-down" : "chevron-right", "small")}
        ${this.#gauge(t("quota.calls.short"), meter.callsUsed, meter.callsQuota)}
        ${this.#gauge(t("quota.pushes.short"), meter.pushesUsed, meter.pushesQuota)}
        ${broken ? html`<span class="badge red">${t("quota.violations.short", { n: broken })}</span>` : nothing}
      </button>
      ${this.#costs ? html`<div class="wire-costs"><quota-meter .world=${this.world}></quota-meter></div>` : nothing}`;
  }

  #gauge(name, used, quota) {
    return html`<span class="wire-gauge">
      <span>${name} <b>${grouped(used)}</b><span class="muted"> / ${grouped(quota)}</span></span>
      ${bar(quota ? used / quota : 0, name)}</span>`;
  }

  #tools() {
    const { filter, paused } = this.wire;
    const toggle = (name) => html`<button class="chip" aria-pressed=${filter[name]}
      @click=${() => this.wire.narrow({ [name]: !filter[name] })}>
      ${name === "counted" ? html`<span class="wire-cost counted"></span>` : nothing}${t(`wire.only.${name}`)}</button>`;
    return html`
      <div class="wire-tools">
        <label class="search grow">${icon("search", "small")}<span class="hidden-text">${t("wire.filter")}</span>
          <input class="input" type="search" placeholder=${t("wire.filter")} .value=${live(this.#text)} @focus=${() => this.wire.warm()}
            @input=${this.#type} spellcheck="false" autocomplete="off"></label>
        <button class="icon-button" aria-pressed=${paused} aria-label=${t(paused ? "wire.go-on" : "wire.pause")}
          title=${t(paused ? "wire.go-on" : "wire.pause")} @click=${() => this.wire.pause(!paused)}>
          ${icon(paused ? "play" : "pause")}</button>
        <button class="icon-button" aria-label=${t("wire.clear")} title=${t("wire.clear")}
          @click=${() => this.wire.clear()}>${icon("trash")}</button>
        <div class="wire-chips">
          <div class="segments" role="group" aria-label=${t("wire.source")}>
            ${SOURCES.map((one) => html`<button aria-pressed=${filter.source === one}
              @click=${() => this.wire.narrow({ source: one })}>${t(`wire.source.${one}`)}</button>`)}
          </div>
          ${toggle("failed")} ${toggle("counted")} ${toggle("pings")}
          <span class="wire-count" role="status">${paused ? this.#paused() : this.#count()}</span>
        </div>
      </div>`;
  }

  #paused() {
    return html`<span class="badge amber">${t(this.wire.missed ? "wire.paused.more" : "wire.paused")}</span>`;
  }

  #count() {
    const [shown, all] = [this.wire.shown.length, this.wire.entries.length];
    const text = this.wire.narrowed ? t("wire.some", { n: grouped(shown), all: grouped(all) }) : grouped(shown);
    return html`<span class="figures">${text}</span>`;
  }

  #toggleCosts() {
    this.#costs = !this.#costs;
    this.requestUpdate();
  }

  /** What is typed stays as it is, whatever arrives before it filters. */
  #type({ target }) {
    this.#text = target.value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.wire.narrow({ text: this.#text }), TYPING_MS);
  }

  async #look() {
    await this.updateComplete;
    this.querySelector("wire-detail h3")?.focus();
  }

  #jump() {
    this.querySelector("wire-list").reveal();
  }

  #leave(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.wire.choose(null);
    this.querySelector(".wire-scroll").focus();
  }
}

customElements.define("wire-view", WireView);
