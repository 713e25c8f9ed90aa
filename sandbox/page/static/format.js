/** Numbers, sizes and times as a reader wants them. */
import { language } from "./words.js";

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function size(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit ? value.toFixed(1) : value} ${UNITS[unit]}`;
}

const made = new Map();

/** Making a formatter takes longer than using it a hundred times: each is made once a language. */
function formatter(name, make) {
  const key = `${language()} ${name}`;
  if (!made.has(key)) made.set(key, make(language()));
  return made.get(key);
}

const dates = (name, options) => (ms) => formatter(name, (code) => new Intl.DateTimeFormat(code, options)).format(ms);

export const grouped = (number) => formatter("grouped", (code) => new Intl.NumberFormat(code)).format(number);

export const clock = dates("clock", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const clockSeconds = dates("seconds", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export const day = dates("day", { year: "numeric", month: "short", day: "numeric" });

const dayOfYear = dates("day of year", { month: "short", day: "numeric" });
const monthOfYear = dates("month", { year: "numeric", month: "short" });

/** Day and month in the year of `nowMs`, month and year in others. */
export const shortDay = (ms, nowMs) => (new Date(ms).getFullYear() === new Date(nowMs).getFullYear() ? dayOfYear : monthOfYear)(ms);

const DAY_AND_CLOCK = { month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
export const dayAndClock = dates("day and clock", DAY_AND_CLOCK);

/** Midnight-to-midnight days between two times, in the reader's zone. */
export const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

/** What DingTalk writes where there is no portrait: the end of a Chinese name, the beginning of others. */
export function initials(name) {
  const letters = [...name];
  return /^[\x00-\x7f]*$/.test(name) ? letters.slice(0, 2).join("") : letters.slice(-2).join("");
}

/** The same for a group: where its name begins. */
export const groupInitials = (title) => [...title].slice(0, 2).join("");

/** One of six colours, always the same one for the same text. */
export function tint(text) {
  let sum = 7;
  for (const letter of text) sum = (sum * 33 + letter.codePointAt(0)) % 99991;
  return sum % 6;
}

const CONTROLS = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u2028\\u2029";
const BLANK = "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200c\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb";
const LONE_JOINER = "\\u200d(?!\\p{Extended_Pictographic})|(?<![\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d";
/** The letters of a flag's country mean something behind a black flag only. */
const LONE_TAG = "(?<!\\u{1f3f4}[\\u{e0020}-\\u{e007e}]{0,7})[\\u{e0000}-\\u{e0fff}]";
const SHAPELESS = new RegExp(`[${CONTROLS}${BLANK}]|${LONE_JOINER}|${LONE_TAG}`, "gu");

/** Text in which what has no shape of its own (zero-width, bidi) is seen; what joins one emoji to the next is part of it. */
export const visible = (text) => written(text ?? "").replace(SHAPELESS, "□");

/** Whatever was sent in the place of a text is shown as what it is. */
const written = (text) => (typeof text === "object" ? JSON.stringify(text) : String(text));

/** DingTalk takes 15 000 bytes; a webhook here takes anything, and a page must not stand still for it. */
const LONGEST = 20_000;

/** The same, and no longer than a message can be. */
export function drawable(text) {
  const whole = visible(text);
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
}
