import { html, nothing } from "lit";
import { Part, icon } from "./part.js";
import { isOver } from "./fault-words.js";
import { bar } from "./quota-meter.js";
import { streamState, streamTone } from "./stream-panel.js";
import { t } from "../words.js";
import { grouped } from "../format.js";
import "./clock-panel.js";
import "./fault-form.js";
import "./fault-panel.js";
import "./limits-panel.js";
import "./state-panel.js";

const NARROW = matchMedia("(max-width: 760px)");
const LATELY_MS = 6000;
const EDGE = 8;
const PANELS = {
  clock: { sign: "clock", draw: (world) => html`<clock-panel .world=${world}></clock-panel>` },
  stream: { sign: "radio", draw: (world) => html`<stream-panel .world=${world}></stream-panel>` },
  limits: { sign: "gauge", draw: (world) => html`<limits-panel .world=${world}></limits-panel>` },
  faults: { sign: "zap", draw: (world) => html`<fault-panel .world=${world}></fault-panel>` },
  quota: { sign: "activity", draw: (world) => html`<quota-meter .world=${world}></quota-meter>` },
  state: { sign: "database", draw: (world) => html`<state-panel .world=${world}></state-panel>` },
};

/**
 * The row at the top: how the sandbox is, and a panel behind each thing to change it. On a phone one sheet with all of them.
 * Hears `make-fail` (opens the fault form with what its detail says) and `control` (opens `detail.panel`) from anywhere in the shell.
 */
class ControlStrip extends Part {
  static properties = { world: { attribute: false }, shell: { attribute: false } };
  #open = "";
  #said = null;
  #strikes = new Map();
  #lately = false;
  #timer = 0;

  models() {
    return [this.world];
  }

