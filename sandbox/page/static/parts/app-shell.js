import { html, nothing } from "lit";
import { repeat } from "lit-html/directives/repeat.js";
import { Part, icon } from "./part.js";
import { Seat } from "../model/seat.js";
import { language, setLanguage, t } from "../words.js";
import "./control-strip.js";
import "./person-seat.js";
import "./side-dock.js";

const SCHEME_KEY = "dingsandbox.scheme";
const DOCK_KEY = "dingsandbox.dock";
const TAB_KEY = "dingsandbox.tab";
const SEATS_MAX = 3;
const TOAST_MS = 5000;
const DEFAULT_PERSON = "wang";
const NARROW = matchMedia("(max-width: 1120px)");

/** The whole page: control strip, the people side by side, the dock; and on a phone the tabs between them. */
class AppShell extends Part {
  #seats = [];
  #toasts = [];
  #shown = 0;
  #pane = "chat";
  #dockOpen = localStorage.getItem(DOCK_KEY) !== "closed" && !NARROW.matches;

  /** Takes what everything is drawn from. Called once, by `app.js`. */
  begin({ feed, world, drive, wire, newSeat }) {
    Object.assign(this, { feed, world, drive, wire, newSeat });
    const address = new URLSearchParams(location.search);
    const people = address.getAll("as").flatMap((one) => one.split(",")).filter(Boolean);
    this.#seats = (people.length ? people : [DEFAULT_PERSON]).slice(0, SEATS_MAX).map((one) => newSeat(one, address.get("in") ?? ""));
    for (const model of [feed, world]) model.watch(() => this.requestUpdate());
    world.watch(() => this.#seatSomebody());
    this.addEventListener("toast", ({ detail }) => this.#say(detail));
    this.#paint(localStorage.getItem(SCHEME_KEY));
    this.requestUpdate();
  }

  render() {
    if (!this.world) return nothing;
    document.title = `${this.#seats.map((seat) => this.world.person(seat.userId)?.name ?? seat.userId).join(" · ")} · ${t("app.title")}`;
    return html`
      <a class="skip" href="#" @click=${this.#skip}>${t("app.skip")}</a>
      <header><control-strip .world=${this.world} .shell=${this}></control-strip></header>
      <main class="stage" data-pane=${this.#pane}>
        <div class="seats">
          ${repeat(this.#seats, (seat) => seat, (seat, index) => html`
            <person-seat class="panel" .seat=${seat} .world=${this.world} .shell=${this}
              ?narrow=${this.#seats.length > 1} ?closable=${index > 0}></person-seat>`)}
        </div>
        <side-dock class="dock panel" ?hidden=${!this.#dockOpen}
          .world=${this.world} .drive=${this.drive} .wire=${this.wire} .actor=${this.actor} .shell=${this}></side-dock>
      </main>
      ${this.#tabs()}
      ${this.feed.connected ? nothing : html`<div class="offline" role="status">${icon("cloud-off")} ${t("app.offline")}</div>`}
      <div class="toasts" popover="manual" role="status" aria-live="polite">
        ${this.#toasts.map((toast) => html`<div class="toast ${toast.bad ? "bad" : ""}">${icon(toast.bad ? "circle-alert" : "check")}<span>${toast.text}</span></div>`)}
      </div>`;
  }

  /** What is told lies above everything, dialogs included: what was shown last is on top. */
  updated() {
    const box = this.querySelector(".toasts");
    if (!box || this.#toasts.length === this.#shown) return;
    this.#shown = this.#toasts.length;
    box.hidePopover();
    if (this.#shown) box.showPopover();
  }

  #tabs() {
    const tab = (pane, dockTab, name, sign) => html`
      <button aria-current=${this.#pane === pane && (!dockTab || this.dockTab === dockTab)} @click=${() => this.show(pane, dockTab)}>${icon(sign)}${name}</button>`;
    return html`<nav class="phone-tabs">
      ${tab("chat", "", t("pane.chat"), "message-square")}
      ${tab("dock", "drive", t("pane.drive"), "hard-drive")}
      ${tab("dock", "bin", t("pane.bin"), "trash-2")}
      ${tab("dock", "wire", t("pane.wire"), "activity")}
    </nav>`;
  }

  #skip = (event) => {
    event.preventDefault();
    this.querySelector(".composer textarea")?.focus();
  };

  // What parts ask of the shell

  dockTab = sessionStorage.getItem(TAB_KEY) ?? "drive";

  get dockOpen() {
    return this.#dockOpen;
  }

  /** On a phone: chat or dock in front; everywhere: which tab of the dock. */
  show(pane, dockTab) {
    this.#pane = pane;
    if (dockTab) sessionStorage.setItem(TAB_KEY, (this.dockTab = dockTab));
    if (pane === "dock") this.#setDock(true);
    this.requestUpdate();
    this.querySelector("side-dock")?.requestUpdate();
  }

  toggleDock() {
    this.#setDock(!this.#dockOpen);
    this.requestUpdate();
  }

  /** Who acts when a button of the dock is pressed: the first person. */
  get actor() {
    return this.#seats[0]?.userId ?? DEFAULT_PERSON;
  }

  get seats() {
    return this.#seats;
  }

  /** When the newest message was said that was looked at as this person (ms). */
  seenOf(userId) {
    return Seat.seenBy(userId);
  }

  openBeside(userId) {
    if (this.#seats.some((seat) => seat.userId === userId)) return;
    const seat = this.newSeat(userId);
    if (this.#seats.length === SEATS_MAX) this.#seats.at(-1).leave();
    this.#seats = [...this.#seats.slice(0, SEATS_MAX - 1), seat];
    seat.refresh();
    this.#rewriteAddress();
  }

  closeSeat(seat) {
    seat.leave();
    this.#seats = this.#seats.filter((one) => one !== seat);
    this.#rewriteAddress();
  }

  sit(seat, userId) {
    seat.sit(userId);
    this.#rewriteAddress();
  }

  switchLanguage() {
    setLanguage(language() === "zh" ? "en" : "zh");
    for (const part of this.querySelectorAll("*")) if (part instanceof Part) part.requestUpdate();
    this.requestUpdate();
  }

  get scheme() {
    return document.documentElement.dataset.scheme;
  }

  switchScheme() {
    const wanted = this.scheme === "dark" ? "light" : "dark";
    localStorage.setItem(SCHEME_KEY, wanted);
    this.#paint(wanted);
    this.requestUpdate();
    this.querySelector("control-strip")?.requestUpdate();
  }

  // Inside

  #paint(wanted) {
    const asked = new URLSearchParams(location.search).get("theme");
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.scheme = wanted ?? (["dark", "light"].includes(asked) ? asked : dark ? "dark" : "light");
  }

  #setDock(open) {
    this.#dockOpen = open;
    localStorage.setItem(DOCK_KEY, open ? "open" : "closed");
  }

  /** Somebody nobody knows (another company was loaded) gives the seat to the first who is there. */
  #seatSomebody() {
    for (const seat of this.#seats) {
      if (this.world.people.length && !this.world.person(seat.userId)) this.sit(seat, this.world.people[0].userId);
    }
  }

  #rewriteAddress() {
    const address = new URL(location.href);
    address.searchParams.delete("in");
    address.searchParams.set("as", this.#seats.map((seat) => seat.userId).join(","));
    history.replaceState(null, "", decodeURIComponent(address.toString()));
    this.requestUpdate();
  }

  #say(toast) {
    this.#toasts = [...this.#toasts.slice(-2), toast];
    this.requestUpdate();
    setTimeout(() => {
      this.#toasts = this.#toasts.filter((one) => one !== toast);
      this.requestUpdate();
    }, TOAST_MS);
  }
}

customElements.define("app-shell", AppShell);
