import { t } from "../words.js";

/** What can be done with a row by hand, for its menu; what cannot be undone comes last. */
export function actionsFor(row, hand) {
  const { item, space } = row;
  const add = [
    { sign: "folder-plus", label: t("drive.do.folder.ask"), run: () => hand.folder(row) },
    { sign: "upload", label: t("drive.do.upload.ask"), run: () => hand.upload(row) },
  ];
  if (!item) return [...add, null, { sign: "copy", label: t("drive.do.space-id"), run: () => hand.copy(space.spaceId) }];
  const copies = [
    { sign: "link", label: t("drive.do.link"), run: () => hand.copy(`https://alidocs.dingtalk.com/i/nodes/${item.uuid}`) },
    { sign: "copy", label: t("drive.do.path"), run: () => hand.copy(row.path) },
    { sign: "copy", label: t("drive.do.id"), run: () => hand.copy(item.id) },
  ];
  const back = { sign: "undo-2", label: t("bin.restore"), run: () => hand.bringBack(row) };
  if (row.left) return hand.inBin(row) ? [back, null, ...copies] : copies;
  const rename = { sign: "pencil", label: t("drive.do.rename.ask"), key: "F2", run: () => hand.rename(row) };
  const bin = { sign: "trash", label: t("drive.do.bin"), key: "Del", run: () => hand.toBin(row) };
  const forEver = { sign: "trash-2", label: t("drive.do.for-ever.ask"), danger: true, run: () => hand.forEver(row) };
  return [...(row.folderId ? [...add, null] : []), ...copies, null, rename, ...(space.recycles ? [bin] : []), null, forEver];
}