  connectedCallback() {
    super.connectedCallback();
    this.shell.addEventListener("make-fail", this.#makeFail);
    this.shell.addEventListener("control", this.#control);
    NARROW.addEventListener("change", this.#turned);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.shell.removeEventListener("make-fail", this.#makeFail);
    this.shell.removeEventListener("control", this.#control);
    NARROW.removeEventListener("change", this.#turned);
  }

  willUpdate() {
    this.#noticeStrikes();
  }

  render() {
    return html`
      <h1 class="brand"><img src="/page/static/icon.svg" alt="" width="24" height="24"><span>${t("app.title")}</span></h1>
      ${NARROW.matches ? this.#narrow() : this.#wide()}
      <fault-form .world=${this.world} @left=${() => this.#badge("faults")?.focus()}></fault-form>`;
  }

  #wide() {
    return html`
      <nav class="badges" aria-label=${t("control.name")}>${Object.keys(PANELS).map((name) => this.#button(name))}</nav>
      ${this.#lookButtons()}
      <button class="icon-button" aria-pressed=${this.shell.dockOpen} aria-label=${t("app.dock")} title=${t("app.dock")}
        @click=${this.#toggleDock}>${icon("panel-right")}</button>
      ${Object.keys(PANELS).map((name) => html`
        <section class="strip-panel" popover id="panel-${name}" aria-label=${t(`control.${name}`)}
          @beforetoggle=${(event) => this.#toggles(event, name)}>
          ${this.#open === name ? html`<h2>${icon(PANELS[name].sign)}${t(`control.${name}`)}</h2> ${PANELS[name].draw(this.world)}`
            : nothing}
        </section>`)}`;
  }

  #narrow() {
    return html`
      <nav class="badges" aria-label=${t("control.name")}>
        ${["clock", "stream", "faults"].map((name) => this.#button(name))}
        <button class="button compact" @click=${() => this.#openSheet("")}>${icon("sliders-horizontal")}${t("control.open")}</button>
      </nav>
      <dialog class="sheet" aria-label=${t("control.name")} @close=${this.#sheetClosed} @toast=${this.#hear}>
        ${this.#open ? html`
          <header class="dialog-head"><h2>${t("control.name")}</h2>${this.#lookButtons()}
            <button class="icon-button" aria-label=${t("do.close")} @click=${this.#closeSheet}>${icon("x")}</button></header>
          <div class="sheet-body">${Object.entries(PANELS).map(([name, panel]) => html`
            <section class="strip-section" id="sheet-${name}">
              <h2 tabindex="-1">${icon(panel.sign)}${t(`control.${name}`)}</h2>${panel.draw(this.world)}</section>`)}</div>
          ${this.#said
            ? html`<p class="sheet-said ${this.#said.bad ? "error-line" : ""}" role="status">${this.#said.text}</p>`
            : nothing}` : nothing}
      </dialog>`;
  }

  #lookButtons() {
    const scheme = t(this.shell.scheme === "dark" ? "app.scheme.light" : "app.scheme.dark");
    return html`
      <button class="icon-button" aria-label=${scheme} title=${scheme}
        @click=${() => this.shell.switchScheme()}>${icon(this.shell.scheme === "dark" ? "sun" : "moon")}</button>
      <button class="button quiet compact language" aria-label=${t("app.language.name")} title=${t("app.language.name")}
        @click=${() => this.shell.switchLanguage()}>${t("app.language")}</button>`;
  }

  // Badges

  #button(name) {
    const { content, tone = "", said = "" } = this.#contents()[name]();
    const label = `${t(`control.${name}`)}${said ? `: ${said}` : ""}`;
    return NARROW.matches
      ? html`<button class="strip-badge ${tone}" id="badge-${name}" aria-label=${label}
        @click=${() => this.#openSheet(name)}>${content}</button>`
      : html`<button class="strip-badge ${tone}" id="badge-${name}" popovertarget="panel-${name}" aria-expanded=${this.#open === name}
        aria-label=${label} title=${t(`control.${name}`)}>${content}</button>`;
  }

  #contents() {
    const { world } = this;
    return {
      clock: () => ({ content: html`${icon("clock")}<sandbox-clock .world=${world}></sandbox-clock>` }),
      stream: () => {
        const state = streamState(world.connections);
        const { length } = world.connections;
        const text = length > 1 && state === "connected" ? t("stream.many", { n: length }) : t(`stream.${state}`);
        return { content: html`<span class="dot ${streamTone(state)}"></span><span class="word">${text}</span>`, said: text };
      },
      limits: () => {
        const { latencyMs = 0 } = world.limits;
        const text = t("limits.ms", { n: grouped(latencyMs) });
        return { content: html`${icon("gauge")}<span class="figures">${text}</span>`, tone: latencyMs ? "amber" : "", said: text };
      },
      faults: () => this.#faultBadge(),
      quota: () => {
        if (!world.meter) return { content: icon("activity") };
        const { callsUsed, callsQuota } = world.meter;
        const text = `${grouped(callsUsed)} / ${grouped(callsQuota)}`;
        const share = callsQuota ? callsUsed / callsQuota : 0;
        return { content: html`${bar(share, "quota")}<span class="figures word">${text}</span>`, said: text };
      },
      state: () => this.#stateBadge(),
    };
  }

  #faultBadge() {
    const active = this.world.faults.filter((fault) => !isOver(fault, this.world.nowMs)).length;
    const text = active === 0 ? t("fault.no") : active === 1 ? t("fault.one") : t("fault.many", { n: active });
    const tone = `${active ? "red" : ""} ${this.#lately ? "struck" : ""}`;
    const number = active ? html`<span class="figures">${active}</span>` : html`<span class="word">${t("fault.no")}</span>`;
    const content = html`${icon("zap")}${number}`;
    return { content, tone, said: this.#lately ? `${text}, ${t("fault.lately")}` : text };
  }

  #stateBadge() {
    const { state, orders, done } = this.world.run;
    if (state === "recording") {
      const content = html`<span class="dot red"></span><span class="figures">${orders}</span>`;
      return { content, said: t("run.recording", { n: orders }) };
    }
    if (state === "replaying") {
      const content = html`${icon("loader-circle", "spin")}<span class="figures">${done} / ${orders}</span>`;
      return { content, said: t("run.replaying", { done, n: orders }) };
    }
    return { content: html`${icon("database")}<span class="word">${t("control.state.short")}</span>` };
  }

  /** A fault that strikes is seen on its badge for some seconds. */
  #noticeStrikes() {
    const { faults } = this.world;
    const struck = faults.some((fault) => fault.struck > (this.#strikes.get(fault.id) ?? Infinity));
    this.#strikes = new Map(faults.map((fault) => [fault.id, fault.struck]));
    if (!struck) return;
    this.#lately = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#lately = false; this.requestUpdate(); }, LATELY_MS);
  }

  // Opening and closing

  #badge(name) {
    return this.querySelector(`#badge-${name}`);
  }

  /** Fills the panel before it is seen, under its badge and inside the window. */
  #toggles({ newState, target }, name) {
    if (newState !== "open") {
      if (this.#open === name) this.#open = "";
      if (document.activeElement === document.body) this.#badge(name).focus();
      this.requestUpdate();
      return;
    }
    this.#open = name;
    this.requestUpdate();
    const from = this.#badge(name).getBoundingClientRect();
    target.style.setProperty("--left", `${Math.max(EDGE, from.left)}px`);
    target.style.setProperty("--top", `${from.bottom + 6}px`);
  }

  async #openSheet(name) {
    this.#open = name || "all";
    this.#said = null;
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector(".sheet").showModal();
    const heading = name && this.querySelector(`#sheet-${name} h2`);
    if (heading) heading.focus();
  }

  #closeSheet = () => this.querySelector(".sheet").close();

  #sheetClosed() {
    this.#open = "";
    this.requestUpdate();
  }

  #hear({ detail }) {
    this.#said = detail;
    this.requestUpdate();
  }

  #control = ({ detail }) => {
    if (NARROW.matches) this.#openSheet(detail.panel);
    else this.#badge(detail.panel)?.click();
  };

  #makeFail = ({ detail }) => this.querySelector("fault-form").open(detail);

  #turned = () => {
    this.#open = "";
    this.requestUpdate();
  };

  #toggleDock() {
    this.shell.toggleDock();
    this.requestUpdate();
  }
}

customElements.define("control-strip", ControlStrip);
