import { Model } from "./model.js";

/** Placeholder. */
export class Drive extends Model {
  constructor(feed) { super(); this.feed = feed; }
}
