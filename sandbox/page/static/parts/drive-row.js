import { html, nothing } from "lit";
import { guard } from "lit-html/directives/guard.js";
import { ifDefined } from "lit-html/directives/if-defined.js";
import { icon } from "./part.js";
import { face } from "./faces.js";
import { fileTile, split } from "./file-tile.js";
import { clock, day, grouped, shortDay, size, visible } from "../format.js";
import { language, t } from "../words.js";

/**
 * One row of the tree. `look`: `{index, start, size, active, menu, drive, world, actor, wide}`. The tree finds what is
 * pressed by `data-index`, so that a row has no listeners of its own, and a row that did not change is not drawn anew.
 */
export function treeRow(row, look) {
  const same = [row, look.wide, look.actor, look.world.people, language()];
  const [label, inside] = KINDS[row.kind];
  return frame(row, look, guard(same, () => label(row, look)), guard(same, () => inside(row, look)));
}

function frame(row, { index, start, size: height, active, menu, drive }, label, inside) {
  const fate = row.left ? "left" : "";
  const fresh = row.kind === "entry" && !row.left ? drive.fresh(row.item.id) : "";
  const going = !row.left && (row.item?.state === "deleting" || drive.task(row.item?.id)?.kind === "remove");
  return html`
    <div class="tree-row ${row.kind} ${fate} ${fresh ? "fresh" : ""} ${going ? "going" : ""} ${menu ? "menu-open" : ""}" role="treeitem"
      tabindex=${active ? "0" : "-1"} data-index=${index} aria-level=${row.depth + 1} aria-setsize=${row.of} aria-posinset=${row.place + 1}
      aria-expanded=${ifDefined(row.folderId === undefined ? undefined : row.open)} aria-label=${label}
      aria-haspopup=${ifDefined(menu === undefined ? undefined : "menu")}
      .style=${`transform:translateY(${start}px);height:${height}px;--depth:${row.depth}`}>
      <span class="tree-twist">${row.folderId === undefined ? nothing : icon("chevron-right", row.open ? "small open" : "small")}</span>
      ${inside}
    </div>`;
}

/** Opens the menu of its row. */
export const more = (name) =>
  html`<button class="icon-button tree-more" tabindex="-1" aria-label=${t("drive.more", { name })}>${icon("ellipsis")}</button>`;

function spaceInside({ space }, { world, actor }) {
  const [own, name] = [world.person(actor)?.corpId, visible(space.name)];
  return html`
    <span class="tile space">${icon("hard-drive")}</span>
    <span class="tree-text">
      <bdi class="tree-name clip" title=${name}>${name}</bdi>
      <span class="tree-meta">${countOf(space)} · ${size(space.usedBytes)}</span>
    </span>
    ${own && space.corpId !== own ? html`<span class="badge violet">${t("seat.other-corp")}</span>` : nothing}
    ${space.recycles
      ? html`<span class="tree-bin" title=${t("drive.bin")}>${icon("trash-2", "small")}</span>`
      : html`<span class="badge amber" title=${t("drive.no-bin.title")}>${icon("triangle-alert", "small")}${t("drive.no-bin")}</span>`}
    ${more(name)}`;
}

function entryInside(row, look) {
  const { item, open } = row;
  return html`
    ${fileTile(item, open)}
    <span class="tree-text">
      ${nameIn(item)}
      ${look.wide ? nothing : html`<span class="tree-meta">${state(row, look) || facts(item, look)}</span>`}
    </span>
    ${look.wide ? state(row, look) || columns(item, look) : owner(item.creatorId, item.creatorName, look.world)}
    ${more(visible(item.name))}`;
}

function columns(item, { world }) {
  return html`
    <span class="tree-size">${sizeOf(item)}</span>
    <time class="tree-date" title=${fullTime(item.modifiedMs)}>${shortDay(item.modifiedMs, world.nowMs)}</time>
    ${owner(item.creatorId, item.creatorName, world)}`;
}

