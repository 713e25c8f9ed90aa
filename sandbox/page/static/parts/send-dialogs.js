/** What can be sent besides text: a file that lies in the drive, and words spoken. */
import { html } from "lit";
import { Part, icon } from "./part.js";
import { get } from "../model/api.js";
import { size, visible } from "../format.js";
import { t } from "../words.js";

const SHOWN = 60;

/** A dialog that ends with one file of the drive: `choose({spaceId, dentryId})`. */
class DrivePicker extends Part {
  #files = [];
  #space = "";
  #filter = "";

  open() {
    this.querySelector("dialog").showModal();
    this.#load(this.#space || this.world.spaces[0]?.spaceId);
  }

  render() {
    const found = this.#files.filter((file) => file.path.toLowerCase().includes(this.#filter)).slice(0, SHOWN);
    return html`<dialog aria-label=${t("compose.drive-file")}>
      <div class="dialog-head"><h2>${t("compose.drive-file")}</h2>${closer(this)}</div>
      <div class="dialog-body">
        <select class="select" aria-label=${t("pane.drive")} @change=${(e) => this.#load(e.target.value)}>
          ${this.world?.spaces.map((space) => html`<option value=${space.spaceId} ?selected=${space.spaceId === this.#space}>${visible(space.name)}</option>`)}
        </select>
        <input class="input" type="search" autofocus placeholder=${t("compose.search")} aria-label=${t("compose.search")} @input=${this.#typed}>
        <div class="choices">
          ${found.map((file) => html`<button class="menu-item" @click=${() => this.#take(file)}>${icon("file")}<span class="grow clip"><bdi>${visible(file.path)}</bdi></span><span class="muted">${size(file.size)}</span></button>`)}
          ${found.length ? "" : html`<p class="muted">${t("compose.nothing")}</p>`}
        </div>
      </div>
    </dialog>`;
  }

  async #load(spaceId) {
    if (!spaceId) return;
    this.#space = spaceId;
    this.#files = (await get(`drive/${spaceId}`)).dentries.filter((one) => one.type === "FILE");
    this.requestUpdate();
  }

  #typed = (event) => {
    this.#filter = event.target.value.toLowerCase();
    this.requestUpdate();
  };

  #take(file) {
    this.querySelector("dialog").close();
    this.choose({ spaceId: this.#space, dentryId: file.id });
  }
}

/** A dialog that ends with the words of a voice message: `choose(words)`. */
class VoiceDialog extends Part {
  open() {
    this.querySelector("dialog").showModal();
  }

  render() {
    return html`<dialog aria-label=${t("compose.voice")}>
      <form method="dialog" @submit=${this.#take}>
        <div class="dialog-head"><h2>${t("compose.voice")}</h2>${closer(this)}</div>
        <div class="dialog-body"><label class="field"><span>${t("compose.voice.ask")}</span><input class="input" name="words" autocomplete="off" required autofocus></label></div>
        <div class="dialog-foot"><button class="button primary">${t("compose.send")}</button></div>
      </form>
    </dialog>`;
  }

  #take = (event) => {
    const words = event.target.elements.words.value.trim();
    event.target.reset();
    if (words) this.choose(words);
  };
}

const closer = (part) => html`<button type="button" class="icon-button" aria-label=${t("do.close")} @click=${() => part.querySelector("dialog").close()}>${icon("x")}</button>`;

customElements.define("drive-picker", DrivePicker);
customElements.define("voice-dialog", VoiceDialog);
