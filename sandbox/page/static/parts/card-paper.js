/** Cards with buttons: interactive cards, drawn from their variables, and action cards. */
import { html, nothing } from "lit";
import { unsafeHTML } from "lit-html/directives/unsafe-html.js";
import { icon } from "./part.js";
import { rendered } from "../markdown.js";
import { visible } from "../format.js";
import { t } from "../words.js";

/** The variables with a place of their own: those of the template that exists in every organisation. */
const PLACED = new Set(["title", "markdown", "tips", "sys_full_json_obj", "content"]);
const KNOWN_FAILURES = new Set(["timeout", "notConnected", "notVisible", "unknownCard", "unknownButton", "noCallback", "refused", "badAnswer"]);

export function interactiveCard(message, context) {
  const params = message.params;
  if (!params) return html`<div class="paper forgotten muted">${t("card.forgotten")}</div>`;
  const others = Object.entries(params).filter(([name]) => !PLACED.has(name));
  const own = new Set(message.private ?? []);
  return html`
    <div class="paper card" data-track=${message.outTrackId}>
      ${message.top ? html`<span class="badge">${t("card.top")}</span>` : nothing}
      ${params.title ? html`<h3 class="paper-title ${own.has("title") ? "own" : ""}"><bdi>${visible(params.title)}</bdi></h3>` : nothing}
      ${[params.markdown, params.content].filter(Boolean).map((text) => html`<div class="prose">${unsafeHTML(rendered(text))}</div>`)}
      ${params.tips ? html`<p class="tips ${own.has("tips") ? "own" : ""}">${own.has("tips") ? icon("lock", "small") : nothing}${visible(params.tips)}</p>` : nothing}
      ${others.length ? html`<dl class="variables" aria-label=${t("card.variables")}>${others.map(([name, value]) => html`<dt>${visible(name)}</dt><dd>${visible(value)}</dd>`)}</dl>` : nothing}
      ${buttons(message, context)}
    </div>`;
}

export function actionCard(message, context) {
  return html`
    <div class="paper card action">
      ${message.title ? html`<h3 class="paper-title"><bdi>${visible(message.title)}</bdi></h3>` : nothing}
      <div class="prose">${unsafeHTML(rendered(message.text ?? ""))}</div>
      ${buttons(message, context)}
    </div>`;
}

function buttons(message, context) {
  const all = message.buttons ?? [];
  if (!all.length) return nothing;
  const name = message.kind === "card" ? message.outTrackId : message.id;
  const state = (button) => context.seat.presses.get(`${name}|${button.id}`);
  const failed = all.map(state).find((one) => one !== undefined && one !== "sending");
  const sending = all.some((button) => state(button) === "sending");
  return html`
    ${failed === undefined ? nothing : html`<p class="press-failed" role="alert">${icon("circle-alert", "small")}${why(failed)}</p>`}
    <div class="card-buttons ${message.kind === "actionCard" && all.length > 2 ? "stacked" : ""}">
      ${all.map((button) => html`
        <button class="card-button ${colour(button, message)}" aria-disabled=${sending} aria-busy=${state(button) === "sending"}
          @click=${() => press(message, button, context)}>
          ${state(button) === "sending" ? html`${icon("loader-circle", "small spin")}${t("card.sending")}` : visible(button.text)}
        </button>`)}
    </div>`;
}

const colour = (button, message) => (["blue", "red", "gray"].includes(button.color) ? button.color : message.kind === "actionCard" ? "plain" : "gray");

/** Whoever pressed by keyboard stays where they were: at the button, or at the message when it has none any more. */
async function press(message, button, { seat, part }) {
  const pressed = await seat.press(message, button);
  await part.updateComplete;
  if (document.activeElement === document.body) part.querySelector(`[data-id="${CSS.escape(message.id)}"]`)?.focus();
  if (pressed?.opened) part.toast(t("link.opens", { url: visible(pressed.opened) }));
}

/** What the person would be told; the sandbox's own words are behind the colon. */
function why(error) {
  const [code, ...rest] = error.split(": ");
  return KNOWN_FAILURES.has(code) ? t(`card.failed.${code}`, { why: rest.join(": ") }) : t("card.failed.other", { why: error });
}
