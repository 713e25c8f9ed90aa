/**
 * The drive as one flat list of rows, the way a tree is read from top to bottom:
 * `{kind: "space" | "entry" | "wait" | "empty", key, depth, parent, space, folderId?, item?, path, open, left, place, of,
 * listing?, slot?}`.
 */
export function rowsOf(drive, spaces) {
  const rows = [];
  spaces.forEach((space, index) => {
    const open = drive.isOpen(space.spaceId, "0");
    const where = { depth: 0, parent: null, path: "", place: index, of: spaces.length };
    const row = { ...where, kind: "space", key: space.spaceId, space, folderId: "0", open, left: false };
    rows.push(row);
    if (open) addChildren(rows, drive, row);
  });
  return rows;
}

function addChildren(rows, drive, parent) {
  const { space, folderId, left } = parent;
  if (left && !drive.knows(space.spaceId, folderId)) return;
  const base = { depth: parent.depth + 1, parent, space, path: parent.path, left };
  const listing = drive.listing(space.spaceId, folderId);
  const key = `${space.spaceId}/${folderId}`;
  if (!listing.known) rows.push({ ...base, kind: "wait", key: `${key}…`, place: 0, of: 1 });
  else if (!listing.slots.length) rows.push({ ...base, kind: "empty", key: `${key}∅`, place: 0, of: 1 });
  const of = listing.slots.length;
  listing.slots.forEach((item, slot) => {
    const where = { ...base, listing, slot, place: slot, of };
    if (item) addEntry(rows, drive, where, item);
    else rows.push({ ...where, kind: "wait", key: `${key}#${slot}` });
  });
}

function addEntry(rows, drive, where, item) {
  const folder = item.type === "FOLDER";
  const open = folder && drive.isOpen(where.space.spaceId, item.id);
  const left = where.left || item.left === true;
  const [path, folderId] = [`${where.path}/${item.name}`, folder ? item.id : undefined];
  const row = { ...where, kind: "entry", key: item.id, item, path, folderId, open, left };
  rows.push(row);
  if (open) addChildren(rows, drive, row);
}
