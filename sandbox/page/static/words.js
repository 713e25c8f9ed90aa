/** The page's texts in both languages, an area a file. `t("key", {name: …})` fills in `{name}`. */
import { CHAT } from "./words/chat.js";
import { CONTROL } from "./words/control.js";
import { DRIVE } from "./words/drive.js";
import { FAULTS } from "./words/faults.js";
import { SHELL } from "./words/shell.js";
import { WIRE } from "./words/wire.js";

const TEXTS = { ...SHELL, ...CHAT, ...DRIVE, ...WIRE, ...CONTROL, ...FAULTS };
const LANGUAGES = ["en", "zh"];
const KEY = "dingsandbox.language";

let current = choose();

function choose() {
  const wanted = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(KEY);
  if (LANGUAGES.includes(wanted)) return wanted;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = () => current;

export function setLanguage(code) {
  current = code;
  localStorage.setItem(KEY, code);
  document.documentElement.lang = code === "zh" ? "zh-CN" : "en";
}

export function t(key, values = {}) {
  const both = TEXTS[key];
  if (both === undefined) throw new Error(`no text ${key}`);
  return both[LANGUAGES.indexOf(current)].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Of something the sandbox says in both languages, the one being read. */
export const either = (both) => both?.[current] ?? both?.en ?? "";
