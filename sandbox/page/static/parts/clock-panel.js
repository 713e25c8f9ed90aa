import { html, nothing } from "lit";
import { Part, icon } from "./part.js";
import { attempt } from "./acting.js";
import { t } from "../words.js";
import { clockSeconds, day, grouped } from "../format.js";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const UNITS = [["minutes", 60], ["hours", HOUR_S], ["days", DAY_S]];

/** How far the sandbox's clock is ahead, in the two largest units; "" when it is not. */
export function aheadBy(seconds) {
  const rest = Math.round(seconds);
  if (rest < 1) return "";
  const [d, h, min] = [rest / DAY_S, (rest % DAY_S) / HOUR_S, (rest % HOUR_S) / 60].map(Math.floor);
  const parts = Object.entries({ d, h, min, s: rest % 60 });
  return `+${parts.filter(([, count]) => count).slice(0, 2).map(([unit, count]) => t(`clock.${unit}`, { n: grouped(count) })).join(" ")}`;
}

/** The time in the sandbox, second by second. */
class SandboxClock extends Part {
  static properties = { world: { attribute: false } };
  #timer = 0;

  models() {
    return [this.world];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#tick();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  render() {
    const ahead = aheadBy(this.world.offsetS);
    return html`<span class="figures">${clockSeconds(this.world.nowMs)}</span>
      ${ahead ? html`<span class="badge violet">${ahead}</span>` : nothing}`;
  }

  #tick() {
    this.requestUpdate();
    this.#timer = setTimeout(() => this.#tick(), 1000 - (this.world.nowMs % 1000));
  }
}

/** Moves the sandbox's time on. */
class ClockPanel extends Part {
  static properties = { world: { attribute: false } };
  #amount = 30;
  #unit = 0;

  models() {
    return [this.world];
  }

  render() {
    const ahead = aheadBy(this.world.offsetS);
    return html`
      <p class="big-time"><sandbox-clock .world=${this.world}></sandbox-clock><span class="muted">${day(this.world.nowMs)}</span></p>
      <div class="row even">
        <button class="button" @click=${() => this.#advance(HOUR_S)}>${t("clock.hour")}</button>
        <button class="button" @click=${() => this.#advance(DAY_S)}>${t("clock.day")}</button>
      </div>
      <form class="row" @submit=${this.#submit}>
        <input class="input number" type="number" min="0" step="any" required aria-label=${t("clock.amount")} .value=${String(this.#amount)}
          @input=${({ target }) => { this.#amount = Number(target.value); }}>
        <select class="select" aria-label=${t("clock.unit")} @change=${({ target }) => { this.#unit = target.selectedIndex; }}>
          ${UNITS.map(([name], index) => html`<option ?selected=${index === this.#unit}>${t(`clock.${name}`)}</option>`)}</select>
        <button class="button">${icon("clock", "small")}${t("clock.advance")}</button>
      </form>
      <p class="hint">${ahead ? t("clock.ahead", { ahead: ahead.slice(1) }) : t("clock.real")} ${t("clock.hint")}</p>`;
  }

  #submit(event) {
    event.preventDefault();
    if (this.#amount > 0) this.#advance(this.#amount * UNITS[this.#unit][1]);
  }

  #advance(seconds) {
    return attempt(this, () => this.world.advance(seconds), t("clock.advanced", { by: aheadBy(seconds) }));
  }
}

customElements.define("sandbox-clock", SandboxClock);
customElements.define("clock-panel", ClockPanel);
