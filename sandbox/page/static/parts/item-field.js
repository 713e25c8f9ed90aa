import { html } from "lit";
import { Part } from "./part.js";
import { get } from "../model/api.js";
import { t } from "../words.js";
import { visible } from "../format.js";
import "./pick-list.js";

const ENTRIES = 400;
const CODES = ["systemError", "permissionDenied", "dentryNotExist", "operationNotSupported", "operationConcurrentControl"];

/**
 * One entry of the drive (of those a call names, the first one when none is chosen) and the error it fails with.
 * Fires `item` with {dentryId, errorCode}.
 */
class ItemField extends Part {
  static properties = { world: { attribute: false }, value: { attribute: false }, route: {} };
  #space = "";
  #entries = [];

  connectedCallback() {
    super.connectedCallback();
    this.#choose(this.world.spaces[0]?.spaceId ?? "");
  }

  render() {
    const { dentryId = "", errorCode = CODES[0] } = this.value;
    return html`
      <label class="field"><span>${t("fault.field.in-space")}</span>
        <select class="select" @change=${({ target }) => this.#choose(target.value)}>
          ${this.world.spaces.map((one) => html`<option value=${one.spaceId}
            ?selected=${one.spaceId === this.#space}>${visible(one.name)}</option>`)}</select></label>
      <div class="field"><span>${t("fault.field.item")}</span>
        <pick-list .choices=${this.#entries} .value=${dentryId} .label=${t("fault.field.item")} .placeholder=${t("fault.field.item.hint")}
          free
          @pick=${({ detail }) => this.#give({ dentryId: detail, errorCode })}></pick-list></div>
      <div class="field wide"><span>${t("fault.field.item.code")}</span>
        <pick-list .choices=${this.#codes()} .value=${errorCode} .label=${t("fault.field.item.code")} free
          @pick=${({ detail }) => this.#give({ dentryId, errorCode: detail })}></pick-list></div>`;
  }

  #codes() {
    const errors = this.world.kinds.routes.find((one) => one.route === this.route)?.errors ?? [];
    return [...new Set([...CODES, ...errors.map((one) => one.code)])].map((value) => ({ value, label: value }));
  }

  #give(item) {
    this.dispatchEvent(new CustomEvent("item", { detail: item }));
  }

  /** Offers what lies in the space, level by level, as far as that is not too much. */
  async #choose(spaceId) {
    this.#space = spaceId;
    const entries = [];
    this.#entries = [{ value: "", label: t("fault.field.item.hint") }];
    this.requestUpdate();
    const folders = [{ id: "0", path: "" }];
    while (folders.length && entries.length < ENTRIES && this.#space === spaceId && spaceId) {
      const folder = folders.shift();
      for (const one of await children(spaceId, folder.id)) {
        const path = `${folder.path}/${one.name}`;
        entries.push({ value: one.id, label: path, hint: one.id });
        if (one.type === "FOLDER") folders.push({ id: one.id, path });
      }
    }
    if (this.#space !== spaceId) return;
    this.#entries = [...this.#entries, ...entries];
    this.requestUpdate();
  }
}

/** What lies in a folder; nothing when it cannot be had. */
async function children(spaceId, parent) {
  const found = await get(`drive/${encodeURIComponent(spaceId)}/children`, { parent, limit: ENTRIES }).catch(() => ({ items: [] }));
  return found.items;
}

customElements.define("item-field", ItemField);
