import { html, nothing } from "lit";
import { guard } from "lit-html/directives/guard.js";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon } from "./part.js";
import { messageRow } from "./message-row.js";
import { dayAndClock, sameDay } from "../format.js";
import { language, t } from "../words.js";

const GAP_MS = 5 * 60_000;
const NEAR_PX = 60;

/** What was said, the newest at the bottom; it follows while one is at the bottom and stays put while one reads above. */
class ChatLog extends Part {
  #conversation = "";
  #atBottom = true;
  #newBelow = false;
  #lastId = "";
  #top = 0;
  #sizes = new ResizeObserver(() => this.#follow());

  models() {
    return [this.seat, this.world];
  }

  get #box() {
    return this.querySelector(".log");
  }

  willUpdate() {
    const place = `${this.seat.userId} ${this.seat.openId}`;
    const last = this.seat.messages.at(-1)?.id ?? "";
    if (place !== this.#conversation) [this.#conversation, this.#atBottom, this.#newBelow] = [place, true, false];
    else if (last !== this.#lastId && !this.#atBottom && !this.#isMine(this.seat.messages.at(-1))) this.#newBelow = true;
    else if (last !== this.#lastId && this.#isMine(this.seat.messages.at(-1))) this.#atBottom = true;
    this.#lastId = last;
  }

  /** The window onto what was said, and all of it: a wider neighbour, a taller composer or a row drawn for the first time changes one of them. */
  firstUpdated() {
    for (const one of [this.#box, this.querySelector(".said")]) this.#sizes.observe(one);
  }

  updated() {
    this.#follow();
  }

  render() {
    const { messages } = this.seat;
    return html`
      <div class="log" role="log" aria-label=${t("chat.log")} tabindex="0" @scroll=${this.#scrolled}>
        ${this.seat.hasOlder ? html`<button class="button quiet older" @click=${this.#older}>${icon("clock", "small")}${t("chat.older")}</button>` : nothing}
        ${messages.length ? nothing : this.#start()}
        <div class="said">${repeat(messages, (message) => message.id, (message, index) => this.#row(message, messages[index - 1]))}</div>
      </div>
      ${this.#newBelow ? html`<button class="button new-below" @click=${this.#jump}>${icon("arrow-down", "small")}${t("chat.new-below")}</button>` : nothing}`;
  }

  #row(message, before) {
    const context = { seat: this.seat, world: this.world, part: this };
    const pressed = [...this.seat.presses].filter(([key]) => key.startsWith(`${message.outTrackId ?? message.id}|`)).flat().join();
    return guard([message, before?.id, pressed, language(), this.world.people, this.world.hello], () => html`
      ${this.#divider(message, before)}${messageRow(message, before, context)}`);
  }

  #divider(message, before) {
    if (before && message.at - before.at < GAP_MS && sameDay(before.at, message.at)) return nothing;
    return html`<div class="divider"><time>${dayAndClock(message.at)}</time></div>`;
  }

  #start() {
    const conversation = this.seat.conversation;
    const robot = conversation?.robots?.[0];
    return html`<div class="empty start">${icon("message-square")}
      <p>${conversation?.canHear && robot ? t("chat.start", { name: robot.name }) : t("chat.start-quiet")}</p></div>`;
  }

  #isMine(message) {
    return message?.from?.userId === this.seat.userId;
  }

  /** Only a way up leads away from the bottom: the browser too scrolls, downwards, when rows above become taller. */
  #scrolled = () => {
    const box = this.#box;
    const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    if (near || box.scrollTop < this.#top) this.#atBottom = near;
    this.#top = box.scrollTop;
    if (this.#atBottom && this.#newBelow) {
      this.#newBelow = false;
      this.requestUpdate();
    }
  };

  #jump = () => {
    this.#newBelow = false;
    this.#atBottom = true;
    this.requestUpdate();
  };

  #older = async () => {
    const box = this.#box;
    const fromEnd = box.scrollHeight - box.scrollTop;
    this.#atBottom = false;
    await this.seat.loadOlder();
    await this.updateComplete;
    box.scrollTop = box.scrollHeight - fromEnd;
  };

  #follow() {
    const box = this.#box;
    if (this.#atBottom) box.scrollTop = box.scrollHeight;
  }
}

customElements.define("chat-log", ChatLog);
