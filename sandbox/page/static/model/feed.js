import { Model } from "./model.js";

const AGAIN_MS = [250, 500, 1000, 2000, 4000];

/** Hears from the sandbox which topics have changed, and connects again by itself. */
export class Feed extends Model {
  connected = false;
  #ticks = {};
  #listeners = new Map();
  #failures = 0;

  /** Calls `listener` whenever the topic has changed; returns what ends it. */
  on(topic, listener) {
    const known = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, known.add(listener));
    return () => known.delete(listener);
  }

  start() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/sandbox/live`);
    socket.onopen = () => { this.#failures = 0; this.#set(true); };
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data).ticks);
    socket.onclose = () => {
      this.#set(false);
      const pause = AGAIN_MS[Math.min(this.#failures++, AGAIN_MS.length - 1)];
      setTimeout(() => this.start(), pause);
    };
  }

  #set(connected) {
    if (!connected) this.#ticks = {};
    if (this.connected !== connected) {
      this.connected = connected;
      this.changed();
    }
  }

  #take(ticks) {
    const before = this.#ticks;
    this.#ticks = ticks;
    for (const [topic, tick] of Object.entries(ticks)) {
      if (before[topic] !== tick) for (const listener of this.#listeners.get(topic) ?? []) listener();
    }
  }
}