const facts = (item, { world }) =>
  html`${sizeOf(item)} · <time title=${fullTime(item.modifiedMs)}>${shortDay(item.modifiedMs, world.nowMs)}</time>`;

/** A name whose ending stays in sight however long it is, and which turns nothing round it round. */
export function nameIn({ name, type }, about = name) {
  const [stem, ending] = split(visible(name), type === "FOLDER");
  const tail = ending ? html`<bdi>${ending}</bdi>` : nothing;
  return html`<span class="tree-name" title=${visible(about)}><bdi class="clip">${stem}</bdi>${tail}</span>`;
}

/** Whose it is, as a small portrait. */
export const owner = (unionId, name, world) => {
  const person = world.personByUnion(unionId) ?? { userId: unionId, name: name || unionId };
  return html`<span class="tree-owner" title=${visible(person.name)}>${face(person, "tiny")}</span>`;
};

const sizeOf = (item) => (item.type === "FOLDER" ? (item.children ? itemsOf(item.children) : t("drive.empty")) : size(item.size));

const itemsOf = (n) => (n === 1 ? t("drive.item") : t("drive.items", { n: grouped(n) }));

const countOf = (space) => (space.dentryCount === 1 ? t("drive.entry") : t("drive.entries", { n: grouped(space.dentryCount) }));

/** What is happening to it, or has just happened; nothing for most. */
function state(row, { drive }) {
  const { item } = row;
  if (row.left) return html`<span class="tree-state red">${t(`drive.fate.${fateOf(row, drive)}`)}</span>`;
  const task = drive.task(item.id);
  if (task?.kind === "remove") return html`<span class="tree-state red">${t("drive.deleting", counted(task))}${progress(task)}</span>`;
  if (task) return html`<span class="tree-state green">${t("drive.restoring", counted(task))}${progress(task)}</span>`;
  if (item.state === "deleting") return html`<span class="tree-state red">${t("drive.deleting.plain")}</span>`;
  const fresh = drive.fresh(item.id);
  return fresh ? html`<span class="tree-state green">${t(`drive.fresh.${fresh}`)}</span>` : "";
}

const counted = ({ done, failed, total }) => ({ done: grouped(done + failed), total: grouped(total) });

/** What goes with its folder shares the folder's fate, also while that is still being emptied. */
function fateOf(row, drive) {
  for (let one = row; one?.item; one = one.parent) {
    const fate = one.left ? drive.fate(one.item.id) : "left";
    if (fate !== "left") return fate;
    const task = drive.task(one.item.id);
    if (task?.kind === "remove") return task.toBin ? "going" : "gone";
  }
  return "left";
}

export const progress = ({ done, failed, total }) => html`<progress class="tree-progress" max=${total} .value=${done + failed}></progress>`;

function spaceLabel({ space }) {
  const marks = space.recycles ? [] : [t("drive.no-bin")];
  return [visible(space.name), t("drive.space"), countOf(space), size(space.usedBytes), ...marks].join(", ");
}

function entryLabel(row, { drive }) {
  const { item } = row;
  const kind = item.type === "FOLDER" ? [t("drive.folder"), t("drive.inside", { n: item.children })] : [size(item.size)];
  const now = row.left ? [t(`drive.fate.${fateOf(row, drive)}`)] : item.state === "deleting" ? [t("drive.deleting.plain")] : [];
  const whose = t("drive.of", { name: visible(item.creatorName || item.creatorId) });
  return [visible(item.name), ...now, ...kind, fullTime(item.modifiedMs), whose].join(", ");
}

const KINDS = {
  space: [spaceLabel, spaceInside],
  entry: [entryLabel, entryInside],
  empty: [() => t("drive.empty"), () => html`<span class="tree-note">${t("drive.empty")}</span>`],
  wait: [() => t("drive.loading"), () => html`<span class="tree-ghost"></span>`],
};

/** To the minute, for who wants to know. */
export const fullTime = (ms) => `${day(ms)} ${clock(ms)}`;
