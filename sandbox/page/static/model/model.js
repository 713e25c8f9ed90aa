/** Something that changes and tells who watches it. */
export class Model {
  #watchers = new Set();

  /** Calls `watcher` after every change; returns what ends it. */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  changed() {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** Loads again whenever it is told to, one load at a time, and never less than once after the last word. */
export class Loader {
  #running = null;
  #again = false;

  constructor(load) {
    this.load = load;
  }

  /** Resolves when what was true at the call has been loaded. */
  refresh() {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#run().finally(() => { this.#running = null; });
    return this.#running;
  }

  async #run() {
    do {
      await null; // whatever else asks in the same breath is answered by this load
      this.#again = false;
      await this.load();
    } while (this.#again);
  }
}
