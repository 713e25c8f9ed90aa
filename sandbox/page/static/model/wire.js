import { Model } from "./model.js";

/** Placeholder. */
export class Wire extends Model {
  constructor(feed) { super(); this.feed = feed; }
}
