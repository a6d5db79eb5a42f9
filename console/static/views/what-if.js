// What if: a route's filter, template, parameters or expressions are edited; the last records, or
// pasted ones, are run through the old and the new definition.
import { address, go } from "../address.js";
import { ask } from "../ask.js";
import { fault, pretty } from "../json.js";
import { effect, html, nothing, signal } from "../libraries.js";
import * as store from "../store.js";
import { many } from "../words.js";

const WAIT_MS = 350;
const LIMIT = 200;

const edited = signal(null); // { route, filters, template, parameters, expressions, input_paths }
const pasted = signal({ on: false, text: "" });
const result = signal(null);
const problem = signal("");
const running = signal(false);
const open = signal(-1);

const route = () => store.routeOf(address.value.first) ?? store.routes.value[0];

function start(one) {
  const { path, query, headers } = one.parameters;
  edited.value = {
    route: one.id,
    filters: one.filters.map(readable),
    template: one.template,
    parameters: { path: [...path], query: { ...query }, headers: { ...headers } },
    expressions: one.expressions ? { ...one.expressions } : null,
    input_paths: one.input_paths ? { ...one.input_paths } : null,
  };
  open.value = -1;
}

const readable = (text) => pretty(text);

let timer = 0;
function change(changes) {
  edited.value = { ...edited.value, ...changes };
  later();
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(run, WAIT_MS);
}

// Another route, or another definition of it, is shown as it is deployed.
effect(() => {
  if (address.value.view !== "what-if" || !store.ready.value) return;
  const one = route();
  if (one && edited.peek()?.route !== one.id) {
    start(one);
    run();
  }
});

// What differs from what is deployed; the rest is not sent.
function difference(one) {
  const now = edited.value;
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const made = {};
  if (!same(now.filters, one.filters.map(readable))) made.filters = now.filters;
  if (now.template !== one.template) made.template = now.template;
  if (!same(now.parameters, one.parameters)) made.parameters = now.parameters;
  if (now.expressions && !same(now.expressions, one.expressions)) made.expressions = now.expressions;
  if (now.input_paths && !same(now.input_paths, one.input_paths)) made.input_paths = now.input_paths;
  return made;
}

let number = 0;
async function run() {
  const one = route();
  if (!one || edited.value?.route !== one.id) return;
  const mine = ++number;
  const { on, text } = pasted.value;
  const wrong = on ? fault(text) : null;
  if (wrong) {
    problem.value = `The pasted records: ${wrong}`;
    return;
  }
  running.value = true;
  try {
    const found = await ask("POST", "what-if", { pipeline: store.pipeline.value.name, route: one.id, edited: difference(one), records: on ? JSON.parse(text) : "last", limit: LIMIT });
    if (mine === number) [result.value, problem.value] = [found, ""];
  } catch (error) {
    if (mine === number) problem.value = error.message;
  } finally {
    if (mine === number) running.value = false;
  }
}

export function whatIf() {
  const one = route();
  const now = edited.value;
  if (!one || now?.route !== one.id) return html`<p class="empty">Reading the definition …</p>`;
  const isEdited = Object.keys(difference(one)).length > 0;
  return html`<div class="what-if scroll" tabindex="0" role="region" aria-label="What if">
    <form class="editors" @submit=${(event) => event.preventDefault()}>
      <div class="tools"><label class="choose">Route <select @change=${({ target }) => go(store.to("what-if", target.value))}>${store.routes.value.map(({ id, label }) => html`<option value=${id} .selected=${id === one.id}>${label}</option>`)}</select></label>
        <button type="button" ?disabled=${!isEdited} @click=${() => (start(one), run())}>Back to what is deployed</button><button type="button" @click=${run}>Run again</button></div>
      <p class="hint">Edit what you like: nothing is deployed by it. The last records are run through both.</p>
      ${filters(now, one)}
      ${now.input_paths ? pairs("Input paths", now.input_paths, (value) => change({ input_paths: value })) : nothing}
      ${now.template === null && now.expressions ? nothing : area("Input template", now.template ?? "", (text) => change({ template: text || null }), "Empty: the record itself is the body.")}
      ${now.expressions ? fixed("Expressions of the workflow", now.expressions, (value) => change({ expressions: value })) : parameters(now.parameters)}
      ${records()}
    </form>
    ${results(one, isEdited)}
  </div>`;
}

function area(label, text, changed, hint = "", id = label) {
  const rows = Math.min(14, Math.max(2, text.split("\n").length));
  return html`<div class="field area"><label for=${`edit-${id}`}>${label}</label><textarea id=${`edit-${id}`} rows=${rows} spellcheck="false" .value=${text} @input=${({ target }) => changed(target.value)}></textarea>${hint ? html`<small>${hint}</small>` : nothing}</div>`;
}

function filters({ filters: all }, one) {
  const isRule = Boolean(one.input_paths);
  const put = (place, text) => change({ filters: all.with(place, text) });
  return html`${all.map((text, place) => html`${area(all.length > 1 ? `Filter ${place + 1}` : "Filter", text, (next) => put(place, next), "", `filter-${place}`)}
      ${isRule ? nothing : html`<button type="button" class="small" @click=${() => change({ filters: all.toSpliced(place, 1) })}>Without this filter</button>`}`)}
    ${isRule || all.length >= 5 ? nothing : html`<button type="button" class="small" @click=${() => change({ filters: [...all, '{\n  "eventName": ["INSERT"]\n}'] })}>${all.length ? "Another filter (one of them must match)" : "Add a filter"}</button>`}`;
}

