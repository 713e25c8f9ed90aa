import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon, openMenu } from "./part.js";
import { face, groupFace, marks, robotFace } from "./faces.js";
import { clock, shortDay, sameDay, visible } from "../format.js";
import { attempt } from "./acting.js";
import { t } from "../words.js";
import "./chat-view.js";

/** One person's DingTalk: who they are, their conversations, and the one that is open. */
class PersonSeat extends Part {
  static properties = { narrow: { type: Boolean, reflect: true }, closable: { type: Boolean } };

  #inList = false;

  models() {
    return [this.seat, this.world];
  }

  get person() {
    return this.world.person(this.seat.userId) ?? { userId: this.seat.userId, name: this.seat.userId, title: "" };
  }

  render() {
    return html`
      <section class="seat" aria-label=${t("seat.of", { name: this.person.name })} data-list=${this.#inList}>
        <div class="who">
          ${this.#head()}
          ${this.#people()}
          <nav class="conversations" aria-label=${t("seat.conversations")}>
            ${repeat(this.seat.conversations, (one) => one.conversationId, (one) => this.#conversation(one))}
          </nav>
        </div>
        <chat-view .seat=${this.seat} .world=${this.world} .shell=${this.shell} .back=${() => this.#toList()}></chat-view>
      </section>
      ${this.#menu("switch-menu", t("seat.people"), (person) => this.shell.sit(this.seat, person.userId), this.#leaving())}
      ${this.#menu("beside-menu", t("seat.second.title"), (person) => this.shell.openBeside(person.userId))}`;
  }

  #head() {
    const person = this.person;
    return html`
      <div class="me">
        <button class="me-button" aria-haspopup="menu" aria-label=${t("seat.switch", { name: person.name })}
          @click=${(e) => this.#open(e.currentTarget, ".switch-menu")}>
          ${face(person)}
          <span class="me-words">
            <strong class="clip"><bdi>${visible(person.name)}</bdi></strong>
            <span class="muted clip">${person.left ? t("seat.left.hint") : visible(person.title) || person.userId}</span>
          </span>
          ${icon("chevron-down", "small")}
        </button>
        ${this.closable
          ? html`<button class="icon-button" title=${t("seat.close")} aria-label=${t("seat.close")} @click=${() => this.shell.closeSeat(this.seat)}>${icon("x")}</button>`
          : html`<button class="icon-button" title=${t("seat.second.title")} aria-label=${t("seat.second.title")} aria-haspopup="menu"
              @click=${(e) => this.#open(e.currentTarget, ".beside-menu")}>${icon("columns-2")}</button>`}
      </div>`;
  }

  /** Everybody in a row: one click and one is somebody else. */
  #people() {
    return html`<div class="people" role="group" aria-label=${t("seat.people")}>
      ${this.world.people.map((person) => html`
        <button class="person ${this.#hasNews(person) ? "news" : ""}" aria-pressed=${person.userId === this.seat.userId}
          title=${person.name} aria-label=${this.#hasNews(person) ? `${person.name}, ${t("seat.unread")}` : person.name}
          @click=${() => this.shell.sit(this.seat, person.userId)}>${face(person, "small")}</button>`)}
    </div>`;
  }

  #conversation(one) {
    const open = one.conversationId === this.seat.openId;
    const unread = this.seat.unread(one);
    const title = one.type === "2" ? visible(one.title) : one.robots?.[0]?.name ?? t("chat.robot");
    const last = one.last;
    return html`
      <button class="conversation" aria-current=${open} title=${title} aria-label=${this.#spoken(title, last, unread)} @click=${() => this.#openConversation(one)}>
        ${one.type === "2" ? groupFace(one.title) : robotFace()}
        <span class="conversation-words">
          <span class="row"><strong class="clip grow"><bdi>${title}</bdi></strong>${last ? html`<time class="muted">${this.#when(last.at)}</time>` : nothing}</span>
          <span class="row"><span class="muted clip grow">${last ? visible(last.text) : one.canHear ? t("seat.empty") : t("chat.no-robot")}</span>
            ${unread ? html`<span class="news-dot"></span>` : nothing}</span>
        </span>
      </button>`;
  }

  /** A conversation's name for ears; it stays when a narrow seat shows only its face. */
  #spoken(title, last, unread) {
    return [title, unread && t("seat.unread"), last && visible(last.text)].filter(Boolean).join(", ");
  }

  #when(ms) {
    return sameDay(ms, this.world.nowMs) ? clock(ms) : shortDay(ms, this.world.nowMs);
  }

  /** The person who sits here leaves the organisation, or comes back to it. */
  #leaving() {
    const { userId, name, left } = this.person;
    return html`<hr><button class="menu-item ${left ? "" : "danger"}" role="menuitem"
      @click=${(e) => { e.currentTarget.closest("[popover]").hidePopover(); attempt(this, () => this.world.changePerson(userId, { left: !left })); }}>
      ${icon(left ? "user-plus" : "circle-x")}<span class="grow clip">${t(left ? "seat.return" : "seat.leave", { name: visible(name) })}</span></button>`;
  }

  #menu(name, title, choose, more = nothing) {
    const home = this.world.hello.corpId;
    return html`<div class="menu ${name}" popover role="menu" aria-label=${title}>
      <div class="menu-title" role="presentation">${title}</div>
      ${this.world.people.map((person) => html`
        <button class="menu-item" role="menuitem" ?disabled=${person.userId === this.seat.userId}
          @click=${(e) => { e.currentTarget.closest("[popover]").hidePopover(); choose(person); }}>
          ${face(person, "small")}<span class="grow clip"><bdi>${visible(person.name)}</bdi> <span class="muted">${visible(person.title)}</span></span>
          ${marks(person, home)}
        </button>`)}
      ${more}
    </div>`;
  }

  #open(button, selector) {
    openMenu(button, this.querySelector(selector));
  }

  #openConversation(one) {
    this.#inList = false;
    this.seat.open(one.conversationId);
    this.requestUpdate();
  }

  #toList() {
    this.#inList = true;
    this.requestUpdate();
  }

  /** Whether something was said to this person that nobody who sits here has looked at. */
  #hasNews(person) {
    const here = this.shell.seats.find((seat) => seat.userId === person.userId);
    return !here && person.heardAt > this.shell.seenOf(person.userId);
  }
}

customElements.define("person-seat", PersonSeat);
