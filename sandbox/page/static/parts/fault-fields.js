/** The fields of the fault form: one drawer for each name a kind of fault may take. */
import { html, nothing } from "lit";
import { live } from "lit-html/directives/live.js";
import { routeName } from "./fault-words.js";
import { t } from "../words.js";
import { visible } from "../format.js";
import "./item-field.js";
import "./pick-list.js";

const NUMBERS = new Set(["count", "seed", "seconds", "status", "delayMs", "firstByteMs", "truncate", "copies", "hold"]);
const SWITCHES = new Set(["after", "reset", "early", "other", "lose", "again", "deaf", "silent", "disconnect", "drop", "refuse", "hang"]);
const CONTENT_TYPES = ["application/json", "text/html", "text/plain", "application/octet-stream"];
/** What one mostly leaves as it is. */
const RARE = new Set(["person", "spaceId", "clientId", "seed"]);
const ERROR_PARTS = ["status", "code", "message"];

/** Draws the fields a kind takes; `form`: {world, kind, values, set(name, value, more)}. `rare` ones come apart. */
export function drawFields(form, rare) {
  const takes = form.kind.takes.flatMap((name) => (name === "error" ? ERROR_PARTS : [name]));
  const whole = takes.includes("code");
  const names = takes.filter((name) => RARE.has(name) === rare && !(whole && ERROR_PARTS.includes(name) && name !== "code"));
  return names.map((name) => (name === "code" ? drawError(form, takes) : draw(form, name)));
}

function draw(form, name) {
  if (SWITCHES.has(name)) return drawSwitch(form, name);
  if (NUMBERS.has(name)) return drawNumber(form, name);
  return (DRAWERS[name] ?? drawText)(form, name);
}

const DRAWERS = {
  route: ({ world, kind, values, set }, name) => pick(name, routeChoices(world, kind), values.route ?? "", (value) => set(name, value)),
  person: ({ world, values, set }, name) =>
    select(name, t("fault.field.anybody"), world.people.map((one) => [one.userId, `${one.name} (${one.userId})`]), values.person, set),
  spaceId: ({ world, values, set }, name) =>
    select(name, t("fault.field.any-space"), world.spaces.map((one) => [one.spaceId, one.name]), values.spaceId, set),
  clientId: ({ world, values, set }, name) =>
    select(name, t("fault.field.any-app"), world.hello.robots.map((one) => [one.clientId, one.name]), values.clientId, set),
  item: ({ world, values, set }) =>
    html`<item-field .world=${world} .value=${values.item ?? {}} .route=${values.route ?? ""}
      @item=${({ detail }) => set("item", detail)}></item-field>`,
  probability: drawProbability,
  contentType: ({ values, set }, name) => {
    const choices = CONTENT_TYPES.map((value) => ({ value, label: value }));
    return pick(name, choices, values.contentType ?? "", (value) => set(name, value), { free: true });
  },
  task: drawTask,
  body: drawBody,
};

/** The error an interface documents, or one of one's own. */
function drawError({ world, values, set }, takes) {
  const known = world.kinds.routes.find((one) => one.route === values.route)?.errors ?? [];
  const choices = known.map((one) => ({ value: one.code, label: one.code, hint: [one.status, one.message].filter(Boolean).join(" ") }));
  const choose = (code) => {
    const found = known.find((one) => one.code === code);
    set("code", code, found ? { status: found.status || undefined, message: found.message || undefined } : {});
  };
  return html`${pick("code", choices, values.code ?? "", choose, { free: true, wide: !takes.includes("status") })}
    ${takes.includes("status") ? drawNumber({ values, set }, "status") : nothing}
    ${takes.includes("message") ? drawText({ values, set }, "message") : nothing}`;
}

function routeChoices(world, kind) {
  const choice = (value) => ({ value, label: routeName(value), hint: value });
  if (kind.side === "connection") return [choice("SOCKET")];
  if (kind.side === "push") return world.kinds.topics.map((topic) => choice(topic.startsWith("PUSH ") ? topic : `PUSH ${topic}`));
  const usual = kind.defaults.route ?? "";
  const below = (route) => !usual.startsWith("/") || route.includes(` ${usual}`);
  const routes = world.kinds.routes.filter((one) => below(one.route) && (one.items || !kind.takes.includes("item")));
  return [{ value: usual, label: routeName(usual) }, ...routes.filter(({ route }) => route !== usual).map(({ route }) => choice(route))];
}

