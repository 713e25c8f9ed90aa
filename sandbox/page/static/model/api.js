/** The control interface of the sandbox, the page's only source and its only way to act. */

export class Refused extends Error {}

/** One request below `/sandbox/`; its JSON answer. Throws Refused with the sandbox's own sentence. */
export async function ask(method, path, body, query = {}) {
  const wanted = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const tail = wanted.length ? `?${new URLSearchParams(wanted)}` : "";
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(`/sandbox/${path}${tail}`, options);
  const found = await answer.json().catch(() => ({ error: `HTTP ${answer.status}` }));
  if (!answer.ok) throw new Refused(found.error ?? `HTTP ${answer.status}`);
  return found;
}

export const get = (path, query) => ask("GET", path, undefined, query);
export const post = (path, body) => ask("POST", path, body);
export const put = (path, body) => ask("PUT", path, body);
export const remove = (path) => ask("DELETE", path);
