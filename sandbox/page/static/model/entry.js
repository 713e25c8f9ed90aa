import { CARD_TOPIC, ROBOT_TOPIC, shortRoute } from "./routes.js";

/**
 * One line of the wire: a call, a frame that went out, or one that came in.
 * `kind`: call, message, callback, event, ping, disconnect, other, answer. `tone`: ok, part, bad, wait.
 */
export function callEntry(record) {
  const said = problem(record);
  return {
    key: `c${record.seq}`, seq: record.seq, at: record.at, api: true, kind: "call", record,
    name: shortRoute(record.route || record.path), title: `${record.method} ${record.path}`,
    route: record.route, status: record.status ? String(record.status) : "", tone: callTone(record, said),
    counted: record.counted, elapsedMs: record.elapsedMs, note: record.note || said,
    faultId: record.faultId ?? "", ids: null, text: null,
  };
}

export function frameEntry(record) {
  const kind = frameKind(record);
  return {
    key: `f${record.seq}`, seq: record.seq, at: record.at, api: false, kind, record,
    name: "", title: record.topic || kind, route: frameRoute(record, kind),
    tone: record.lost ? "bad" : kind === "answer" ? answerTone(record) : "wait",
    status: "", counted: kind !== "answer" && kind !== "ping" && kind !== "disconnect", elapsedMs: null,
    note: record.note ?? "", faultId: record.faultId ?? "", ids: null, text: null, ping: kind === "ping",
  };
}

/** What came back for a frame that went out: an answer is the same thing seen from the other side. */
export function marry(sent, answer) {
  sent.elapsedMs = answer.at - sent.at;
  sent.status = answer.status = String(answer.record.frame?.code ?? "");
  if (answer.note && answer.tone === "ok") answer.tone = "part";
  sent.tone = answer.tone;
  sent.note ||= answer.note;
  sent.record.ack ??= answer.record.frame;
  answer.of = sent;
  answer.ping = sent.ping;
}

/** The text a filter looks through. */
export function textOf(entry) {
  if (entry.text === null) {
    const { record } = entry;
    const parts = entry.api
      ? [entry.title, record.route, record.query, record.request, record.response, record.requestId]
      : [record.topic, record.type, record.connectionId, record.messageId, record.msgId, record.data, record.frame ?? record.raw];
    const texts = [...parts, entry.note, entry.faultId].map((one) => (typeof one === "string" ? one : JSON.stringify(one ?? "")));
    entry.text = texts.join("\n").toLowerCase();
  }
  return entry.text;
}

function callTone(record, said) {
  if (!record.status || record.status >= 400) return "bad";
  if (typeof record.response === "object" && record.response?.errcode) return "bad";
  return said || record.faultId ? "part" : "ok";
}

/** What an answer says went wrong, in DingTalk's own words. */
function problem({ status, response }) {
  if (typeof response === "string" || !response) return typeof response === "string" && status !== 200 ? response : "";
  if (response.errcode) return `${response.errcode} ${response.errmsg ?? ""}`;
  if (status >= 400) return [response.code, response.message].filter(Boolean).join(": ");
  return partly(response);
}

function partly(response) {
  const rows = [...list(response.resultItems), ...list(response.result?.deliverResults), ...list(response.deliverResults)];
  const failed = rows.filter((row) => row?.success === false && !row.async);
  if (!failed.length) return "";
  const why = [...new Set(failed.map((row) => row.errorCode ?? row.errorMsg).filter(Boolean))].join(", ");
  return `${failed.length} / ${rows.length}${why ? `: ${why}` : ""}`;
}

const list = (value) => (Array.isArray(value) ? value : []);

function answerTone(record) {
  return record.frame && Number(record.frame.code) === 200 ? "ok" : "bad";
}

function frameKind({ direction, type, topic }) {
  if (direction === "in") return "answer";
  if (topic === ROBOT_TOPIC) return "message";
  if (topic === CARD_TOPIC) return "callback";
  if (type === "EVENT") return "event";
  if (type === "SYSTEM" && ["ping", "disconnect"].includes(topic)) return topic;
  return "other";
}

/** What a fault for such frames is ordered for; "" when there is none. */
function frameRoute({ topic }, kind) {
  if (["message", "callback"].includes(kind)) return `PUSH ${topic}`;
  if (kind === "event") return "PUSH *";
  return kind === "ping" || kind === "disconnect" ? "SOCKET" : "";
}
