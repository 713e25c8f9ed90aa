import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon } from "./part.js";
import { attempt } from "./acting.js";
import { faultPlace, faultRemaining, faultTitle, isOver } from "./fault-words.js";
import { t } from "../words.js";
import { grouped, visible } from "../format.js";

/** The faults that are ordered: what, where, how often they struck; away with one or all, or one more. */
class FaultPanel extends Part {
  static properties = { world: { attribute: false } };

  models() {
    return [this.world];
  }

  render() {
    const { faults } = this.world;
    return html`
      ${faults.length ? html`<ul class="faults">${repeat(faults, (fault) => fault.id, (fault) => this.#fault(fault))}</ul>`
        : html`<p class="hint">${t("fault.none")}</p>`}
      <div class="row">
        <button class="button primary grow" @click=${this.#add}>${icon("plus")}${t("fault.add")}</button>
        ${faults.length > 1 ? html`<button class="button danger"
          @click=${() => this.#cancel("")}>${t("fault.remove-all")}</button>` : nothing}
      </div>`;
  }

  #fault(fault) {
    const name = faultTitle(fault, this.world);
    const over = isOver(fault, this.world.nowMs);
    const struck = fault.struck ? t("fault.struck", { n: grouped(fault.struck) }) : t("fault.not-struck");
    return html`<li class="fault ${over ? "over" : ""}">
      ${icon(over ? "circle-check" : "zap")}
      <div class="grow">
        <p><b>${name}</b></p>
        <p class="muted clip" title=${visible(fault.route)}>${faultPlace(fault, this.world)}</p>
        <p class="fault-counts"><span class="badge ${fault.struck ? "red" : ""}">${struck}</span>
          <span class="muted">${faultRemaining(fault, this.world.nowMs)}</span></p>
      </div>
      <button class="icon-button" aria-label=${t("fault.remove", { name })} title=${t("fault.remove", { name })}
        @click=${() => this.#cancel(fault.id)}>${icon("x")}</button>
    </li>`;
  }

  #add() {
    this.dispatchEvent(new CustomEvent("make-fail", { detail: {}, bubbles: true }));
  }

  async #cancel(id) {
    await attempt(this, () => this.world.cancelFault(id));
    await this.updateComplete;
    this.querySelector("button")?.focus();
  }
}

customElements.define("fault-panel", FaultPanel);
