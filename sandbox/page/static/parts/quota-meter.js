import { html, nothing } from "lit";
import { Part, icon } from "./part.js";
import { t } from "../words.js";
import { grouped, visible } from "../format.js";
import { shortRoute } from "../model/routes.js";

const TOP = 6;
const NEARLY = 0.8;

/** What the month has cost so far: counted calls, pushes, the interfaces they went to, and what was not allowed. */
class QuotaMeter extends Part {
  static properties = { world: { attribute: false } };

  models() {
    return [this.world];
  }

  render() {
    const { meter } = this.world;
    if (!meter) return nothing;
    return html`
      <p class="hint">${t("quota.month", { month: meter.month || "–" })}</p>
      ${gauge(t("quota.calls"), meter.callsUsed, meter.callsQuota)}
      ${gauge(t("quota.pushes"), meter.pushesUsed, meter.pushesQuota)}
      ${this.#routes(meter)}
      ${this.#violations(meter.violations ?? [])}`;
  }

  #routes({ byRoute }) {
    const rows = Object.entries(byRoute).sort((a, b) => b[1] - a[1]);
    if (!rows.length) return nothing;
    return html`<h4 class="label">${t("quota.top")}</h4>
      <ol class="quota-routes">${rows.slice(0, TOP).map(([route, count]) => html`
        <li title=${route}><span class="clip">${shortRoute(route)}</span><span class="figures">${grouped(count)}</span>
          ${bar(count / rows[0][1])}</li>`)}
        ${rows.length > TOP ? html`<li class="muted">${t("quota.more", { n: rows.length - TOP })}</li>` : nothing}
      </ol>`;
  }

  #violations(violations) {
    if (!violations.length) return html`<p class="hint">${icon("circle-check", "small")} ${t("quota.clean")}</p>`;
    return html`<h4 class="label">${t("quota.violations", { n: violations.length })}</h4>
      <ul class="quota-violations">${violations.slice(-TOP).reverse().map((one) => html`
        <li>${icon("triangle-alert", "small")}<span>${visible(one)}</span></li>`)}</ul>`;
  }
}

function gauge(name, used, quota) {
  return html`<div class="gauge"><span>${name}</span><span class="figures">${grouped(used)} / ${grouped(quota)}</span>
    ${bar(quota ? used / quota : 0, name)}</div>`;
}

/** A line that is filled to this share; amber when nearly, red when wholly full. */
export function bar(share, name = "") {
  const full = Math.max(0, Math.min(1, share));
  const tone = share >= 1 ? "full" : share >= NEARLY ? "nearly" : "";
  return html`<span class="bar ${name ? tone : ""}" aria-hidden="true"><span .style=${`width:${(full * 100).toFixed(1)}%`}></span></span>`;
}

customElements.define("quota-meter", QuotaMeter);
