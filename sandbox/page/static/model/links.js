/** Which lines of the wire belong together: they name the same card, task or message, or follow one push. */

const NAMES = new Set(["outTrackId", "taskId", "msgId", "messageId", "sessionWebhook"]);
const TURN_MS = 5000;
const AROUND = 1500;
const DEEP = 6;

/** The keys of all entries that belong to `entry`, itself not among them; looks at the neighbourhood only. */
export function relatedTo(entry, entries) {
  const at = entries.indexOf(entry);
  const near = entries.slice(Math.max(0, at - AROUND), at + AROUND);
  const turns = turnsOf(near);
  const turnOf = (one) => turns.get(one.of ?? one);
  const wanted = idsOf(entry);
  const found = new Set();
  for (const other of near) {
    if (other === entry || other.ping) continue;
    const sameTurn = turnOf(entry) !== undefined && turnOf(entry) === turnOf(other);
    if (sameTurn || [...idsOf(other)].some((id) => wanted.has(id))) found.add(other.key);
  }
  return found;
}

/** To each entry the push it followed within a few seconds. */
function turnsOf(entries) {
  const turns = new Map();
  let push = null;
  for (const entry of entries) {
    if (["message", "callback", "event"].includes(entry.kind)) push = entry;
    if (push && entry.kind !== "answer" && !entry.ping && entry.at - push.at <= TURN_MS) turns.set(entry, push.key);
  }
  return turns;
}

/** An answer has those of what it answers. */
function idsOf(entry) {
  if (entry.of) return idsOf(entry.of);
  if (!entry.ids) {
    entry.ids = new Set();
    const { record } = entry;
    if (entry.api) {
      collect(record.request, entry.ids, 0);
      collect(record.response, entry.ids, 0);
      const task = /\/tasks\/([^/]+)$/.exec(record.path)?.[1];
      if (task) entry.ids.add(`taskId ${task}`);
      if (record.query?.session) entry.ids.add(`session ${record.query.session}`);
    } else {
      collect(record.data, entry.ids, 0);
      for (const id of [record.messageId, record.msgId]) if (id) entry.ids.add(`m ${id}`);
    }
  }
  return entry.ids;
}

function collect(value, ids, depth) {
  if (typeof value !== "object" || value === null || depth > DEEP) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === "object") collect(inner, ids, depth + 1);
    else if (NAMES.has(name) && inner) ids.add(idOf(name, String(inner)));
  }
}

function idOf(name, value) {
  if (name === "sessionWebhook") return `session ${/[?&]session=([^&]+)/.exec(value)?.[1] ?? value}`;
  return `${name === "outTrackId" || name === "taskId" ? name : "m"} ${value}`;
}
