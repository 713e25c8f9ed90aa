import { get, post, put, remove } from "./api.js";
import { Loader, Model } from "./model.js";

/** What is true for everybody: people, the robots' connections, faults, limits, the clock, the month's quota. */
export class World extends Model {
  hello = { suggestions: [], robots: [] };
  people = [];
  connections = [];
  faults = [];
  kinds = { kinds: [], routes: [], topics: [] };
  limits = {};
  meter = null;
  run = { state: "idle", orders: 0, done: 0 };
  spaces = [];
  tasks = [];
  #clock = { nowMs: Date.now(), offsetS: 0, at: performance.now() };

  constructor(feed) {
    super();
    const load = (topics, path, take) => {
      const loader = new Loader(async () => {
        try {
          take(await get(path));
          this.changed();
        } catch { /* the feed says when the sandbox is there again */ }
      });
      for (const topic of topics) feed.on(topic, () => loader.refresh());
    };
    load(["people"], "hello", (found) => { this.hello = found; });
    load(["people", "chat"], "people", (found) => { this.people = found.people; });
    load(["people"], "faults/kinds", (found) => { this.kinds = found; });
    load(["stream"], "stream", (found) => { this.connections = found.connections; });
    load(["faults", "calls", "frames"], "faults", (found) => { this.faults = found.faults; });
    load(["limits"], "limits", (found) => { this.limits = found; });
    load(["clock"], "clock", (found) => { this.#clock = { ...found, at: performance.now() }; });
    load(["calls", "frames", "limits"], "meter", (found) => { this.meter = found; });
    load(["run"], "run", (found) => { this.run = found; });
    load(["drive", "people"], "drive", (found) => { this.spaces = found.spaces; });
    load(["drive"], "tasks?running=1", (found) => { this.tasks = found.tasks; });
  }

  /** The sandbox's time, in ms since 1970. */
  get nowMs() {
    return this.#clock.nowMs + (performance.now() - this.#clock.at);
  }

  /** How far it was moved on, in seconds. */
  get offsetS() {
    return this.#clock.offsetS;
  }

  person(userId) {
    return this.people.find((one) => one.userId === userId);
  }

  personByUnion(unionId) {
    return this.people.find((one) => one.unionId === unionId);
  }

  space(spaceId) {
    return this.spaces.find((one) => one.spaceId === spaceId);
  }

  setLimits = (changed) => put("limits", changed);
  resetLimits = () => remove("limits");
  advance = (seconds) => post("clock", { advanceS: seconds });
  orderFault = (fault) => post("faults", fault);
  cancelFault = (id) => remove(id ? `faults/${id}` : "faults");
  actOnStream = (action, more = {}) => post("stream", { action, ...more });
  changePerson = (userId, changed) => post(`people/${encodeURIComponent(userId)}`, changed);
  reseed = () => post("state/reseed", {});
  saveState = () => get("state");
  loadState = (state) => put("state", state);
  controlRun = (action, more = {}) => post("run", { action, ...more });
}
