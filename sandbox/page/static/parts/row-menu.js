import { html, nothing } from "lit";
import { Part, icon, openMenu } from "./part.js";
import { visible } from "../format.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** What can be done with one row: opened at a button or where somebody pointed; the keyboard goes back where it was. */
class RowMenu extends Part {
  #title = "";
  #items = [];
  #closed = () => {};

  /** `items`: `{sign, label, run, key?, danger?}`, or null for a line between them. `anchor`: an element or `{x, y}`. */
  async open(anchor, title, items, closed = () => {}) {
    this.#menu?.hidePopover();
    [this.#title, this.#items, this.#closed] = [title, items, closed];
    this.requestUpdate();
    await this.updateComplete;
    openMenu(anchor instanceof Element ? anchor : { getBoundingClientRect: () => new DOMRect(anchor.x, anchor.y - 6, 0, 0) }, this.#menu);
  }

  render() {
    return html`
      <div class="menu row-menu" popover role="menu" aria-label=${visible(this.#title)} @keydown=${menuKeys} @toggle=${this.#toggled}>
        <div class="menu-title clip"><bdi>${visible(this.#title)}</bdi></div>
        ${this.#items.map((item) => (item ? this.#item(item) : html`<hr>`))}
      </div>`;
  }

  #item(item) {
    return html`
      <button class="menu-item ${item.danger ? "danger" : ""}" role="menuitem" tabindex="-1" @click=${() => this.#choose(item)}>
        ${icon(item.sign)}<span class="grow">${item.label}</span>${item.key ? html`<kbd>${item.key}</kbd>` : nothing}
      </button>`;
  }

  get #menu() {
    return this.querySelector(".menu");
  }

  #choose(item) {
    this.#menu.hidePopover();
    item.run();
  }

  #toggled({ newState }) {
    if (newState === "closed") this.#closed();
  }

}

/** The keyboard of a menu: https://www.w3.org/WAI/ARIA/apg/patterns/menubar/ */
export function menuKeys(event) {
  const menu = event.currentTarget;
  const buttons = [...menu.querySelectorAll(".menu-item")];
  const at = buttons.indexOf(document.activeElement);
  let next = -1;
  if (event.key in STEPS) next = (at + STEPS[event.key] + buttons.length) % buttons.length;
  else if (event.key === "Home") next = 0;
  else if (event.key === "End") next = buttons.length - 1;
  else if (event.key === "Tab") menu.hidePopover();
  else if (event.key.length === 1 && event.key !== " ") next = buttons.findIndex((button) => beginsWith(button, event.key));
  event.stopPropagation();
  if (next < 0) return;
  event.preventDefault();
  buttons[next].focus();
}

const beginsWith = (button, letter) => button.textContent.trim().toLowerCase().startsWith(letter.toLowerCase());

customElements.define("row-menu", RowMenu);
