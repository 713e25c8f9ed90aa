import { html, nothing } from "lit";
import { guard } from "lit-html/directives/guard.js";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon } from "./part.js";
import { messageRow } from "./message-row.js";
import { Span } from "../model/span.js";
import { dayAndClock, sameDay, visible } from "../format.js";
import { language, t } from "../words.js";

const GAP_MS = 5 * 60_000;
const NEAR_PX = 60;
/** So near to the first or last row that is drawn, more of them are. */
const MORE_PX = 500;

/**
 * What was said, the newest at the bottom; it follows while one is at the bottom and stays put while one reads above.
 * However long it is, some hundred messages around those in sight are in the document.
 */
class ChatLog extends Part {
  #conversation = "";
  #atBottom = true;
  #newBelow = false;
  #lastId = "";
  #span = new Span();
  #loading = false;
  #fixed = null;
  #sizes = new ResizeObserver(() => { if (this.#atBottom) this.#toBottom(); });

  models() {
    return [this.seat, this.world];
  }

  get #box() {
    return this.querySelector(".log");
  }

  willUpdate() {
    const place = `${this.seat.userId} ${this.seat.openId}`;
    const last = this.seat.messages.at(-1)?.id ?? "";
    if (place !== this.#conversation) {
      this.#conversation = place;
      this.#follow();
    } else if (last !== this.#lastId) {
      if (this.#isMine(this.seat.messages.at(-1))) this.#follow();
      else if (!this.#atBottom) this.#newBelow = true;
    }
    this.#lastId = last;
    this.#fixed = this.#atBottom || !this.hasUpdated ? null : this.#inSight();
  }

  /** The window onto what was said, and what is drawn of it: a wider neighbour or a taller composer changes one of them. */
  firstUpdated() {
    for (const one of [this.#box, this.querySelector(".said")]) this.#sizes.observe(one);
  }

  updated() {
    if (this.#atBottom) this.#toBottom();
    else if (this.#fixed) this.#box.scrollTop += this.#fixed.row.getBoundingClientRect().top - this.#fixed.top;
  }

  render() {
    const { messages } = this.seat;
    const drawn = this.#span.of(messages);
    const before = messages[messages.indexOf(drawn[0]) - 1];
    return html`
      <div class="log" role="log" aria-label=${t("chat.log")} tabindex="0" @scroll=${this.#scrolled}>
        ${this.#hasOlder ? html`<button class="button quiet older" @click=${this.#older}>${icon("clock", "small")}${t("chat.older")}</button>` : nothing}
        ${messages.length ? nothing : this.#start()}
        <div class="said">${repeat(drawn, (message) => message.id, (message, index) => this.#row(message, drawn[index - 1] ?? before))}</div>
      </div>
      ${this.#newBelow ? html`<button class="button new-below" @click=${this.#jump}>${icon("arrow-down", "small")}${t("chat.new-below")}</button>` : nothing}`;
  }

  #row(message, before) {
    const context = { seat: this.seat, world: this.world, part: this };
    const pressed = [...this.seat.presses].filter(([key]) => key.startsWith(`${message.outTrackId ?? message.id}|`)).flat().join();
    return guard([message, before?.id, pressed, language(), this.world.people, this.world.hello], () => html`
      ${this.#divider(message, before)}${this.#drawn(message, before, context)}`);
  }

  /** One message that cannot be drawn does not take the others with it. */
  #drawn(message, before, context) {
    try {
      return messageRow(message, before, context);
    } catch {
      return html`<article class="line" data-id=${message.id}><div class="body"><div class="bubble"><code>${visible(message.kind)}</code></div></div></article>`;
    }
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

  get #hasOlder() {
    return this.seat.hasOlder || this.#span.hasBefore(this.seat.messages);
  }

  #follow() {
    [this.#atBottom, this.#newBelow] = [true, false];
    this.#span.follow();
  }

  #scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const { messages } = this.seat;
    const below = scrollHeight - scrollTop - clientHeight;
    const more = !this.#span.follows && below < MORE_PX && this.#span.down(messages);
    this.#atBottom = this.#span.follows && !more && below < NEAR_PX;
    if (below > MORE_PX) this.#span.hold(messages);
    if (scrollTop < MORE_PX && this.#hasOlder) this.#older();
    const read = this.#atBottom && this.#newBelow;
    if (read) this.#newBelow = false;
    if (more || read) this.requestUpdate();
  };

  #jump = () => {
    this.#follow();
    this.requestUpdate();
  };

  #older = async () => {
    if (this.#loading) return;
    this.#loading = true;
    this.#atBottom = false;
    this.#span.hold(this.seat.messages);
    if (!this.#span.hasBefore(this.seat.messages)) await this.seat.loadOlder();
    this.#span.up(this.seat.messages);
    this.requestUpdate();
    await this.updateComplete;
    this.#loading = false;
  };

  /** The first row one sees that will still be there, and where it is. */
  #inSight() {
    const kept = new Set(this.#span.of(this.seat.messages).map(({ id }) => id));
    const { top } = this.#box.getBoundingClientRect();
    for (const row of this.#box.querySelectorAll("article")) {
      const place = row.getBoundingClientRect();
      if (place.bottom > top && kept.has(row.dataset.id)) return { row, top: place.top };
    }
    return null;
  }

  #toBottom() {
    const box = this.#box;
    box.scrollTop = box.scrollHeight;
  }
}

customElements.define("chat-log", ChatLog);
