import { html, nothing } from "lit";
import { live } from "lit-html/directives/live.js";
import { Part } from "./part.js";
import { t } from "../words.js";
import { visible } from "../format.js";

const SHOWN = 200;
let numbers = 0;

/**
 * A text field that offers choices while one types. `choices`: [{value, label, hint?}]; `free`: what is typed may
 * stay although it is none of them. Fires `pick` with the value.
 */
class PickList extends Part {
  static properties = { choices: { attribute: false }, value: {}, label: {}, free: { type: Boolean }, placeholder: {} };
  #typed = null;
  #at = 0;
  #name = `pick-${++numbers}`;

  render() {
    const open = this.#typed !== null;
    const fitting = open ? this.#fitting() : [];
    return html`
      <input class="input" role="combobox" autocomplete="off" spellcheck="false" aria-label=${this.label} aria-expanded=${open}
        aria-controls=${this.#name}
        aria-autocomplete="list" aria-activedescendant=${fitting.length ? `${this.#name}-${this.#at}` : nothing}
        placeholder=${this.placeholder ?? ""}
        .value=${live(this.#typed ?? this.#shown())} @focus=${this.#select} @click=${this.#open} @input=${this.#type} @keydown=${this.#key}
        @blur=${this.#leave}>
      <ul class="pick-choices" role="listbox" id=${this.#name} aria-label=${this.label} ?hidden=${!open || !fitting.length}>
        ${fitting.map((choice, index) => html`
          <li role="option" id="${this.#name}-${index}" aria-selected=${index === this.#at}
            @pointerdown=${(event) => event.preventDefault()} @click=${() => this.#pick(choice.value)}>
            <span class="clip">${visible(choice.label)}</span>
            ${choice.hint ? html`<small class="clip">${visible(choice.hint)}</small>` : nothing}</li>`)}
      </ul>
      ${open && !fitting.length && !this.free ? html`<p class="hint">${t("pick.none")}</p>` : nothing}`;
  }

  updated() {
    this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  #shown() {
    return this.choices.find((choice) => choice.value === this.value)?.label ?? this.value ?? "";
  }

  #fitting() {
    const words = this.#typed.toLowerCase().split(/\s+/).filter(Boolean);
    const all = this.#typed === this.#shown() ? this.choices : this.choices.filter(({ value, label, hint = "" }) => {
      const text = `${value} ${label} ${hint}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    return all.slice(0, SHOWN);
  }

  #select({ target }) {
    target.select();
  }

  #open() {
    if (this.#typed !== null) return;
    this.#typed = this.#shown();
    this.#at = Math.max(0, this.choices.findIndex((choice) => choice.value === this.value));
    this.requestUpdate();
  }

  #type({ target }) {
    this.#typed = target.value;
    this.#at = 0;
    this.requestUpdate();
  }

  #key(event) {
    const { key } = event;
    if (key === "Escape" && this.#typed !== null) this.#close();
    else if (key === "Enter" && this.#typed !== null) this.#take();
    else if (key === "ArrowDown" || key === "ArrowUp") this.#move(key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #move(by) {
    if (this.#typed === null) {
      this.#open();
      return;
    }
    const count = this.#fitting().length;
    this.#at = count ? (this.#at + by + count) % count : 0;
    this.requestUpdate();
  }

  #take() {
    const choice = this.#fitting()[this.#at];
    if (choice) this.#pick(choice.value);
    else if (this.free) this.#pick(this.#typed.trim());
  }

  #leave() {
    if (this.#typed !== null && this.free && this.#typed !== this.#shown()) this.#pick(this.#typed.trim());
    else this.#close();
  }

  #pick(value) {
    this.value = value;
    this.#close();
    this.dispatchEvent(new CustomEvent("pick", { detail: value }));
  }

  #close() {
    this.#typed = null;
    this.requestUpdate();
  }
}

customElements.define("pick-list", PickList);