function parameters(now) {
  const put = (name, value) => change({ parameters: { ...now, [name]: value } });
  return html`${now.path.length ? fixed("Path parameters", Object.fromEntries(now.path.map((text, place) => [`* ${place + 1}`, text])), (value) => put("path", Object.values(value))) : nothing}
    ${pairs("Query parameters", now.query, (value) => put("query", value))}
    ${pairs("Headers", now.headers, (value) => put("headers", value))}`;
}

// Names and texts; the names stay.
function fixed(title, values, changed, more = nothing) {
  return html`<fieldset><legend>${title}</legend>${Object.entries(values).map(([name, text]) => html`<div class="pair-field"><label for=${`${title}-${name}`}>${name}</label><textarea id=${`${title}-${name}`} rows=${Math.min(6, text.split("\n").length)} spellcheck="false" .value=${text} @input=${({ target }) => changed({ ...values, [name]: target.value })}></textarea>${more === nothing ? nothing : more(name)}</div>`)}</fieldset>`;
}

// Names and texts; names can be added and taken away.
function pairs(title, values, changed) {
  const without = (gone) => Object.fromEntries(Object.entries(values).filter(([name]) => name !== gone));
  const add = (event) => {
    const box = event.currentTarget.parentElement.querySelector("input");
    const name = box.value.trim();
    if (name && !(name in values)) changed({ ...values, [name]: "" });
    box.value = "";
  };
  return html`${fixed(title, values, changed, (name) => html`<button type="button" class="small" aria-label=${`Remove ${name}`} @click=${() => changed(without(name))}>Remove</button>`)}
    <p class="add"><input aria-label=${`Name to add to ${title}`} placeholder="name"><button type="button" class="small" @click=${add}>Add</button></p>`;
}

function records() {
  const { on, text } = pasted.value;
  const put = (next) => {
    pasted.value = { ...pasted.value, ...next };
    later();
  };
  return html`<fieldset><legend>Records</legend>
    <label class="check"><input type="radio" name="records" .checked=${!on} @change=${() => put({ on: false })}> The last ${LIMIT} changes</label>
    <label class="check"><input type="radio" name="records" .checked=${on} @change=${() => put({ on: true })}> Records that I paste</label>
    ${on ? area("Stream records, as a JSON list or {\"Records\": […]}", text, (next) => put({ text: next }), "", "records") : nothing}</fieldset>`;
}

function results(one, isEdited) {
  const found = result.value;
  const problems = [problem.value, ...(found?.problems ?? [])].filter(Boolean);
  if (!found && !problems.length) return html`<section class="results"><p class="empty">${running.value ? "Running …" : ""}</p></section>`;
  const head = !found?.rows.length ? "There is no record to run yet: write an item, or paste records." : !isEdited ? `${many(found.rows.length, "record")}, as they go now. Edit something to compare.` : `${found.changed} of ${many(found.rows.length, "record")} would go another way.`;
  return html`<section class="results" aria-label="Results">
    <p class="head-line" role="status"><b>${head}</b> <span class="soft">${running.value ? "Running …" : ""}</span></p>
    <div role="alert">${problems.map((text) => html`<p class="cause bad">${text}</p>`)}</div>
    ${found ? html`<p class="actions">
      ${found.mapping ? html`<button type="button" @click=${() => store.copy(found.mapping, "The Python mapping")}>Copy as Python mapping</button>` : nothing}
      <button type="button" @click=${() => store.copy(found.json, "The definition")}>Copy as JSON</button>
      ${found.no_mapping ? html`<span class="hint">No Python mapping: ${found.no_mapping}</span>` : nothing}</p>
    ${found.rows.length ? html`<ol class="fates">${found.rows.slice(0, 100).map((row, place) => fate(row, place, isEdited))}</ol>` : nothing}
    ${found.rows.length > 100 ? html`<p class="hint">The first 100 are shown.</p>` : nothing}` : nothing}
  </section>`;
}

const FATES = { sent: ["✓", "ok"], filtered: ["·", "skip"], refused: ["✗", "bad"] };
const chip = (label, one) => html`<span class="side-of"><span class="soft">${label}</span> <span class=${`cell ${FATES[one.state]?.[1] ?? "skip"}`}>${FATES[one.state]?.[0] ?? "·"} ${one.state === "filtered" ? "filtered out" : one.state}</span></span>`;

function fate(one, place, isEdited) {
  const isOpen = open.value === place;
  return html`<li class=${one.differs ? "differs" : ""}><button type="button" aria-expanded=${isOpen} @click=${() => (open.value = isOpen ? -1 : place)}>
      <span class="what">${one.event_name}</span> <b class="key">${one.key}</b> ${chip("now", one.old)} ${one.new && isEdited ? chip("then", one.new) : nothing} ${one.differs ? html`<span class="mark-differs">differs</span>` : nothing}</button>
    ${isOpen ? html`<div class="sides">${side("Now", one.old)}${one.new && isEdited ? side("Then", one.new) : nothing}</div>` : nothing}</li>`;
}

function side(title, one) {
  const sent = one.request;
  return html`<section class="part"><h3>${title}: ${one.state === "filtered" ? "filtered out" : one.state}</h3>${sent ? html`<pre tabindex="0"><b>${sent.method}</b> ${sent.url}\n\n${pretty(sent.body ?? "")}</pre>` : html`<p>${one.text}</p>`}</section>`;
}
