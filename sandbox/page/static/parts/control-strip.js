import { html } from "lit";
import { Part } from "./part.js";

/** Placeholder. */
class ControlStrip extends Part {
  render() { return html``; }
}
customElements.define("control-strip", ControlStrip);
