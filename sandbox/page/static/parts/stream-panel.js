import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon } from "./part.js";
import { attempt } from "./acting.js";
import { t } from "../words.js";
import { clockSeconds, visible } from "../format.js";

const TONES = { connected: "green", away: "red", silent: "amber", draining: "amber" };

/** connected, silent, draining; of several the best; away when there is none. */
export function streamState(connections) {
  const states = connections.map(stateOf);
  return ["connected", "draining", "silent"].find((state) => states.includes(state)) ?? "away";
}

export const streamTone = (state) => TONES[state];

const stateOf = ({ silent, draining }) => (draining ? "draining" : silent ? "silent" : "connected");

/** The robots' stream connections, and how to break them: one, or all. */
class StreamPanel extends Part {
  static properties = { world: { attribute: false } };

  models() {
    return [this.world];
  }

  render() {
    const { connections } = this.world;
    if (!connections.length) return html`<p class="hint">${t("stream.away.hint")}</p>`;
    return html`
      <ul class="connections">${repeat(connections, (one) => one.id, (one) => this.#connection(one))}</ul>
      ${connections.length > 1
        ? html`<div class="connection"><b>${t("stream.all")}</b>${this.#actions(connections.every((one) => one.silent))}</div>`
        : nothing}
      <p class="hint">${t("stream.hint")}</p>`;
  }

  #connection(one) {
    const state = stateOf(one);
    return html`<li class="connection">
      <p class="row"><b class="grow clip">${visible(this.#robot(one.clientId))}</b>
        <span class="badge ${TONES[state]}">${t(`stream.${state}`)}</span></p>
      <p class="muted clip" title=${one.id}>${t("stream.since", { time: clockSeconds(one.openedAt), n: one.subscriptions.length })}</p>
      ${this.#actions(one.silent, one.id, one.draining)}
    </li>`;
  }

  #robot(clientId) {
    return this.world.hello.robots.find((one) => one.clientId === clientId || one.robotCode === clientId)?.name ?? clientId;
  }

  #actions(silent, connectionId, draining = false) {
    const act = (action, more = {}) => this.#act(action, connectionId ? { connectionId, ...more } : more);
    return html`<div class="row wrap">
      <button class="button compact" ?disabled=${draining} title=${t("stream.disconnect.title")}
        @click=${() => act("disconnect")}>${icon("plug", "small")}${t("stream.disconnect")}</button>
      <button class="button compact danger" title=${t("stream.drop.title")}
        @click=${() => act("drop")}>${icon("unplug", "small")}${t("stream.drop")}</button>
      <label class="switch" title=${t("stream.silence.title")}><input type="checkbox" role="switch" .checked=${silent}
        @change=${({ target }) => act("silence", { on: target.checked })}><span>${t("stream.silence")}</span></label>
    </div>`;
  }

  #act(action, more) {
    return attempt(this, () => this.world.actOnStream(action, more), action === "silence" ? "" : t(`stream.done.${action}`));
  }
}

customElements.define("stream-panel", StreamPanel);
