import { html, nothing } from "lit";
import { Part, icon } from "./part.js";
import { attempt, readFile, saveFile } from "./acting.js";
import { bar } from "./quota-meter.js";
import { t } from "../words.js";

const SPEEDS = [["as-was", 1], ["faster", 10], ["at-once", 0]];

/** Begin again, keep the whole state as a file, and record what is done so that it can be done again. */
class StatePanel extends Part {
  static properties = { world: { attribute: false } };
  #sure = false;
  #speed = 1;

  models() {
    return [this.world];
  }

  render() {
    return html`
      <div class="row even">
        <button class="button" @click=${this.#save}>${icon("download")}${t("state.save")}</button>
        ${this.#fileButton(t("state.load"), "upload", (state) => this.#load(state))}
      </div>
      ${this.#sure ? this.#question() : html`<button class="button danger"
        @click=${() => this.#ask(true)}>${icon("refresh-cw")}${t("state.reseed")}</button>`}
      <h4 class="label">${t("run.title")}</h4>
      ${this.#run()}`;
  }

  #question() {
    return html`<div class="question" role="alertdialog" aria-label=${t("state.reseed.sure")}><p>${t("state.reseed.sure")}</p>
      <div class="row even"><button class="button danger" @click=${this.#reseed}>${t("state.reseed.yes")}</button><button class="button"
        @click=${() => this.#ask(false)}>${t("do.cancel")}</button></div></div>`;
  }

  #run() {
    const { state, orders, done, failed } = this.world.run;
    if (state === "recording") {
      return html`<p class="recording" role="status"><span class="dot red"></span>${t("run.recording", { n: orders })}</p>
        <div class="row even"><button class="button primary" @click=${this.#stop}>${icon("save")}${t("run.stop")}</button>
          <button class="button" @click=${this.#cancel}>${t("run.discard")}</button></div>`;
    }
    if (state === "replaying") {
      return html`<p role="status">${t("run.replaying", { done, n: orders })}</p>${bar(orders ? done / orders : 0)}
        <button class="button" @click=${this.#cancel}>${icon("square", "small")}${t("run.cancel")}</button>`;
    }
    return html`
      ${failed
        ? html`<p class="error-line" role="status">${t("run.failed", { why: failed })}</p>`
        : html`<p class="hint">${t("run.hint")}</p>`}
      <div class="row even"><button class="button" @click=${this.#record}><span class="dot red"></span>${t("run.record")}</button>
        ${this.#fileButton(t("run.replay"), "play", (recording) => this.#replay(recording))}</div>
      <label class="field inline"><span>${t("run.speed")}</span><select class="select"
        @change=${({ target }) => { this.#speed = SPEEDS[target.selectedIndex][1]; }}>
        ${SPEEDS.map(([name, speed]) => html`<option ?selected=${speed === this.#speed}>${t(`run.speed.${name}`)}</option>`)}
      </select></label>`;
  }

  #fileButton(text, sign, use) {
    const take = ({ target }) => attempt(this, async () => use(await readFile(target)));
    return html`<label class="button file-button">${icon(sign)}${text}<input class="hidden-text" type="file" accept="application/json,.json"
      @change=${take}></label>`;
  }

  async #ask(sure) {
    this.#sure = sure;
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector(".button.danger")?.focus();
  }

  async #reseed() {
    await attempt(this, () => this.world.reseed(), t("state.reseeded"));
    this.#ask(false);
  }

  #save() {
    return attempt(this, async () => saveFile(`sandbox-${stamp()}.json`, await this.world.saveState()), t("state.saved"));
  }

  #load(state) {
    return attempt(this, () => this.world.loadState(state), t("state.loaded"));
  }

  #record() {
    return attempt(this, () => this.world.controlRun("record"));
  }

  #stop() {
    return attempt(this, async () => saveFile(`run-${stamp()}.json`, await this.world.controlRun("stop")), t("run.saved"));
  }

  #replay(recording) {
    return attempt(this, () => this.world.controlRun("replay", { recording, speed: this.#speed }));
  }

  #cancel() {
    return attempt(this, () => this.world.controlRun("cancel"));
  }
}

const stamp = () => new Date().toISOString().slice(0, 19).replaceAll(":", "-");

customElements.define("state-panel", StatePanel);
