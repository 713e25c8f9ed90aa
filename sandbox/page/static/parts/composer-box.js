import { html, nothing } from "lit";
import { live } from "lit-html/directives/live.js";
import { Part, icon, openMenu } from "./part.js";
import { visible } from "../format.js";
import { language, t } from "../words.js";
import "./send-dialogs.js";

const TALLEST_PX = 160;
const SUGGESTIONS = 4;

/** Of things to say, those in the language the page is read in, when there are any. */
function inMyLanguage(suggestions) {
  const fits = suggestions.filter(({ text }) => /\p{Script=Han}/u.test(text) === (language() === "zh"));
  return fits.length ? fits : suggestions;
}

/** Where one writes: the mention of the robot, text, and what else can be sent. */
class ComposerBox extends Part {
  #mention = true;
  #busy = false;
  #offers = false;

  models() {
    return [this.seat, this.world];
  }

  get #text() {
    return this.querySelector("textarea");
  }

  render() {
    const conversation = this.seat.conversation;
    if (!conversation) return nothing;
    const group = conversation.type === "2";
    const robot = conversation.robots?.[0];
    const title = group ? visible(conversation.title) : robot?.name ?? t("chat.robot");
    const listens = Boolean(conversation.canHear && robot);
    return html`
      ${this.#suggestions(listens)}
      <form class="composer" @submit=${this.#submit}>
        ${group && listens ? html`
          <button type="button" class="mention" aria-pressed=${this.#mention} title=${this.#mention ? t("compose.mention", { name: robot.name }) : t("compose.mention.off")}
            @click=${this.#toggleMention}>@${robot.name}</button>` : nothing}
        <textarea rows="1" .value=${live(this.seat.draft)} placeholder=${t("compose.placeholder")} aria-label=${t("compose.name", { name: title })}
          title=${t("compose.hint")} @input=${this.#typed} @keydown=${this.#key} @focus=${this.#focus}></textarea>
        <button type="button" class="icon-button" aria-haspopup="menu" aria-label=${t("compose.more")} title=${t("compose.more")}
          @click=${(e) => openMenu(e.currentTarget, this.querySelector(".send-menu"))}>${icon("plus")}</button>
        <button class="send" aria-label=${t("compose.send")} title=${t("compose.send")} ?disabled=${!this.seat.draft.trim()}>${icon("send")}</button>
      </form>
      <div class="menu send-menu" popover role="menu" aria-label=${t("compose.more")}>
        ${this.#item("file", t("compose.file"), group, () => this.querySelector("input[type=file]").click())}
        ${this.#item("hard-drive", t("compose.drive-file"), group, () => this.querySelector("drive-picker").open())}
        ${this.#item("mic", t("compose.voice"), group, () => this.querySelector("voice-dialog").open())}
        ${group ? html`<p class="menu-title">${t("compose.file.one-to-one")}</p>` : nothing}
      </div>
      <input type="file" hidden aria-hidden="true" @change=${this.#chosen}>
      <drive-picker .world=${this.world} .choose=${(file) => this.#try(() => this.seat.sendFile(file))}></drive-picker>
      <voice-dialog .choose=${(words) => this.#try(() => this.seat.sayVoice(words))}></voice-dialog>`;
  }

  #item(sign, name, disabled, act) {
    return html`<button type="button" class="menu-item" role="menuitem" ?disabled=${disabled}
      @click=${(e) => { e.currentTarget.closest("[popover]").hidePopover(); act(); }}>${icon(sign)}${name}</button>`;
  }

  #suggestions(listens) {
    const here = this.world.hello.suggestions.filter((one) => (one.conversation ?? this.seat.openId) === this.seat.openId);
    const fits = inMyLanguage(here).slice(0, SUGGESTIONS);
    const fresh = this.seat.messages.length === 0;
    if (!listens || !fits.length || this.seat.draft || !(fresh || this.#offers)) return nothing;
    return html`<div class="suggestions" @mousedown=${(e) => e.preventDefault()}>
      <span class="muted">${t("compose.try")}</span>
      ${fits.map(({ text }) => html`<button type="button" class="suggestion" @click=${() => this.#take(text)}>${text}</button>`)}
    </div>`;
  }

  #take(text) {
    this.#write(text);
    this.#text.focus();
  }

  #typed = (event) => {
    this.#write(event.target.value);
  };

  #write(text) {
    const had = Boolean(this.seat.draft);
    this.seat.draft = text;
    if (had !== Boolean(text)) this.requestUpdate();
    if (this.#text.value !== text) this.#text.value = text;
    this.#grow();
  }

  #grow() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${Math.min(this.#text.scrollHeight + 2, TALLEST_PX)}px`;
  }

  #key = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  };

  #submit = (event) => {
    event.preventDefault();
    this.#send();
  };

  /** Offered until something is said, also after the focus went: a card's button must not move from under the press that takes it. */
  #focus = () => {
    this.#offers = true;
    this.requestUpdate();
  };

  #toggleMention = () => {
    this.#mention = !this.#mention;
    this.requestUpdate();
  };

  #chosen = (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) this.#try(() => this.seat.sendFile({ name: file.name, size: file.size }));
  };

  async #send() {
    const text = this.seat.draft.trim();
    if (!text || this.#busy) return;
    this.#busy = true;
    this.#offers = false;
    this.#write("");
    const sent = await this.#try(() => this.seat.say(text, { atRobot: this.#mention }));
    if (!sent && !this.seat.draft) this.#write(text);
    this.#busy = false;
  }

  async #try(act) {
    try {
      await act();
      return true;
    } catch (error) {
      this.toast(t("compose.failed", { why: error.message }), true);
      return false;
    }
  }
}

customElements.define("composer-box", ComposerBox);
