// What if: a route's filter, template, parameters or expressions are edited; the last records, or
// pasted ones, are run through the old and the new definition.
import { address, go } from "../address.js";
import { ask } from "../ask.js";
import { pretty } from "../json.js";
import { effect, html, nothing, signal } from "../libraries.js";
import * as store from "../store.js";
import { many } from "../words.js";

const WAIT_MS = 350;
const LIMIT = 200;
const SHOWN = 100;
const PARTS = ["filters", "template", "parameters", "expressions", "input_paths"];

const edited = signal(null); // the route's id and its parts
const pasted = signal({ on: false, text: "" });
const result = signal({ rows: [] });
const problem = signal("");
const running = signal(false);
const open = signal(-1);

const route = () => store.routeOf(address.value.first) ?? store.routes.value[0];
const deployed = (one) => ({ ...Object.fromEntries(PARTS.map((name) => [name, one[name] ?? null])), filters: one.filters.map(pretty) });

function start(one) {
	edited.value = { route: one.id, ...deployed(one) };
	open.value = -1;
	run();
}

let timer = 0;
function change(changes) {
	edited.value = { ...edited.value, ...changes };
	later();
}

function later() {
	clearTimeout(timer);
	timer = setTimeout(run, WAIT_MS);
}

// Another route is shown as it is deployed.
effect(() => {
	if (address.value.view !== "what-if" || !store.ready.value) return;
	const one = route();
	if (one && edited.peek()?.route !== one.id) start(one);
});

// What differs from what is deployed; the rest is not sent.
function difference(one) {
	const was = deployed(one);
	return Object.fromEntries(PARTS.filter((name) => JSON.stringify(edited.value[name]) !== JSON.stringify(was[name])).map((name) => [name, edited.value[name]]));
}

let number = 0;
async function run() {
	const one = route();
	if (edited.value?.route !== one?.id) return;
	const mine = ++number;
	const { on, text } = pasted.value;
	running.value = true;
	let [found, wrong] = [result.value, ""];
	try {
		found = await ask("POST", "what-if", { pipeline: store.pipeline.value.name, route: one.id, edited: difference(one), records: on ? { text } : "last", limit: LIMIT });
	} catch (error) {
		wrong = error.message;
	}
	if (mine === number) [result.value, problem.value, running.value] = [found, wrong, false];
}

const small = (label, click, about) => html`<button type="button" class="small" aria-label=${about ?? nothing} @click=${click}>${label}</button>`;

export function whatIf() {
	const one = route();
	const now = edited.value;
	if (!one || now?.route !== one.id) return html`<p class="empty">Reading the definition …</p>`;
	const isEdited = Object.keys(difference(one)).length > 0;
	const { path, query, headers } = now.parameters;
	const put = (name) => (value) => change({ parameters: { ...now.parameters, [name]: value } });
	return html`<div class="what-if scroll" tabindex="0" role="region" aria-label="What if">
		<form class="editors" @submit=${(event) => event.preventDefault()}>
			<div class="tools"><label class="choose">Route <select @change=${({ target }) => go(store.to("what-if", target.value))}>${store.routes.value.map(({ id, label }) => html`<option value=${id} .selected=${id === one.id}>${label}</option>`)}</select></label>
				<button type="button" ?disabled=${!isEdited} @click=${() => start(one)}>Back to what is deployed</button><button type="button" @click=${run}>Run again</button></div>
			<p class="hint">Edit what you like: nothing is deployed by it. The last records are run through both.</p>
			${filters(now)}
			${now.input_paths ? pairs("Input paths", now.input_paths, (value) => change({ input_paths: value })) : ""}
			${now.expressions
				? fixed("Expressions of the workflow", now.expressions, (value) => change({ expressions: value }))
				: html`${area("Input template", now.template ?? "", (text) => change({ template: text || null }), "Empty: the record itself is the body.")}
					${path.length ? fixed("Path parameters", Object.fromEntries(path.map((text, place) => [`* ${place + 1}`, text])), (value) => put("path")(Object.values(value))) : ""}
					${pairs("Query parameters", query, put("query"))}${pairs("Headers", headers, put("headers"))}`}
			${records()}
		</form>
		${results(isEdited)}
	</div>`;
}

const box = (id, text, changed, least = 1) => html`<textarea id=${id} rows=${Math.max(least, text.split("\n").length)} spellcheck="false" .value=${text} @input=${({ target }) => changed(target.value)}></textarea>`;
const area = (label, text, changed, hint = "") => html`<div class="field"><label for=${`edit-${label}`}>${label}</label>${box(`edit-${label}`, text, changed, 2)}<small>${hint}</small></div>`;

