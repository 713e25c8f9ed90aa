import { html } from "lit";
import { icon } from "./part.js";

/** Ending → [look, sign]: a sign of three letters at most is written, a longer one is the name of an icon. */
const KINDS = new Map();
const tell = (look, sign, endings) => endings.split(" ").forEach((ending) => KINDS.set(ending, [look, sign]));
tell("blue", "W", "doc docx wps odt rtf");
tell("blue", "file-text", "adoc axls md txt log");
tell("green", "file-spreadsheet", "xls xlsx xlsm csv ods et");
tell("amber", "P", "ppt pptx key odp dps");
tell("red", "PDF", "pdf");
tell("violet", "image", "png jpg jpeg gif webp svg bmp heic tif tiff");
tell("violet", "PS", "psd");
tell("violet", "AI", "ai");
tell("violet", "film", "mp4 mov avi mkv webm wmv");
tell("violet", "mic", "mp3 wav m4a flac ogg amr");
tell("amber", "ZIP", "zip rar 7z tar gz tgz bz2");
tell("plain", "{ }", "js ts py java go c cpp h json xml html css sh sql yml yaml");
const PLAIN = ["plain", "file"];
const ENDING = /^(.+)(\.[\p{L}\p{N}]{1,8})$/u;

/** A name as [stem, ending with its dot]; folders and names without one have an empty ending. */
export function split(name, folder = false) {
  const found = folder ? null : ENDING.exec(name);
  return found ? [found[1], found[2]] : [name, ""];
}

/** The small picture before a name. */
export function fileTile({ name, type }, open = false) {
  if (type === "FOLDER") return html`<span class="tile folder">${icon(open ? "folder-open" : "folder")}</span>`;
  const [look, sign] = KINDS.get(split(name)[1].slice(1).toLowerCase()) ?? PLAIN;
  const inside = sign.length > 3 ? icon(sign) : html`<b data-letters=${sign.length}>${sign}</b>`;
  return html`<span class="tile ${look}" aria-hidden="true">${inside}</span>`;
}