const label = (name) => t(FIELD_NAMES.has(name) ? `fault.field.${name}` : "fault.field.unknown", { name });
const FIELD_NAMES = new Set([
  ...NUMBERS, ...SWITCHES, "route", "person", "spaceId", "clientId", "probability", "contentType", "body", "code", "message", "deliver",
]);

function pick(name, choices, value, choose, { free = false, wide = true } = {}) {
  return html`<div class="field ${wide ? "wide" : ""}"><span>${label(name)}</span>
    <pick-list .choices=${choices} .value=${value} .label=${label(name)} ?free=${free}
      @pick=${({ detail }) => choose(detail)}></pick-list></div>`;
}

function select(name, everything, options, value, set) {
  return html`<label class="field"><span>${label(name)}</span>
    <select class="select" .value=${live(value ?? "")} @change=${({ target }) => set(name, target.value)}>
      ${[["", everything], ...options].map(([key, text]) => html`<option value=${key}
        ?selected=${key === (value ?? "")}>${visible(text)}</option>`)}</select></label>`;
}

function drawNumber({ values, set }, name) {
  const given = (text) => set(name, text === "" ? null : Number(text));
  const empty = { count: t("fault.field.always"), seed: t("fault.field.drawn"), seconds: t("fault.field.no-end") }[name] ?? "";
  return html`<label class="field"><span>${label(name)}</span>
    <input class="input number" type="number" min="0" step=${name === "seconds" ? "any" : "1"} placeholder=${empty}
      .value=${live(values[name] === undefined || values[name] === null ? "" : String(values[name]))}
      @input=${({ target }) => { if (target.validity.valid) given(target.value); }}></label>`;
}

function drawProbability({ values, set }, name) {
  const percent = Math.round((values.probability ?? 1) * 100);
  return html`<label class="field"><span>${label(name)} <b class="figures">${percent} %</b></span>
    <input class="range" type="range" min="5" max="100" step="5" .value=${live(String(percent))} aria-valuetext="${percent} %"
      @input=${({ target }) => set(name, Number(target.value) / 100)}></label>`;
}

function drawSwitch({ values, set }, name) {
  return html`<label class="switch wide"><input type="checkbox" role="switch" .checked=${live(values[name] === true)}
    @change=${({ target }) => set(name, target.checked)}><span>${label(name)}</span></label>`;
}

function drawText({ values, set }, name) {
  return html`<label class="field wide"><span>${label(name)}</span>
    <input class="input" .value=${live(asText(values[name]))} spellcheck="false"
      @input=${({ target }) => set(name, target.value)}></label>`;
}

function drawBody({ values, set }, name) {
  return html`<label class="field wide"><span>${label(name)}</span>
    <textarea class="input mono" rows="3" spellcheck="false" .value=${live(asText(values.body))}
      @input=${({ target }) => set(name, asBody(target.value))}></textarea></label>`;
}

/** All of an asynchronous task fails, or a part of it: so many of its entries. */
function drawTask({ values, set }) {
  const task = values.task ?? { failed: "all" };
  const some = task.failed !== "all";
  const put = (more) => set("task", { ...task, ...more });
  return html`
    <label class="field"><span>${t("fault.field.task")}</span>
      <select class="select" @change=${({ target }) => put({ failed: target.value === "all" ? "all" : 1 })}>
        <option value="all" ?selected=${!some}>${t("fault.field.task.all")}</option>
        <option value="some" ?selected=${some}>${t("fault.field.task.some")}</option></select></label>
    ${some ? html`<label class="field"><span>${t("fault.field.task.number")}</span>
      <input class="input number" type="number" min="0" step="any" .value=${live(String(task.failed))}
        @input=${({ target }) => put({ failed: Number(target.value) })}></label>` : nothing}
    <label class="field wide"><span>${t("fault.field.task.message")}</span>
      <input class="input" .value=${live(task.message ?? "")}
        @input=${({ target }) => put({ message: target.value || undefined })}></label>`;
}

const asText = (value) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** What looks like JSON is sent as JSON, everything else as text. */
function asBody(text) {
  if (!text) return null;
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : text;
  } catch {
    return text;
  }
}
