import { Loader } from "./model.js";

export const PAGE = 200;
/** How long what has left a list stays where it was, struck through. */
export const LINGER_MS = 8000;

/**
 * A long list of which only what is looked at is loaded. What leaves it stays for a while at its place, so that
 * nothing jumps under a reader's eyes: such an entry is `{...item, left: true, until}`.
 */
export class Listing {
  /** What is shown, in order; undefined where it is not loaded yet. */
  slots = [];
  total = 0;
  known = false;
  /** Whether its folder is not there any more; then it stays as it was last. */
  gone = false;
  #items = [];
  #lingering = [];
  #loading = new Set();
  #seen = [0, 0];
  #version = 0;
  #loader = new Loader(() => this.#reload());

  /** `load(offset, limit)` answers `{total, items, gone?}`; `fate(item)` knows what became of one, or says ""; `id(item)` is its own. */
  constructor({ load, fate, changed, id = (item) => item.id }) {
    Object.assign(this, { load, fate, changed, id });
  }

  /** Resolves when it is as it was at the call, or later. */
  refresh() {
    return this.#loader.refresh();
  }

  has(id) {
    return this.#items.some((item) => item && this.id(item) === id);
  }

  /** Whether some of it is being deleted, so that it changes by itself. */
  get busy() {
    return this.#items.some((item) => item?.state === "deleting");
  }

  get lingers() {
    return this.#lingering.length > 0;
  }

  /** Sees to it that what is shown from one slot to another gets loaded. */
  look(first, last) {
    this.#seen = [this.#offset(first), this.#offset(last)];
    for (const page of pages(this.#seen)) if (this.#missing(page)) this.#fetch(page);
  }

  /** Lets go of what has stayed long enough, but not while its folder is being emptied; says whether there was any. */
  letGo(now) {
    if (this.gone || this.busy) return false;
    const staying = this.#lingering.filter((one) => one.until > now);
    if (staying.length === this.#lingering.length) return false;
    this.#lingering = staying;
    this.#arrange();
    return true;
  }

  /** Forgets one that lingers because it is somewhere again. */
  letGoOf(fits) {
    this.#lingering = this.#lingering.filter((one) => !fits(one));
    this.#arrange();
  }

  #offset(slot) {
    return slot - this.#lingering.filter((one) => one.at < slot).length;
  }

  #missing(page) {
    const [first, last] = [page * PAGE, Math.min((page + 1) * PAGE, this.total) - 1];
    return first <= last && !this.#loading.has(page) && (this.#items[first] === undefined || this.#items[last] === undefined);
  }

  async #fetch(page) {
    const version = this.#version;
    this.#loading.add(page);
    try {
      const found = await this.load(page * PAGE, PAGE);
      if (version !== this.#version) return;
      found.items.forEach((item, index) => { this.#items[page * PAGE + index] = item; });
      if (found.total !== this.total) this.refresh();
      this.#arrange();
      this.changed();
    } catch { /* it is asked for again when somebody looks there */
    } finally {
      this.#loading.delete(page);
    }
  }

  async #reload() {
    const wanted = pages(this.#seen);
    let found;
    try {
      found = await Promise.all(wanted.map((page) => this.load(page * PAGE, PAGE)));
    } catch { return; }
    this.#version++;
    this.gone = found.some((page) => page.gone);
    if (this.gone) return;
    this.total = found.at(-1).total;
    const items = new Array(this.total);
    wanted.forEach((page, index) => found[index].items.forEach((item, at) => {
      if (page * PAGE + at < this.total) items[page * PAGE + at] = item;
    }));
    if (this.known) this.#keepWhatLeft(items, wanted);
    this.#items = items;
    this.known = true;
    this.#arrange();
    this.changed();
  }

  /** Everything that left, or had left, is remembered with its neighbour above that is still there. */
  #keepWhatLeft(items, wanted) {
    const here = new Set(items.filter(Boolean).map(this.id));
    const until = performance.now() + LINGER_MS;
    const kept = [];
    let [above, offset] = [undefined, 0];
    this.slots.forEach((slot, at) => {
      if (slot?.left) {
        if (!here.has(this.id(slot))) kept.push({ ...slot, above, at });
        return;
      }
      const page = Math.floor(offset++ / PAGE);
      if (!slot) above = undefined;
      else if (here.has(this.id(slot))) above = this.id(slot);
      else if (wanted.includes(page) && this.#surelyLeft(slot)) kept.push({ ...slot, left: true, until, above, at });
    });
    this.#lingering = kept;
  }

  /** In a list of several pages one may only have moved on to the next page. */
  #surelyLeft(item) {
    return this.total <= PAGE || item.state === "deleting" || this.fate(item) !== "";
  }

  #arrange() {
    const below = new Map();
    for (const one of this.#lingering) below.set(one.above, [...(below.get(one.above) ?? []), one]);
    const slots = [];
    for (let index = 0; index < this.total; index++) {
      const item = this.#items[index];
      slots.push(item);
      if (item && below.has(this.id(item))) {
        slots.push(...below.get(this.id(item)));
        below.delete(this.id(item));
      }
    }
    for (const one of [...below.values()].flat().sort((a, b) => a.at - b.at)) slots.splice(Math.min(one.at, slots.length), 0, one);
    this.slots = slots;
    if (this.#lingering.length) slots.forEach((slot, at) => { if (slot?.left) slot.at = at; });
  }
}

/** The pages that hold the entries from one to another. */
function pages([first, last]) {
  const [from, to] = [Math.floor(first / PAGE), Math.floor(Math.max(first, last) / PAGE)];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
