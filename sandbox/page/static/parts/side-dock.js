import { html } from "lit";
import { Part } from "./part.js";

/** Placeholder. */
class SideDock extends Part {
  render() { return html``; }
}
customElements.define("side-dock", SideDock);
