import { get, post, Refused } from "./api.js";
import { Loader, Model } from "./model.js";

const PAGE = 200;
const SEEN_KEY = "dingsandbox.seen";

/** What one person has in front of them: their conversations, one of them open, and what they are about to do. */
export class Seat extends Model {
  conversations = [];
  openId = "";
  messages = [];
  hasOlder = false;
  /** `outTrackId|button` or `m12|button` → "sending", or the sentence that says why it failed. */
  presses = new Map();
  draft = "";
  #byId = new Map();
  #lastSeq = 0;
  /** Grows whenever what was loaded is forgotten: an answer asked for before that is nobody's. */
  #age = 0;
  #ends = [];
  #drafts = new Map();
  #seen = readSeen();
  #conversationsLoader = new Loader(() => this.#loadConversations());
  #messagesLoader = new Loader(() => this.#loadMessages());

  /** `wanted`: the conversation to open; without it, the one of the group in which something was said last. */
  constructor(userId, feed, wanted = "") {
    super();
    this.userId = userId;
    this.openId = wanted;
    this.#ends = [
      feed.on("chat", () => this.refresh()),
      feed.on("people", () => { this.#forget(); this.#lookAround(); }),
      feed.on("stream", () => this.#conversationsLoader.refresh()),
    ];
  }

  /** Nobody sits here any more. */
  leave() {
    for (const end of this.#ends) end();
  }

  get conversation() {
    return this.conversations.find((one) => one.conversationId === this.openId);
  }

  refresh() {
    return Promise.all([this.#conversationsLoader.refresh(), this.#messagesLoader.refresh()]);
  }

  /** This person may be in other conversations now: which, is asked before what is said in the open one. */
  async #lookAround() {
    await this.#conversationsLoader.refresh();
    await this.#messagesLoader.refresh();
  }

  /** Another person sits down here. */
  sit(userId) {
    this.userId = userId;
    this.conversations = [];
    this.openId = "";
    this.#forget();
    this.changed();
    return this.refresh();
  }

  open(conversationId) {
    if (conversationId === this.openId) return;
    this.#drafts.set(this.#draftKey(), this.draft);
    this.openId = conversationId;
    this.draft = this.#drafts.get(this.#draftKey()) ?? "";
    this.#forget();
    this.changed();
    this.#messagesLoader.refresh();
  }

  /** Whether something was said there that this person has not had in front of them; a card that changes is no news. */
  unread({ conversationId, last }) {
    if (conversationId === this.openId || !last || last.mine) return false;
    return last.at > (this.#seen[this.#seenKey(conversationId)] ?? 0);
  }

  async say(text, { atRobot = true } = {}) {
    await post("say", { as: this.userId, conversation: this.#address(), text, atRobot });
  }

  async sendFile(file) {
    await post("say", { as: this.userId, conversation: this.#address(), file });
  }

  async sayVoice(words) {
    await post("say", { as: this.userId, conversation: this.#address(), audio: words });
  }

  /** Presses a button; while the robot has not answered it is "sending", afterwards what went wrong stays to be read. */
  async press(message, button) {
    const card = message.kind === "card";
    const name = `${card ? message.outTrackId : message.id}|`;
    const key = name + button.id;
    const earlier = [...this.presses.keys()].filter((one) => one.startsWith(name));
    if (earlier.some((one) => this.presses.get(one) === "sending")) return null;
    for (const one of earlier) this.presses.delete(one);
    this.presses.set(key, "sending");
    this.changed();
    const order = card
      ? { as: this.userId, outTrackId: message.outTrackId, conversation: this.#address(), button: button.id }
      : { as: this.userId, conversation: this.#address(), seq: message.seq, button: button.id };
    let pressed;
    try {
      pressed = await post("press", order);
    } catch (error) {
      pressed = { ok: false, error: error instanceof Refused ? error.message : "unreachable" };
    }
    if (pressed.ok) this.presses.delete(key);
    else this.presses.set(key, pressed.error ?? "");
    this.changed();
    return pressed;
  }

  /** When the newest message was said that this person has had in front of them, in any conversation (ms). */
  static seenBy(userId) {
    return Math.max(0, ...Object.entries(readSeen()).filter(([key]) => key.startsWith(`${userId} `)).map(([, at]) => at));
  }

  async loadOlder() {
    if (!this.hasOlder) return;
    const age = this.#age;
    const before = Math.min(...this.messages.map((message) => message.seq));
    const found = await get(`conversations/${encodeURIComponent(this.openId)}`, { as: this.userId, before, limit: PAGE });
    if (age !== this.#age) return;
    this.hasOlder = found.more;
    for (const message of found.messages) this.#byId.set(message.id, message);
    this.#sort();
    this.changed();
  }

  #address() {
    return this.conversation?.type === "1" ? `one:${this.userId}` : this.openId;
  }

  async #loadConversations() {
    const asked = this.userId;
    try {
      const found = await get("conversations", { as: asked });
      if (asked !== this.userId) return;
      this.conversations = [...found.conversations].sort((a, b) => (b.last?.at ?? 0) - (a.last?.at ?? 0) || b.canHear - a.canHear);
    } catch { return; }
    if (this.openId && !this.conversation) {
      this.openId = "";
      this.#forget();
    }
    if (!this.openId && this.conversations.length) {
      const first = this.conversations.find((one) => one.canHear && one.type === "2") ?? this.conversations[0];
      this.openId = first.conversationId;
      this.#messagesLoader.refresh();
    }
    this.changed();
  }

  async #loadMessages() {
    const [asked, age, after] = [this.openId, this.#age, this.#lastSeq];
    if (!asked) return;
    let found;
    try {
      found = await get(`conversations/${encodeURIComponent(asked)}`, { as: this.userId, after, ...(after ? {} : { limit: PAGE }) });
    } catch { return; }
    if (age !== this.#age) return;
    if (!after) this.hasOlder = found.more;
    for (const message of found.messages) this.#byId.set(message.id, message);
    for (const id of found.recalled ?? []) this.#byId.delete(id);
    this.#lastSeq = Math.max(after, found.lastSeq);
    this.#sort();
    this.#noteSeen();
    this.changed();
  }

  #sort() {
    this.messages = [...this.#byId.values()].sort((a, b) => number(a) - number(b));
  }

  #forget() {
    this.#age += 1;
    this.#byId.clear();
    this.messages = [];
    this.#lastSeq = 0;
    this.hasOlder = false;
    this.presses.clear();
  }

  #noteSeen() {
    this.#seen = { ...readSeen(), [this.#seenKey(this.openId)]: this.messages.at(-1)?.at ?? 0 };
    sessionStorage.setItem(SEEN_KEY, JSON.stringify(this.#seen));
  }

  #seenKey(conversationId) {
    return `${this.userId} ${conversationId}`;
  }

  #draftKey() {
    return this.#seenKey(this.openId);
  }
}

/** Messages keep the order in which they first appeared, whatever happens to their cards. */
function number(message) {
  return Number(message.id.slice(1));
}

function readSeen() {
  try {
    return JSON.parse(sessionStorage.getItem(SEEN_KEY) ?? "{}");
  } catch {
    return {};
  }
}
