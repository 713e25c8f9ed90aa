/** Short names for interfaces and topics, so that a list can be read. */

const VERSION = /^v\d+(\.\d+)?$/;
/** Said alone, these could be anything: they are named with what stands before them. */
const VAGUE = new Set([
  "query", "get", "getbyunionid", "send", "remove", "search", "recall", "instances", "spaces", "open", "clear", "move", "copy", "token",
  "rename", "restore", "batchRemove", "permissions", "subscribe", "unsubscribe",
]);
const PLAIN = { "dentries/batchRemove": "batchRemove", "connections/open": "connections/open" };

export const ROBOT_TOPIC = "/v1.0/im/bot/messages/get";
export const CARD_TOPIC = "/v1.0/card/instances/callback";
export const DOCUMENTATION = "https://open.dingtalk.com/document/development/";

/** `POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove` → `batchRemove`; a name at the end is kept as `…`. */
export function shortRoute(route) {
  const path = route.slice(route.indexOf(" ") + 1);
  const steps = path.split("/").filter((step) => step && !VERSION.test(step));
  const said = steps.filter((step) => !step.startsWith("{"));
  const last = said.at(-1) ?? path;
  const before = said.at(-2);
  const name = VAGUE.has(last) && before ? `${before}/${last}` : last;
  return (PLAIN[name] ?? name) + (steps.at(-1)?.startsWith("{") ? "/…" : "");
}

/** `POST /v1.0/…` → `POST`; of a route without a method "". */
export const methodOf = (route) => (route.includes(" ") ? route.slice(0, route.indexOf(" ")) : "");

/** Where an interface is documented; "" when that is not known. */
export function documentation(kinds, route) {
  const page = kinds.routes.find((one) => one.route === route)?.doc ?? "";
  return !page || /^https:\/\//.test(page) ? page : DOCUMENTATION + page;
}
