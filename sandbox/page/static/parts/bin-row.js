import { html, nothing } from "lit";
import { guard } from "lit-html/directives/guard.js";
import { icon } from "./part.js";
import { fileTile } from "./file-tile.js";
import { fullTime, more, nameIn, owner } from "./drive-row.js";
import { clock, grouped, sameDay, shortDay, size, visible } from "../format.js";
import { language, t } from "../words.js";

/** One entry of the recycle bin. `look`: `{index, start, size, active, chosen, drive, world}`. */
export function binRow(row, look) {
  const { item } = row;
  const { index, start, size: height, active, chosen } = look;
  const same = [row, chosen, look.world.people, language()];
  return html`
    <div class="bin-row ${leaving(item, look.drive)}" role="option" tabindex=${active ? "0" : "-1"} data-index=${index}
      aria-selected=${chosen} aria-label=${guard(same, () => (item ? label(item, look) : t("drive.loading")))}
      .style=${`transform:translateY(${start}px);height:${height}px`}>
      ${guard(same, () => (item ? inside(item, look) : html`<span class="tree-ghost"></span>`))}
    </div>`;
}

function inside(item, { chosen, drive, world }) {
  const { name } = item;
  return html`
    <span class="tick ${chosen ? "on" : ""}">${chosen ? icon("check", "small") : nothing}</span>
    ${fileTile({ name, type: item.type })}
    <span class="tree-text">
      <span class="bin-line">${nameIn(item, item.originalPath)}
        ${item.count > 1 ? html`<span class="badge">${t("drive.inside", { n: grouped(item.count - 1) })}</span>` : nothing}</span>
      <span class="tree-meta clip">${item.left ? fate(item, drive) : place(item)}</span>
    </span>
    <span class="bin-facts">
      <span>${size(item.size)}</span>
      <time class="tree-meta" title=${fullTime(item.operatorMs)}>${when(item.operatorMs, world.nowMs)}</time>
    </span>
    ${owner(item.operatorId, item.operatorName, world)}
    ${more(visible(name))}`;
}

/** Back in the drive is good news, and looks like it. */
const leaving = (item, drive) => (!item?.left ? "" : drive.fate(item.id) === "restored" ? "left back" : "left");

const fate = (item, drive) => html`<span class="tree-state ${drive.fate(item.id) === "restored" ? "green" : "red"}">${t(`bin.fate.${drive.fate(item.id)}`)}</span>`;

const folderOf = (item) => item.originalPath.slice(0, -item.name.length - 1) || "/";

const place = (item) => html`<bdi>${visible(item.spaceName ?? item.spaceId)}</bdi> <bdi>${visible(folderOf(item))}</bdi>`;

/** Today the time, else the day. */
const when = (ms, nowMs) => (sameDay(ms, nowMs) ? clock(ms) : shortDay(ms, nowMs));

function label(item, { drive }) {
  const left = item.left ? [t(`bin.fate.${drive.fate(item.id)}`)] : [];
  const inside = item.count > 1 ? [t("drive.inside", { n: item.count - 1 })] : [];
  const from = t("bin.from", { path: visible(folderOf(item)), space: visible(item.spaceName ?? item.spaceId) });
  const by = t("bin.by", { name: visible(item.operatorName || item.operatorId), when: fullTime(item.operatorMs) });
  return [visible(item.name), ...left, ...inside, size(item.size), from, by].join(", ");
}
