/** What a fault is called, where it strikes and how long it goes on, in the reader's language. */
import { either, t } from "../words.js";
import { clockSeconds, grouped, visible } from "../format.js";
import { CARD_TOPIC, ROBOT_TOPIC, methodOf, shortRoute } from "../model/routes.js";

const TOPICS = {
  [`PUSH ${ROBOT_TOPIC}`]: "fault.on.messages", [`PUSH ${CARD_TOPIC}`]: "fault.on.callbacks",
  "PUSH *": "fault.on.events", SOCKET: "fault.on.socket",
};

export function faultTitle(fault, world) {
  const kind = world.kinds.kinds.find((one) => one.kind === fault.kind);
  if (kind) return kind.kind === "error" && fault.code ? `${either(kind.title)}: ${visible(fault.code)}` : either(kind.title);
  return fault.code ? visible(fault.code) : fault.status ? `HTTP ${fault.status}` : t("fault.own");
}

/** Where it strikes: the interface, and whom or what it is limited to. */
export function faultPlace(fault, world) {
  const only = [
    fault.person && (world.person(fault.person)?.name ?? fault.person),
    fault.spaceId && (world.space(fault.spaceId)?.name ?? fault.spaceId),
    fault.item?.dentryId, fault.clientId,
  ];
  return [routeName(fault.route), ...only.filter(Boolean).map(visible)].join(" · ");
}

export function routeName(route) {
  if (!route) return t("fault.on.every");
  if (TOPICS[route]) return t(TOPICS[route]);
  if (route.startsWith("/")) return t("fault.on.below", { path: visible(route) });
  const method = methodOf(route);
  return route.startsWith("PUSH ") ? visible(route) : `${method && method !== "POST" ? `${method} ` : ""}${shortRoute(route)}`;
}

export function isOver(fault, nowMs) {
  return (fault.count !== null && fault.count !== undefined && fault.struck >= fault.count) || (fault.endsAt && nowMs >= fault.endsAt);
}

/** How long it still goes on, and how often it strikes. */
export function faultRemaining(fault, nowMs) {
  if (isOver(fault, nowMs)) return t("fault.over");
  const parts = [];
  if (fault.count) parts.push(t("fault.left", { n: grouped(fault.count - fault.struck) }));
  if (fault.endsAt) parts.push(t("fault.until", { time: clockSeconds(fault.endsAt) }));
  else if (fault.seconds) parts.push(t("fault.seconds", { n: grouped(fault.seconds) }));
  if (fault.probability < 1) parts.push(t("fault.share", { n: Math.round(fault.probability * 100) }));
  return parts.join(", ") || t("fault.always");
}
