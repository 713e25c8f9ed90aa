/** How an entry of the wire is named and judged, in the reader's language. */
import { t } from "../words.js";
import { clockSeconds, grouped, visible } from "../format.js";

const NAMED = new Set(["message", "callback", "event", "ping", "disconnect", "answer"]);
const SIGNS = { call: "arrow-up-right", answer: "arrow-up-right" };
const DIRECTIONS = { call: "wire.to-dingtalk", answer: "wire.answered" };

export function nameOf(entry) {
  if (entry.kind === "answer" && entry.of) return t("wire.answer-to", { what: nameOf(entry.of) });
  return NAMED.has(entry.kind) ? t(`wire.name.${entry.kind}`) : visible(entry.name || entry.title);
}

export const signOf = (entry) => SIGNS[entry.kind] ?? "arrow-down-left";

export const directionOf = (entry) => t(DIRECTIONS[entry.kind] ?? "wire.from-dingtalk");

/** A word or a code for how it went. */
export function statusOf(entry) {
  if (entry.record.lost) return t("wire.lost");
  if (entry.status) return entry.status;
  if (entry.api) return t("wire.cut");
  if (entry.record.ack?.code !== undefined) return String(entry.record.ack.code);
  if (entry.tone === "wait") return "…";
  return entry.kind === "disconnect" || entry.kind === "answer" ? "" : t("wire.no-answer");
}

export const TONES = { ok: "green", part: "amber", bad: "red", wait: "" };

export function costOf({ api, counted }) {
  if (!counted) return t("wire.free");
  return t(api ? "wire.counted" : "wire.counted-push");
}

export function elapsed(entry) {
  if (entry.elapsedMs === null) return "";
  const ms = Math.round(entry.elapsedMs);
  return ms >= 10_000 ? `${grouped(Math.round(ms / 100) / 10)} s` : `${grouped(ms)} ms`;
}

/** All of a line in one sentence, for those who hear it. */
export function spoken(entry) {
  const cost = entry.kind === "answer" ? "" : costOf(entry);
  const parts = [clockSeconds(entry.at), directionOf(entry), nameOf(entry), statusOf(entry), cost, elapsed(entry), visible(entry.note)];
  return parts.filter(Boolean).join(", ");
}
