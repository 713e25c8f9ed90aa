import { html, nothing } from "lit";
import { live } from "lit-html/directives/live.js";
import { Part, icon } from "./part.js";
import { attempt } from "./acting.js";
import { t } from "../words.js";

const LATENCIES = [0, 20, 50, 100, 200, 300, 500, 800, 1000, 1500, 2000, 3000, 5000, 10_000];
const NUMBERS = [
  { name: "callsPerSecond", whole: true }, { name: "monthlyQuota", whole: true }, { name: "pushQuota", whole: true },
  { name: "taskSeconds" }, { name: "taskPolls", whole: true }, { name: "callbackSeconds" }, { name: "pingSeconds" },
];
const LOCKS = ["off", "task", "parent", "space"];

/** How slow and how strict the sandbox is. */
class LimitsPanel extends Part {
  static properties = { world: { attribute: false } };
  #sliding = null;

  models() {
    return [this.world];
  }

  render() {
    const { limits } = this.world;
    return html`
      ${this.#latency(limits)}
      <div class="fields">
        ${NUMBERS.filter(({ name }) => name in limits).map((one) => this.#number(one, limits))}
        ${"writeLock" in limits ? this.#lock(limits) : nothing}
      </div>
      <label class="switch"><input type="checkbox" role="switch" .checked=${live(limits.permitUnlimited === true)}
        @change=${({ target }) => this.#set({ permitUnlimited: target.checked })}>
        <span>${t("limits.permitUnlimited")}</span></label>
      <button class="button compact quiet" @click=${this.#standard}>${icon("rotate-ccw", "small")}${t("limits.standard")}</button>`;
  }

  #latency(limits) {
    const ms = this.#sliding ?? limits.latencyMs ?? 0;
    const step = LATENCIES.findLastIndex((one) => one <= ms);
    return html`<label class="field"><span>${t("limits.latencyMs")} <b class="figures">${t("limits.ms", { n: ms })}</b></span>
      <input class="range" type="range" min="0" max=${LATENCIES.length - 1} step="1" .value=${live(String(step))}
        aria-valuetext=${t("limits.ms", { n: ms })}
        @input=${({ target }) => this.#slide(LATENCIES[target.value])}
        @change=${({ target }) => this.#set({ latencyMs: LATENCIES[target.value] })}></label>`;
  }

  #number({ name, whole }, limits) {
    return html`<label class="field"><span>${t(`limits.${name}`)}</span>
      <input class="input number" type="number" min="0" step=${whole ? "1" : "any"} required .value=${live(String(limits[name]))}
        @change=${(event) => this.#take(event, name)}></label>`;
  }

  #lock(limits) {
    return html`<label class="field wide"><span>${t("limits.writeLock")}</span>
      <select class="select" @change=${({ target }) => this.#set({ writeLock: target.value })}>
        ${LOCKS.map((one) => html`<option value=${one} ?selected=${one === limits.writeLock}>${t(`limits.writeLock.${one}`)}</option>`)}
      </select></label>`;
  }

  #slide(ms) {
    this.#sliding = ms;
    this.requestUpdate();
  }

  #take({ target }, name) {
    if (target.validity.valid) this.#set({ [name]: Number(target.value) });
    else this.requestUpdate();
  }

  #set(changed) {
    return this.#turn(() => this.world.setLimits(changed));
  }

  #standard() {
    return this.#turn(() => this.world.resetLimits());
  }

  async #turn(act) {
    await attempt(this, act);
    this.#sliding = null;
    this.requestUpdate();
  }
}

customElements.define("limits-panel", LimitsPanel);
