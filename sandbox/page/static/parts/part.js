import { LitElement, html, svg } from "lit";

/** An element drawn from models: it draws itself again when one it watches has changed. Styles are the page's own. */
export class Part extends LitElement {
  #ends = [];

  createRenderRoot() {
    return this;
  }

  /** The models to watch, known when the element is connected. */
  models() {
    return [];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#ends = this.models().map((model) => model.watch(() => this.requestUpdate()));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const end of this.#ends) end();
  }

  /** Tells the shell in a few words what happened: `bad` when it did not work. */
  toast(text, bad = false) {
    this.dispatchEvent(new CustomEvent("toast", { detail: { text, bad }, bubbles: true }));
  }
}

export const icon = (name, more = "") => html`<svg class="icon ${more}" aria-hidden="true">${svg`<use href="/page/vendor/lucide-static/icons.svg#${name}"></use>`}</svg>`;

/** Opens a popover under (or over) the button that asked for it, inside the window. */
export function openMenu(button, menu) {
  menu.showPopover();
  const [from, size] = [button.getBoundingClientRect(), menu.getBoundingClientRect()];
  const below = from.bottom + 6 + size.height <= innerHeight;
  menu.style.left = `${Math.max(8, Math.min(from.left, innerWidth - size.width - 8))}px`;
  menu.style.top = `${below ? from.bottom + 6 : Math.max(8, from.top - 6 - size.height)}px`;
  menu.onkeydown = menuKeys;
  menu.querySelector("button:not(:disabled), input, select")?.focus();
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** The keyboard of a menu: https://www.w3.org/WAI/ARIA/apg/patterns/menubar/ (Escape is the popover's own). */
function menuKeys(event) {
  if (event.target.matches("input, select, textarea")) return;
  const menu = event.currentTarget;
  const buttons = [...menu.querySelectorAll(".menu-item:not(:disabled)")];
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

/** By its words; the face that may stand before them is none of them. */
function beginsWith(button, letter) {
  const words = (button.querySelector(".grow") ?? button).textContent.trim();
  return words.toLowerCase().startsWith(letter.toLowerCase());
}
