import { visible } from "../format.js";
import { split } from "./file-tile.js";
import { t } from "../words.js";

const KNOWN = new Set([
  "permissionDenied", "recycleBinNotSupportForSpace", "operationNotSupported", "dentryNotExist", "operationConcurrentControl",
  "spaceNotExist", "dentryAlreadyExist", "dentryNameIllegal", "spaceQuotaInsufficient", "orgQuotaInsufficient", "recycleItemNotExist", "recycleBinNotExist",
  "acrossOrgAccessForbidden",
]);
const SHORT = 60;

/** A name short enough for a sentence, its hidden characters shown. */
export const named = (name) => {
  const letters = [...visible(name)];
  return letters.length > SHORT ? `${letters.slice(0, SHORT - 12).join("")}…${letters.slice(-11).join("")}` : letters.join("");
};

/** DingTalk's code as a sentence. */
export function why(code, values) {
  const family = code.split(/[.-]/, 1)[0];
  return KNOWN.has(family) ? t(`drive.refused.${family}`, values) : t("drive.refused.other", { ...values, code });
}

function sentence(refused, values) {
  const first = why(refused[0].code ?? "", values);
  return refused.length > 1 ? t("drive.refused.several", { n: refused.length, first }) : first;
}

/** What somebody does in DingTalk's own client, asked first where it cannot be undone, told when it was refused. */
export class ByHand {
  constructor(part) {
    this.part = part;
  }

  /** Does it; whether all of it was done. `name`: what a refusal is about. */
  async act(action, what, name) {
    const { drive, actor, world } = this.part;
    const who = world.person(actor)?.name ?? actor;
    try {
      const refused = (await drive.hand(actor, action, what)).filter((one) => !one.ok);
      drive.expect(refused.map((one) => one.id), "");
      if (refused.length) this.part.toast(sentence(refused, { who, name: named(name) }), true);
      return !refused.length;
    } catch (error) {
      this.part.toast(t("drive.refused.order", { why: error.message }), true);
      return false;
    }
  }

  inBin = ({ item }) => this.part.drive.fate(item.id) === "recycled";

  toBin = ({ space, item }) => this.act("delete", { spaceId: space.spaceId, dentryIds: [item.id], toBin: true }, item.name);

  async forEver({ space, item }) {
    const what = { name: named(item.name) };
    const text = item.type === "FOLDER" ? t("drive.ask.for-ever.folder", what) : t("drive.ask.for-ever.file", what);
    const yes = await this.#dialog.ask({ title: t("drive.ask.for-ever"), text, yes: t("drive.do.for-ever"), danger: true });
    if (yes) await this.act("delete", { spaceId: space.spaceId, dentryIds: [item.id], toBin: false }, item.name);
  }

  async rename({ space, item }) {
    const [stem] = split(item.name, item.type === "FOLDER");
    const field = { name: "name", label: t("drive.ask.name"), value: item.name, stem: stem.length };
    const found = await this.#dialog.ask({ title: t("drive.do.rename"), fields: [field], yes: t("drive.do.rename") });
    if (!found || found.name === item.name) return;
    await this.act("rename", { spaceId: space.spaceId, dentryId: item.id, name: found.name }, item.name);
  }

  async folder(row) {
    const field = { name: "name", label: t("drive.ask.name"), value: t("drive.ask.folder.new") };
    const found = await this.#dialog.ask({ title: t("drive.do.folder"), fields: [field], yes: t("drive.ask.make") });
    if (found) await this.#into(row, "folder", found);
  }

  async upload(row) {
    const fields = [
      { name: "name", label: t("drive.ask.name"), value: t("drive.ask.file.new"), stem: t("drive.ask.file.new").lastIndexOf(".") },
      { name: "size", label: t("drive.ask.size"), value: "128 KB" },
    ];
    const question = { title: t("drive.do.upload"), text: t("drive.upload.about"), fields, yes: t("drive.ask.upload"), file: true };
    const found = await this.#dialog.ask(question);
    if (found) await this.#into(row, "upload", found);
  }

  async restore(items) {
    this.part.drive.expect(items.map((item) => item.id), "restored");
    const told = items.length > 1 ? t("bin.restored.n", { n: items.length }) : t("bin.restored", { name: named(items[0].name) });
    const done = await this.act("restore", { itemIds: items.map((item) => item.id) }, items[0].name);
    if (done) this.part.toast(told);
    return done;
  }

  /** Takes back what went to the bin just now. */
  async bringBack({ space, item }) {
    const found = await this.part.drive.itemOf(space.spaceId, item.id).catch(() => undefined);
    if (found) await this.restore([found]);
    else this.part.toast(t("drive.refused.recycleItemNotExist", { name: named(item.name) }), true);
  }

  async purge(items) {
    const what = { n: items.length, name: named(items[0].name) };
    const text = items.length > 1 ? t("bin.ask.purge.n", what) : t("bin.ask.purge", what);
    if (!(await this.#dialog.ask({ title: t("drive.ask.for-ever"), text, yes: t("drive.do.for-ever"), danger: true }))) return false;
    this.part.drive.expect(items.map((item) => item.id), "purged");
    return this.act("purge", { itemIds: items.map((item) => item.id) }, items[0].name);
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.part.toast(t("do.copied"));
    } catch {
      this.part.toast(t("drive.copy.failed", { text }), true);
    }
  }

  async #into(row, action, what) {
    const { spaceId, name } = row.space;
    this.part.drive.setOpen(spaceId, row.folderId, true);
    await this.act(action, { spaceId, parentId: row.folderId, ...what }, row.item?.name ?? name);
  }

  get #dialog() {
    return this.part.querySelector("hand-dialog");
  }
}
