import { Virtualizer, defaultRangeExtractor, elementScroll, observeElementOffset, observeElementRect } from "@tanstack/virtual-core";

const OVERSCAN = 8;
const NEAR = 400;

/**
 * Of a long list only the rows one can see are in the document. When rows come or go above what one reads, the list
 * is scrolled by as much, so that it stays where it is. `height(row)` in px, `scroller()` the element that scrolls,
 * `above` px of it are covered at its top.
 */
export class Windowed {
  #host;
  #options;
  #rows = [];
  #virtual = null;
  #by = 0;
  #still = false;
  /** The place that stays in the document although it is out of sight, because it has the focus. */
  kept = 0;

  constructor(host, options) {
    this.#host = host;
    this.#options = options;
    host.addController(this);
  }

  hostConnected() {
    this.#virtual = new Virtualizer(this.#settings());
    this.#end = this.#virtual._didMount();
  }

  hostDisconnected() {
    this.#end();
  }

  hostUpdated() {
    this.#virtual._willUpdate();
    if (this.#by) this.#options.scroller().scrollTop += this.#by;
    this.#by = 0;
    this.#still = false;
  }

  #end = () => {};

  /** The rows to draw, `{row, index, start, size}`. `still`: what moves shall not glide. */
  draw(rows) {
    if (rows !== this.#rows) this.#change(rows);
    return this.#virtual.getVirtualItems().map(({ index, start, size }) => ({ row: this.#rows[index], index, start, size }));
  }

  get height() {
    return this.#virtual.getTotalSize();
  }

  /** Whether rows shall be put where they belong at once instead of gliding there. */
  get still() {
    return this.#still || this.#by !== 0;
  }

  /** The next change is the reader's own: what moves does not glide. */
  holdStill() {
    this.#still = true;
  }

  /** The heights of rows have changed. */
  measure() {
    this.#virtual.setOptions(this.#settings());
    this.#virtual.measure();
  }

  show(index) {
    this.#virtual.scrollToIndex(index, { align: "auto" });
  }

  /** The place of the first row that is (partly) in sight. */
  get first() {
    return this.#virtual.range?.startIndex ?? 0;
  }

  /** How many rows fit. */
  get page() {
    const { startIndex = 0, endIndex = 10 } = this.#virtual.range ?? {};
    return Math.max(1, endIndex - startIndex - 1);
  }

  #settings() {
    const rows = this.#rows;
    return {
      count: rows.length,
      getScrollElement: () => this.#options.scroller(),
      estimateSize: (index) => this.#options.height(rows[index]),
      getItemKey: (index) => rows[index].key,
      overscan: OVERSCAN,
      scrollPaddingStart: this.#options.above ?? 0,
      rangeExtractor: (range) => this.#withKept(defaultRangeExtractor(range)),
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      onChange: () => this.#host.requestUpdate(),
    };
  }

  #withKept(places) {
    const { kept } = this;
    if (kept < 0 || kept >= this.#rows.length || places.includes(kept)) return places;
    return kept < places[0] ? [kept, ...places] : [...places, kept];
  }

  #change(rows) {
    const before = this.#anchor();
    this.#rows = rows;
    this.#virtual.setOptions(this.#settings());
    if (!before) return;
    for (const { key, start, place } of before) {
      const now = nearest(rows, key, place);
      if (now < 0) continue;
      this.#by = this.#virtual.getMeasurements()[now].start - start;
      this.#virtual.scrollOffset += this.#by;
      return;
    }
  }

  /** The rows in sight and where they are; nothing while one is at the very top. */
  #anchor() {
    const top = this.#virtual.scrollOffset ?? 0;
    if (top <= 0 || !this.#rows.length) return null;
    return this.#virtual.getVirtualItems()
      .filter(({ end, index }) => end > top && index < this.#rows.length)
      .map(({ key, start, index }) => ({ key, start, place: index }));
  }
}

/** Where a row is now, looked for from where it was. */
function nearest(rows, key, place) {
  for (let step = 0; step < NEAR; step++) {
    if (rows[place + step]?.key === key) return place + step;
    if (rows[place - step]?.key === key) return place - step;
  }
  return rows.findIndex((row) => row.key === key);
}
