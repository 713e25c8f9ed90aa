const STEP = 100;
const MOST = 300;

/** Which part of a long list is drawn: its end, or a stretch above it, never more than some hundred. */
export class Span {
  #drawn = STEP;
  /** The last that is drawn; "" while that is the end, whatever comes. */
  #lastId = "";

  /** At the end, and following it. */
  get follows() {
    return this.#lastId === "";
  }

  follow() {
    [this.#drawn, this.#lastId] = [STEP, ""];
  }

  /** What comes from now on is not drawn. */
  hold(all) {
    this.#lastId ||= all.at(-1)?.id ?? "";
  }

  of(all) {
    const end = this.#end(all);
    return all.slice(Math.max(0, end - this.#drawn), end);
  }

  /** Whether there are some before the first that is drawn. */
  hasBefore(all) {
    return this.#end(all) > this.#drawn;
  }

  /** Draws some more before, and lets go of as many at the end as are too much. */
  up(all) {
    const end = this.#end(all);
    const wanted = Math.min(this.#drawn + STEP, end);
    this.#lastId = all[end - 1 - Math.max(0, wanted - MOST)]?.id ?? "";
    this.#drawn = Math.min(wanted, MOST);
  }

  /** The same the other way; at the end it follows again. Says whether there were more. */
  down(all) {
    const before = this.#end(all);
    const end = Math.min(before + STEP, all.length);
    this.#drawn = Math.min(this.#drawn + end - before, MOST);
    this.#lastId = end === all.length ? "" : all[end - 1].id;
    return end > before;
  }

  #end(all) {
    if (this.follows) return all.length;
    const at = all.findIndex(({ id }) => id === this.#lastId);
    return at < 0 ? all.length : at + 1;
  }
}
