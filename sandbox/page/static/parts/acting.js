/** What parts do for their reader: act and say how it went, copy, save, read a file. */
import { t } from "../words.js";

/** Does something and says in a toast that it worked, or why not. What it gave; undefined when it failed. */
export async function attempt(part, action, said = "") {
  try {
    const given = (await action()) ?? true;
    if (said) part.toast(said);
    return given;
  } catch (error) {
    part.toast(error.message, true);
    return undefined;
  }
}

export async function copy(part, text) {
  await attempt(part, () => write(text), t("do.copied"));
}

/** The clipboard is there for secure pages only; where it is not, a selection is copied as one did before. */
async function write(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden-text";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** Saves JSON as a file on this computer. */
export function saveFile(name, value) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The JSON in the file a file input was given; the same file may be chosen again afterwards. */
export async function readFile(input) {
  const [file] = input.files;
  input.value = "";
  try {
    return JSON.parse(await file.text());
  } catch {
    throw new Error(t("control.file.no-json", { name: file.name }));
  }
}
