/** How people and robots look in lists. */
import { html, nothing } from "lit";
import { icon } from "./part.js";
import { groupInitials, initials, tint, visible } from "../format.js";
import { t } from "../words.js";

export const face = (person, more = "") =>
  html`<span class="avatar ${more}" data-tint=${tint(person.userId)} aria-hidden="true">${initials(visible(person.name))}</span>`;

export const robotFace = (more = "") => html`<span class="avatar robot ${more}" aria-hidden="true">${icon("bot")}</span>`;

export const groupFace = (title) =>
  html`<span class="avatar group" data-tint=${tint(title)} aria-hidden="true">${groupInitials(visible(title))}</span>`;

/** What is special about somebody, as badges. */
export function marks(person, homeCorp) {
  return html`
    ${person.left ? html`<span class="badge red">${t("seat.left")}</span>` : nothing}
    ${person.admin ? html`<span class="badge blue">${t("seat.admin")}</span>` : nothing}
    ${homeCorp && person.corpId !== homeCorp ? html`<span class="badge amber">${t("seat.other-corp")}</span>` : nothing}`;
}
