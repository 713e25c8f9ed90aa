import { get, post } from "./api.js";
import { LINGER_MS, Listing } from "./listing.js";
import { Loader, Model } from "./model.js";

const OPEN_KEY = "dingsandbox.drive.open";
/** At most that often everything is asked for again while much changes, and while a task runs. */
const PACE_MS = 150;
const TASK_MS = 300;
/** How long nothing is taken away under a moving pointer or a typing hand, and how long at most. */
const CALM_MS = 1500;
const PATIENCE_MS = 20_000;
const FATES = { recycled: "recycled", gone: "gone", moved: "moved" };
const FRESH = { created: "created", restored: "restored", renamed: "renamed", moved: "moved", changed: "changed" };

/** The drive as one looks at it: which folders are open, what lies in them, what is going and what just went; and the bin. */
export class Drive extends Model {
  tasks = [];
  /** Grows with every change, so that what is drawn from it is worked out once. */
  version = 0;
  #open = new Set(readOpen());
  #listings = new Map();
  #fates = new Map();
  #fresh = new Map();
  #lastSeq = null;
  #calmUntil = 0;
  #timer = 0;
  #letting = 0;
  #loader = new Loader(() => this.#load());

  constructor(feed) {
    super();
    this.bin = new Listing({
      load: (offset, limit) => get("bin", { offset, limit }),
      fate: (item) => this.#fates.get(item.id) ?? "",
      changed: () => this.#note(),
    });
    feed.on("people", () => this.#forget());
    feed.on("drive", () => this.#loader.refresh());
  }

  // Looking

  isOpen(spaceId, folderId) {
    return this.#open.has(`${spaceId}/${folderId}`);
  }

  setOpen(spaceId, folderId, open) {
    const key = `${spaceId}/${folderId}`;
    if (open) this.#open.add(key);
    else this.#open.delete(key);
    sessionStorage.setItem(OPEN_KEY, JSON.stringify([...this.#open].slice(-200)));
    this.#note();
  }

  /** Whether anybody has opened or closed anything yet in this window. */
  get untouched() {
    return sessionStorage.getItem(OPEN_KEY) === null;
  }

  /** What lies in an open folder; it is loaded when it is asked for first, and kept up to date as long as it is open. */
  listing(spaceId, parentId) {
    const key = `${spaceId}/${parentId}`;
    let found = this.#listings.get(key);
    if (!found) {
      found = new Listing({
        load: (offset, limit) => get(`drive/${spaceId}/children`, { parent: parentId, offset, limit, order: "name" }),
        fate: (item) => this.#fates.get(item.id) ?? "",
        changed: () => this.#note(),
      });
      this.#listings.set(key, found);
      found.refresh();
    }
    return found;
  }

  knows(spaceId, parentId) {
    return this.#listings.has(`${spaceId}/${parentId}`);
  }

  /** What became of an entry or recycle item that is not there any more; "left" when nobody says. */
  fate(id) {
    return this.#fates.get(id) ?? "left";
  }

  /** created, restored, renamed, moved, changed; "" when that is a while ago. */
  fresh(id) {
    const found = this.#fresh.get(id);
    return found && found.until > performance.now() ? found.kind : "";
  }

  task(rootId) {
    return this.tasks.find((task) => task.rootId === rootId);
  }

  /** Somebody is pointing or typing: nothing is taken away just now. */
  keepCalm() {
    this.#calmUntil = performance.now() + CALM_MS;
  }

  // Acting

  /** As somebody, by hand, in DingTalk's own client: one result for each entry, `{id, ok, code?}`. */
  async hand(as, action, what) {
    const { results } = await post("hand", { as, action, ...what });
    this.#loader.refresh();
    return results;
  }

  /** Says of recycle items what is about to become of them, or with "" that it does not. */
  expect(itemIds, fate) {
    for (const id of itemIds) {
      if (fate) this.#fates.set(id, fate);
      else this.#fates.delete(id);
    }
  }

  /** The recycle item that an entry became a moment ago; undefined when it is not in the bin. */
  async itemOf(spaceId, dentryId) {
    const { items } = await get("bin", { spaceId, limit: 500 });
    return items.find((item) => item.dentryId === dentryId);
  }

  // Inside

  async #load() {
    try {
      const since = this.#lastSeq === null ? { limit: 1 } : { after: this.#lastSeq };
      const [found, running] = await Promise.all([get("drive/changes", since), get("tasks", { running: 1 })]);
      const news = this.#lastSeq === null ? [] : found.changes;
      this.#lastSeq = found.lastSeq;
      const before = this.tasks;
      this.tasks = running.tasks;
      for (const change of news) this.#take(change);
      await Promise.all([...this.#touched(news, [...before, ...this.tasks]), this.bin].map((one) => one.refresh()));
      this.#note();
    } catch { /* the feed says when the sandbox is there again */ }
    clearTimeout(this.#timer);
    if (this.tasks.length) this.#timer = setTimeout(() => this.#loader.refresh(), TASK_MS);
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }

  #take(change) {
    if (change.kind in FATES) this.#fates.set(change.dentryId, FATES[change.kind]);
    if (change.itemId) this.#fates.set(change.itemId, change.kind);
    if (change.kind in FRESH) {
      this.#fresh.set(change.dentryId, { kind: FRESH[change.kind], until: performance.now() + LINGER_MS });
      if (change.kind !== "moved") this.#fates.delete(change.dentryId);
    }
  }

  /** The listings that may look different now: where something changed, the row of its folder, and where a task works. */
  #touched(news, tasks) {
    const open = [...this.#listings].filter(([key]) => this.#open.has(key) || this.#drop(key));
    return open.filter(([key, listing]) => {
      if (listing.gone) return false;
      const [spaceId, parentId] = key.split("/");
      const here = news.filter((change) => change.spaceId === spaceId || change.kind === "moved");
      if (here.some((change) => change.parentId === parentId || listing.has(change.parentId) || listing.has(change.dentryId))) return true;
      const working = tasks.filter((task) => task.spaceId === spaceId);
      return listing.busy || working.some(({ rootId, kind }) => kind === "place" || rootId === parentId || listing.has(rootId));
    }).map(([, listing]) => listing);
  }

  /** What is closed is loaded anew when it is opened again. */
  #drop(key) {
    this.#listings.delete(key);
    return false;
  }

  #note() {
    this.version++;
    this.changed();
    clearTimeout(this.#letting);
    this.#letting = setTimeout(() => this.#letGo(), this.#lingers() || this.#fresh.size ? 500 : LINGER_MS);
  }

  #lingers() {
    return this.bin.lingers || [...this.#listings.values()].some((listing) => listing.lingers);
  }

  #letGo() {
    const now = performance.now();
    const patient = now < this.#calmUntil ? now - PATIENCE_MS : now;
    for (const [id, { until }] of this.#fresh) if (until <= now) this.#fresh.delete(id);
    const went = [this.bin, ...this.#listings.values()].filter((listing) => listing.letGo(patient));
    if (went.length || this.#lingers() || this.#fresh.size) this.#note();
  }

  #forget() {
    this.#lastSeq = null;
    this.#listings.clear();
    this.#fates.clear();
    this.#fresh.clear();
    this.bin.refresh();
    this.#loader.refresh();
    this.#note();
  }
}

function readOpen() {
  try {
    return JSON.parse(sessionStorage.getItem(OPEN_KEY) ?? "[]");
  } catch {
    return [];
  }
}
