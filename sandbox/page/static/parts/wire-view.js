import { html } from "lit";
import { Part } from "./part.js";

/** Placeholder. */
class WireView extends Part {
  render() { return html``; }
}
customElements.define("wire-view", WireView);
