import { html, nothing } from "lit";
import { Part, icon, openMenu } from "./part.js";
import { visible } from "../format.js";

/** What can be done with one row: opened at a button or where somebody pointed; the keyboard goes back where it was. */
class RowMenu extends Part {
  #title = "";
  #items = [];
  #closed = () => {};

  /** `items`: `{sign, label, run, danger?, off?}`, or null for a line between them. `anchor`: an element or `{x, y}`. */
  async open(anchor, title, items, closed = () => {}) {
    this.#menu?.hidePopover();
    [this.#title, this.#items, this.#closed] = [title, items, closed];
    this.requestUpdate();
    await this.updateComplete;
    openMenu("x" in anchor && !(anchor instanceof Element) ? { getBoundingClientRect: () => new DOMRect(anchor.x, anchor.y - 6, 0, 0) } : anchor, this.#menu);
  }

  render() {
    return html`
      <div class="menu row-menu" popover role="menu" aria-label=${visible(this.#title)} @toggle=${this.#toggled}>
        <div class="menu-title clip"><bdi>${visible(this.#title)}</bdi></div>
        ${this.#items.map((item) => (item ? this.#item(item) : html`<hr>`))}
      </div>`;
  }

  #item(item) {
    return html`
      <button class="menu-item ${item.danger ? "danger" : ""}" role="menuitem" tabindex="-1" ?disabled=${item.off} @click=${() => this.#choose(item)}>
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

customElements.define("row-menu", RowMenu);
