/** One message as DingTalk shows it: whose it is, and its content by kind. Pure: message and context in, template out. */
import { html, nothing } from "lit";
import { unsafeHTML } from "lit-html/directives/unsafe-html.js";
import { face, robotFace } from "./faces.js";
import { icon } from "./part.js";
import { actionCard, interactiveCard } from "./card-paper.js";
import { rendered } from "../markdown.js";
import { drawable, size, visible } from "../format.js";
import { t } from "../words.js";

const LINK = /(https?:\/\/[^\s<>"'）)】]+)/g;
const DOCUMENT = /^https:\/\/alidocs\.dingtalk\.com(?:[\/?#]|$)/;
const OPTION = /(--[^\s]+)/g;
const TOGETHER_MS = 2 * 60_000;

export function messageRow(message, before, context) {
  const { seat, world } = context;
  const mine = message.from.userId === seat.userId;
  const sender = message.from.userId ? world.person(message.from.userId) ?? message.from : null;
  const robot = world.hello.robots.find((one) => one.robotCode === message.from.robot);
  const goesOn = before && sameSender(before, message) && message.at - before.at < TOGETHER_MS && !isPaper(message) && !isPaper(before);
  const name = visible(sender?.name ?? robot?.name ?? message.from.robot);
  return html`
    <article aria-label=${name} class="line ${mine ? "mine" : ""} ${goesOn ? "goes-on" : ""}" tabindex="-1" data-id=${message.id} data-kind=${message.kind}>
      ${goesOn ? html`<span class="avatar-gap"></span>` : sender ? face({ ...sender, name: sender.name ?? sender.userId }) : robotFace()}
      <div class="body ${isPaper(message) ? "wide" : ""}">
        ${goesOn || (mine && !message.visibleTo) ? nothing : html`<div class="name"><bdi>${name}</bdi>
          ${sender ? nothing : html`<span class="badge">${t("chat.robot")}</span>`}${privacy(message, seat, world)}</div>`}
        ${content(message, context)}
      </div>
    </article>`;
}

const sameSender = (a, b) => a.from.userId === b.from.userId && a.from.robot === b.from.robot;
const isPaper = (message) => ["card", "actionCard", "link", "feedCard"].includes(message.kind);

function privacy(message, seat, world) {
  if (!message.visibleTo) return nothing;
  const others = message.visibleTo.filter((userId) => userId !== seat.userId);
  const names = message.visibleTo.map((userId) => visible(world.person(userId)?.name ?? userId)).join(", ");
  return html`<span class="badge violet">${icon("lock", "small")}${others.length ? t("chat.only-some", { names }) : t("chat.only-you")}</span>`;
}

function content(message, context) {
  switch (message.kind) {
    case "text": return bubble(html`${mention(message)}${linked(message.content)}`);
    case "markdown": return html`<div class="bubble prose">${unsafeHTML(rendered(message.text ?? ""))}</div>`;
    case "card": return interactiveCard(message, context);
    case "actionCard": return actionCard(message, context);
    case "link": return linkPaper(message);
    case "feedCard": return html`<div class="paper feed">${(message.links ?? []).map((link) => feedLine(link))}</div>`;
    case "image": return pictureFrame(message.photoURL ?? message.downloadCode);
    case "audio": return bubble(html`${icon("mic")} ${message.recognition ? visible(message.recognition) : t("voice")}`);
    case "file": return fileBox(message);
    case "video": return fileBox({ fileName: `${t("picture")} ${message.videoType ?? "mp4"}` }, "film");
    case "richText": return bubble((message.richText ?? []).map((part) => part.text !== undefined ? linked(part.text) : pictureFrame(part.downloadCode)));
    default: return bubble(html`<code>${message.kind}</code>`);
  }
}

const bubble = (inside) => html`<div class="bubble">${inside}</div>`;

function mention(message) {
  const names = message.atRobots ?? [];
  return names.length ? html`<span class="at">@${names.join(" @")}</span> ` : nothing;
}

/** Text with its web addresses as links; everything else stays as it was typed. */
function linked(text) {
  return drawable(text).split(LINK).map((part, index) => index % 2
    ? html`<a href=${part} target="_blank" rel="noopener noreferrer" class=${DOCUMENT.test(part) ? "doc-link" : ""}>${
      DOCUMENT.test(part) ? icon("file-text", "small") : nothing}${part}</a>`
    : part.split(OPTION).map((piece, at) => (at % 2 ? html`<span class="whole">${piece}</span>` : piece)));
}

function fileBox(message, sign = "file") {
  const name = html`<bdi>${visible(message.fileName ?? t("file.robot"))}</bdi>`;
  return html`<div class="file-box">${icon(sign)}<span class="clip">${message.mediaId
    ? html`<a href="/sandbox/media/${encodeURIComponent(message.mediaId)}" download>${name}</a>` : name}</span>
    ${message.size === undefined ? nothing : html`<span class="muted">${size(message.size)}</span>`}</div>`;
}

const pictureFrame = (name) => html`<span class="picture-frame">${icon("image")}<span class="clip">${visible(name ?? t("picture"))}</span></span>`;

const safeAddress = (url) => (/^https?:/i.test(url ?? "") ? url : undefined);

function linkPaper(message) {
  return html`<a class="paper link" href=${safeAddress(message.messageUrl) ?? nothing} target="_blank" rel="noopener noreferrer">
    <strong>${visible(message.title)}</strong><span class="muted">${visible(message.text)}</span></a>`;
}

function feedLine(link) {
  return html`<a href=${safeAddress(link.messageURL) ?? nothing} target="_blank" rel="noopener noreferrer">${visible(link.title)}</a>`;
}
