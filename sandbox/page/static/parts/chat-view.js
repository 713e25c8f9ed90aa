import { html, nothing } from "lit";
import { Part, icon } from "./part.js";
import { robotFace, groupFace } from "./faces.js";
import { visible } from "../format.js";
import { t } from "../words.js";
import "./chat-log.js";
import "./composer-box.js";

/** The open conversation: what it is, what was said, what is about to be said. */
class ChatView extends Part {
  models() {
    return [this.seat, this.world];
  }

  render() {
    const conversation = this.seat.conversation;
    if (!conversation) return html`<div class="chat empty">${icon("message-square")}<p>${t("chat.choose")}</p></div>`;
    const robot = conversation.robots?.[0];
    const group = conversation.type === "2";
    const title = group ? visible(conversation.title) : robot?.name ?? t("chat.robot");
    return html`
      <div class="chat">
        <header class="chat-head">
          <button class="icon-button back" aria-label=${t("seat.conversations")} @click=${this.back}>${icon("arrow-left")}</button>
          ${group ? groupFace(conversation.title) : robotFace()}
          <div class="grow">
            <h2 class="clip"><bdi>${title}</bdi></h2>
            <p class="muted clip">${group ? t("chat.members", { n: conversation.members.length }) + " · " : nothing}${this.#robotState(conversation, robot)}</p>
          </div>
        </header>
        <chat-log .seat=${this.seat} .world=${this.world} .shell=${this.shell}></chat-log>
        <composer-box .seat=${this.seat} .world=${this.world}></composer-box>
      </div>`;
  }

  #robotState(conversation, robot) {
    if (!conversation.canHear || !robot) return t("chat.no-robot");
    const away = !robot.connected;
    return html`<span class="state ${away ? "away" : "here"}">${t(away ? "chat.robot-away" : "chat.robot-here", { name: robot.name })}</span>`;
  }
}

customElements.define("chat-view", ChatView);
