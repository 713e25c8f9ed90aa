import { get } from "./api.js";
import { callEntry, frameEntry, marry, textOf } from "./entry.js";
import { relatedTo } from "./links.js";
import { Loader, Model } from "./model.js";

const FIRST = 400;
const OLDER = 1000;
const CATCH_UP = 2000;
const PORTION = 500;
const KEPT = 20_000;
const UNANSWERED_MS = 2100;

/** Every call and every frame, oldest first; which of them are shown, which one is looked at, and what belongs to it. */
export class Wire extends Model {
  entries = [];
  shown = [];
  filter = { text: "", source: "all", failed: false, counted: false, pings: false };
  paused = false;
  missed = 0;
  selected = null;
  related = new Set();
  #lanes = [lane("calls", callEntry), lane("frames", frameEntry)];
  #sent = new Map();
  #restart = false;

  constructor(feed) {
    super();
    this.feed = feed;
    for (const one of this.#lanes) {
      one.loader = new Loader(() => this.#load(one));
      feed.on(one.path, () => this.#hear(one));
    }
    feed.watch(() => { if (!feed.connected) this.#restart = true; });
  }

  /** Whether the sandbox remembers more than what is here. */
  get hasOlder() {
    return this.#lanes.some((one) => one.more);
  }

  choose(entry) {
    this.selected = entry;
    this.#relate();
    this.changed();
  }

  narrow(changed) {
    this.filter = { ...this.filter, ...changed };
    this.#show();
  }

  get narrowed() {
    const { text, source, failed, counted } = this.filter;
    return Boolean(text) || source !== "all" || failed || counted;
  }

  /** Prepares what a filter looks through, little by little, so that the first letter typed is not slow. */
  warm(from = 0) {
    for (const entry of this.entries.slice(from, from + PORTION)) textOf(entry);
    if (from + PORTION < this.entries.length) setTimeout(() => this.warm(from + PORTION), 0);
  }

  pause(on) {
    this.paused = on;
    this.missed = 0;
    this.changed();
    if (!on) for (const one of this.#lanes) one.loader.refresh();
  }

  /** Empties the list of this page; the sandbox goes on remembering. */
  clear() {
    for (const one of this.#lanes) Object.assign(one, { entries: [], first: one.last + 1, more: one.last > 0 });
    this.#sent.clear();
    this.#collect();
    this.choose(null);
  }

  /** Brings what lies before the first entry. */
  async loadOlder() {
    const horizon = this.#horizon();
    const behind = this.#lanes.filter((one) => one.more && (!one.entries.length || one.entries[0].at >= horizon));
    await Promise.all(behind.map((one) => this.#loadBefore(one)));
    this.#collect();
  }

  #hear(one) {
    if (!this.paused) {
      one.loader.refresh();
      return;
    }
    this.missed += 1;
    this.changed();
  }

  async #load(one) {
    if (this.#restart) this.#forget();
    const { last } = one;
    const limit = last ? CATCH_UP : FIRST;
    let found;
    try {
      found = await get(one.path, { after: last, limit });
    } catch { return; }
    if (last !== one.last) return;
    this.#take(one, found, limit);
    this.#collect();
  }

  #take(one, found, limit) {
    const records = found[one.path];
    if (!records.length) return;
    if (records.length === limit) Object.assign(one, { entries: [], more: records[0].seq > 1 });
    if (!one.entries.length) one.first = records[0].seq;
    one.last = Math.max(found.lastSeq, records.at(-1).seq);
    one.entries.push(...records.map(one.entry));
    if (one.entries.length > KEPT) {
      one.entries.splice(0, one.entries.length - KEPT);
      Object.assign(one, { first: one.entries[0].seq, more: true });
    }
    if (one.path === "frames") this.#pair(one.entries.slice(-records.length));
  }

  async #loadBefore(one) {
    try {
      const records = (await get(one.path, { before: one.first, limit: OLDER }))[one.path];
      const entries = records.map(one.entry);
      if (one.path === "frames") this.#pair(entries);
      one.entries = [...entries, ...one.entries];
      one.more = records.length === OLDER && records[0].seq > 1;
      if (records.length) one.first = records[0].seq;
    } catch { /* the feed says when the sandbox is there again */ }
  }

  /** Brings frames and their answers together. */
  #pair(entries) {
    for (const entry of entries) {
      const id = entry.record.messageId;
      if (entry.kind !== "answer") {
        this.#sent.set(id, entry);
        if (!entry.record.ack && !entry.record.lost) setTimeout(() => this.#giveUp(entry), UNANSWERED_MS);
        if (entry.record.ack) entry.tone = Number(entry.record.ack.code) === 200 ? "ok" : "bad";
      } else if (this.#sent.has(id)) {
        marry(this.#sent.get(id), entry);
        this.#sent.delete(id);
      }
    }
  }

  #giveUp(entry) {
    if (entry.tone !== "wait") return;
    entry.tone = entry.kind === "disconnect" ? "ok" : "bad";
    this.changed();
  }

  /** Before this time one of the two logs is not here yet: showing the other alone would be half the truth. */
  #horizon() {
    return Math.max(0, ...this.#lanes.map((one) => (one.more && one.entries.length ? one.entries[0].at : 0)));
  }

  #collect() {
    const horizon = this.#horizon();
    this.entries = this.#lanes.flatMap((one) => one.entries).filter((entry) => entry.at >= horizon);
    this.entries.sort((a, b) => a.at - b.at || Number(a.api) - Number(b.api) || a.seq - b.seq);
    this.#relate();
    this.#show();
  }

  #show() {
    const { source, failed, counted, pings } = this.filter;
    const words = this.filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = this.entries.filter((entry) =>
      (pings || !entry.ping)
      && (source === "all" || (source === "api") === entry.api)
      && (!failed || entry.tone === "bad" || entry.tone === "part")
      && (!counted || entry.counted)
      && words.every((word) => textOf(entry).includes(word)));
    this.changed();
  }

  #relate() {
    this.related = this.selected ? relatedTo(this.selected, this.entries) : new Set();
  }

  #forget() {
    this.#restart = false;
    for (const one of this.#lanes) Object.assign(one, { entries: [], first: 0, last: 0, more: false });
    this.#sent.clear();
    this.selected = null;
  }
}

const lane = (path, entry) => ({ path, entry, entries: [], first: 0, last: 0, more: false, loader: null });