function filters({ filters: all, input_paths: isRule }) {
	const put = (next) => change({ filters: next });
	return html`${all.map((text, place) => html`${area(all.length > 1 ? `Filter ${place + 1}` : "Filter", text, (next) => put(all.with(place, next)))}
			${isRule ? nothing : small("Without this filter", () => put(all.toSpliced(place, 1)))}`)}
		${isRule || all.length >= 5 ? nothing : small(all.length ? "Another filter (one of them must match)" : "Add a filter", () => put([...all, '{\n  "eventName": ["INSERT"]\n}']))}`;
}

// Names and texts; the names stay.
const fixed = (title, values, changed, more = () => nothing) => html`<fieldset><legend>${title}</legend>${Object.entries(values).map(([name, text]) => html`<div class="pair-field"><label for=${`${title}-${name}`}>${name}</label>${box(`${title}-${name}`, text, (next) => changed({ ...values, [name]: next }))}${more(name)}</div>`)}</fieldset>`;

// Names and texts; names can be added and taken away.
function pairs(title, values, changed) {
	const add = ({ currentTarget }) => {
		const input = currentTarget.previousElementSibling;
		const name = input.value.trim();
		if (name && !(name in values)) changed({ ...values, [name]: "" });
		input.value = "";
	};
	const without = (gone) => changed(Object.fromEntries(Object.entries(values).filter(([name]) => name !== gone)));
	return html`${fixed(title, values, changed, (name) => small("Remove", () => without(name), `Remove ${name}`))}
		<p class="add"><input aria-label=${`Name to add to ${title}`} placeholder="name">${small("Add", add)}</p>`;
}

function records() {
	const put = (next) => {
		pasted.value = { ...pasted.value, ...next };
		later();
	};
	const choice = (on, label) => html`<label class="check"><input type="radio" name="records" .checked=${pasted.value.on === on} @change=${() => put({ on })}> ${label}</label>`;
	return html`<fieldset><legend>Records</legend>${choice(false, `The last ${LIMIT} changes`)}${choice(true, "Records that I paste")}
		${pasted.value.on ? area('Stream records, as a JSON list or {"Records": […]}', pasted.value.text, (text) => put({ text })) : ""}</fieldset>`;
}

function results(isEdited) {
	const { rows, problems = [], changed, mapping, no_mapping: why, json } = result.value;
	const said = !rows.length ? "There is no record to run yet: write an item, or paste records." : isEdited ? `${changed} of ${many(rows.length, "record")} would go another way.` : `${many(rows.length, "record")}, as they go now. Edit something to compare.`;
	return html`<section class="results" aria-label="Results">
		<p class="head-line" role="status"><b>${running.value && !json ? "" : said}</b> <span class="soft">${running.value ? "Running …" : ""}</span></p>
		<div role="alert">${[problem.value, ...problems].filter(Boolean).map((text) => html`<p class="cause bad">${text}</p>`)}</div>
		${json ? html`<p class="actions">
			${mapping ? html`<button type="button" @click=${() => store.copy(mapping, "The Python mapping")}>Copy as Python mapping</button>` : ""}
			<button type="button" @click=${() => store.copy(json, "The definition")}>Copy as JSON</button>
			${why ? html`<span class="hint">No Python mapping: ${why}</span>` : ""}</p>
		<ol class="fates">${rows.slice(0, SHOWN).map((row, place) => fate(row, place, isEdited))}</ol>` : ""}
		${rows.length > SHOWN ? html`<p class="hint">The first ${SHOWN} are shown.</p>` : ""}
	</section>`;
}

const FATES = { sent: ["✓", "ok", "sent"], filtered: ["·", "skip", "filtered out"], refused: ["✗", "bad", "refused"] };

function fate(one, place, isEdited) {
	const isOpen = open.value === place;
	const sides = [["now", one.old], ...(one.new && isEdited ? [["then", one.new]] : [])].map(([label, of]) => [label, of, ...FATES[of.state]]);
	return html`<li class=${one.differs ? "differs" : ""}><button type="button" aria-expanded=${isOpen} @click=${() => (open.value = isOpen ? -1 : place)}>
			<span class="what">${one.event_name}</span> <b class="key">${one.key}</b> ${sides.map(([label, , mark, kind, word]) => html`<span><span class="soft">${label}</span> <span class=${`cell ${kind}`}>${mark} ${word}</span></span> `)} ${one.differs ? html`<span class="mark-differs">differs</span>` : ""}</button>
		${isOpen ? html`<div class="sides">${sides.map(([label, { request: sent, text }, , , word]) => html`<section class="part"><h3>${label}: ${word}</h3>${sent ? html`<pre tabindex="0"><b>${sent.method}</b> ${sent.url}\n\n${pretty(sent.body ?? "")}</pre>` : html`<p>${text}</p>`}</section>`)}</div>` : ""}</li>`;
}
