import { html, nothing } from "lit";
import { Part, icon } from "./part.js";
import { size } from "../format.js";
import { readSize } from "../size.js";
import { t } from "../words.js";

/** Asks one thing before something is done by hand: a yes to what cannot be undone, a name, or a file's name and size. */
class HandDialog extends Part {
  #question = { title: "", text: "", fields: [] };
  #problem = "";
  #answer = () => {};

  /** `{title, text?, fields?: [{name, label, value, stem?}], yes, danger?, file?}` → the fields' values, or null. */
  async ask(question) {
    this.#question = { text: "", fields: [], ...question };
    this.#problem = "";
    this.requestUpdate();
    await this.updateComplete;
    const [dialog, form] = [this.querySelector("dialog"), this.querySelector("form")];
    form.reset();
    for (const { name, value } of this.#question.fields) form.elements[name].value = value;
    dialog.showModal();
    this.#focus(form);
    return new Promise((resolve) => { this.#answer = resolve; });
  }

  render() {
    const { title, text, fields, yes, danger, file } = this.#question;
    return html`
      <dialog class="hand-dialog" aria-labelledby="hand-title" @close=${() => this.#done(null)}>
        <form @submit=${(event) => this.#submit(event)} novalidate>
          <div class="dialog-head">${danger ? icon("triangle-alert") : nothing}<h2 id="hand-title">${title}</h2></div>
          <div class="dialog-body">
            ${text ? html`<p>${text}</p>` : nothing}
            ${file ? this.#filePicker() : nothing}
            ${fields.map(({ name, label }) => html`
              <label class="field"><span>${label}</span><input class="input" name=${name} autocomplete="off" spellcheck="false"></label>`)}
            ${this.#problem ? html`<p class="error-line" role="alert">${this.#problem}</p>` : nothing}
          </div>
          <div class="dialog-foot">
            <button type="button" class="button" data-cancel @click=${() => this.querySelector("dialog").close()}>${t("do.cancel")}</button>
            <button type="submit" class="button ${danger ? "danger" : "primary"}">${danger ? icon("trash-2") : nothing}${yes}</button>
          </div>
        </form>
      </dialog>`;
  }

  #filePicker() {
    return html`
      <label class="button file-picker">${icon("paperclip")}${t("drive.upload.choose")}
        <input class="hidden-text" type="file" @change=${(event) => this.#take(event.target.files[0])}></label>`;
  }

  /** Only the name and the size of a file of this computer are taken. */
  #take(file) {
    if (!file) return;
    const { elements } = this.querySelector("form");
    [elements.name.value, elements.size.value] = [file.name, size(file.size)];
    this.exact = { shown: elements.size.value, bytes: file.size };
  }

  #focus(form) {
    const first = this.#question.fields[0];
    if (!first) {
      form.querySelector("[data-cancel]").focus();
      return;
    }
    const input = form.elements[first.name];
    input.focus();
    input.setSelectionRange(0, first.stem ?? input.value.length);
  }

  #submit(event) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    this.#problem = this.#check(values);
    if (this.#problem) this.requestUpdate();
    else this.#done(values);
  }

  #check(values) {
    if ("name" in values && !values.name.trim()) return t("drive.ask.no-name");
    if (!("size" in values)) return "";
    const bytes = this.exact?.shown === values.size ? this.exact.bytes : readSize(values.size);
    if (bytes === null) return t("drive.ask.no-size");
    values.size = bytes;
    return "";
  }

  #done(values) {
    const answer = this.#answer;
    this.#answer = () => {};
    answer(values);
    this.querySelector("dialog").close();
  }
}

customElements.define("hand-dialog", HandDialog);
