import { visible } from "../format.js";

const TYPING_MS = 700;

/** The keyboard of a tree: https://www.w3.org/WAI/ARIA/apg/patterns/treeview/ and, as in file managers, F2, Delete and the menu key. */
export class TreeKeys {
  #typed = "";
  #typedAt = 0;

  constructor(tree) {
    this.tree = tree;
  }

  take(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button")) return;
    const { tree } = this;
    tree.drive.keepCalm();
    const row = tree.rows[tree.active];
    const done = row && (this.#move(event, row) || this.#act(event, row) || this.#type(event));
    if (done) event.preventDefault();
  }

  #move({ key }, row) {
    const { tree } = this;
    const to = {
      ArrowDown: () => tree.go(tree.active + 1),
      ArrowUp: () => tree.go(tree.active - 1),
      PageDown: () => tree.go(tree.active + tree.page),
      PageUp: () => tree.go(tree.active - tree.page),
      Home: () => tree.go(0),
      End: () => tree.go(tree.rows.length - 1),
      ArrowRight: () => this.#in(row),
      ArrowLeft: () => this.#out(row),
    }[key];
    to?.();
    return Boolean(to);
  }

  #in(row) {
    if (row.folderId === undefined) return;
    if (row.open) this.tree.go(this.tree.active + 1);
    else this.tree.toggle(row, true);
  }

  #out(row) {
    if (row.folderId !== undefined && row.open) this.tree.toggle(row, false);
    else if (row.parent) this.tree.go(this.tree.rows.indexOf(row.parent));
  }

  #act({ key, shiftKey }, row) {
    const { tree } = this;
    const entry = row.kind === "entry" && !row.left;
    if (key === "Enter" || key === " ") {
      if (row.folderId === undefined) tree.menu(tree.active);
      else tree.toggle(row);
    } else if (key === "ContextMenu" || (key === "F10" && shiftKey)) tree.menu(tree.active);
    else if (key === "F2" && entry) tree.hand.rename(row);
    else if (key === "Delete" && entry) (row.space.recycles && !shiftKey ? tree.hand.toBin : (one) => tree.hand.forEver(one))(row);
    else return false;
    return true;
  }

  /** To the next row whose name begins with what was typed. */
  #type({ key, timeStamp }) {
    if ([...key].length !== 1) return false;
    const { tree } = this;
    const going = timeStamp - this.#typedAt < TYPING_MS;
    this.#typed = (going ? this.#typed : "") + key.toLowerCase();
    this.#typedAt = timeStamp;
    const from = tree.active + (this.#typed.length > 1 ? 0 : 1);
    const found = cyclic(tree.rows.length, from).find((index) => nameOf(tree.rows[index]).startsWith(this.#typed));
    if (found !== undefined) tree.go(found);
    return true;
  }
}

const cyclic = (count, from) => Array.from({ length: count }, (_, step) => (from + step) % count);

const nameOf = (row) => visible(row.item?.name ?? (row.kind === "space" ? row.space.name : "")).toLowerCase();
