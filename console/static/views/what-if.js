// What if: a route's filters, template, parameters or expressions are edited; the last records, or
// pasted ones, are run through the old and the new definition.
import { address, go } from "../address.js";
import { ask } from "../ask.js";
import { pretty } from "../json.js";
import { effect, html, signal } from "../libraries.js";
import * as store from "../store.js";
import { many, stateOf } from "../words.js";

const WAIT_MS = 350;
const LIMIT = 200;
const SHOWN = 100;
const MOST_FILTERS = 5;
const PARTS = ["filters", "template", "parameters", "expressions", "input_paths"];

const edited = signal(null); // the route's id and its parts
const pasted = signal({ on: false, text: "" });
const result = signal({ rows: [] });
const running = signal(false);

const chosen = () => store.routeOf(address.value.first) ?? store.routes.value[0];
const deployed = (one) => ({ ...Object.fromEntries(PARTS.map((name) => [name, one[name] ?? null])), filters: one.filters.map(pretty) });

function start(route) {
	edited.value = { route: route.id, ...deployed(route) };
	run();
}

let timer = 0;
function change(what, changes) {
	what.value = { ...what.value, ...changes };
	clearTimeout(timer);
	timer = setTimeout(run, WAIT_MS);
}

// Another route is shown as it is deployed.
effect(() => {
	if (address.value.view !== "what-if" || !store.ready.value) return;
	const route = chosen();
	if (route && edited.peek()?.route !== route.id) start(route);
});

// What differs from what is deployed; the rest is not sent.
function difference(route) {
	const was = deployed(route);
	return Object.fromEntries(PARTS.filter((name) => JSON.stringify(edited.value[name]) !== JSON.stringify(was[name])).map((name) => [name, edited.value[name]]));
}

let number = 0;
async function run() {
	const route = chosen();
	if (edited.value?.route !== route?.id) return;
	const mine = ++number;
	const { on, text } = pasted.value;
	running.value = true;
	let data;
	try {
		data = await ask("POST", "what-if", { pipeline: store.pipeline.value.name, route: route.id, edited: difference(route), records: on ? { text } : "last", limit: LIMIT });
	} catch (error) {
		data = { rows: [], problems: [error.message] };
	}
	if (mine === number) [result.value, running.value] = [data, false];
}

export function whatIf() {
	const route = chosen();
	const now = edited.value;
	if (!route || now?.route !== route.id) return html`<p class="empty" role="status">Loading …</p>`;
	const isEdited = Object.keys(difference(route)).length > 0;
	const { path, query, headers } = now.parameters;
	const put = (changes) => change(edited, changes);
	const parameters = (name, value) => put({ parameters: { ...now.parameters, [name]: value } });
	return html`<div class="what-if scroll" tabindex="0" role="region" aria-label="What if">
		<form class="editors" @submit=${(event) => event.preventDefault()}>
			<div class="tools"><label class="choose">Route <select @change=${({ target }) => go(store.to("what-if", target.value))}>${store.routes.value.map(({ id, label }) => html`<option value=${id} .selected=${id === route.id}>${label}</option>`)}</select></label>
				${button("Back to what is deployed", () => start(route), !isEdited)}${button("Run again", run)}</div>
			<p class="hint">Edit any field. Nothing is deployed: the records run through the deployed and the edited definition.</p>
			${filters(now, put)}
			${now.input_paths ? pairs("Input path", now.input_paths, (input_paths) => put({ input_paths })) : ""}
			${now.expressions
				? areas(now.expressions, (expressions) => put({ expressions }))
				: html`${area("Input template (empty: the record itself)", now.template ?? "", (text) => put({ template: text || null }), 2)}
					${path.map((text, place) => area(`Path parameter ${place + 1}`, text, (next) => parameters("path", path.with(place, next))))}
					${pairs("Query parameter", query, (value) => parameters("query", value))}${pairs("Header", headers, (value) => parameters("headers", value))}`}
			${records()}
		</form>
		${results(isEdited)}
	</div>`;
}

const button = (label, click, disabled = false) => html`<button type="button" ?disabled=${disabled} @click=${click}>${label}</button>`;

const area = (label, text, changed, least = 1) => html`<div class="field"><label for=${`edit-${label}`}>${label}</label>
	<textarea id=${`edit-${label}`} rows=${Math.max(least, text.split("\n").length)} spellcheck="false" .value=${text} @input=${({ target }) => changed(target.value)}></textarea></div>`;

function filters({ filters: all, input_paths: isRule }, put) {
	const field = (text, place) => html`${area(all.length > 1 ? `Filter ${place + 1}` : "Filter", text, (next) => put({ filters: all.with(place, next) }), 2)}
		${isRule ? "" : button("Remove this filter", () => put({ filters: all.toSpliced(place, 1) }))}`;
	const add = () => put({ filters: [...all, '{\n  "eventName": ["INSERT"]\n}'] });
	return html`${all.map(field)} ${isRule || all.length >= MOST_FILTERS ? "" : button(all.length ? "Add a filter (one of them must match)" : "Add a filter", add)}`;
}

const areas = (values, changed, title = "", remove = null) => Object.entries(values).map(([name, text]) => html`${area(title + name, text, (next) => changed({ ...values, [name]: next }))}${remove ? button(`Remove ${name}`, () => remove(name)) : ""}`);

// Names and texts; names can be added and taken away.
function pairs(title, values, changed) {
	const add = ({ target }) => {
		const name = target.value.trim();
		if (name && !(name in values)) changed({ ...values, [name]: "" });
		target.value = "";
	};
	const remove = (gone) => changed(Object.fromEntries(Object.entries(values).filter(([name]) => name !== gone)));
	return html`${areas(values, changed, `${title} `, remove)}<p><input aria-label=${`Add: ${title}`} placeholder=${`Add: ${title}`} @change=${add}></p>`;
}

function records() {
	const { on, text } = pasted.value;
	const choice = (value, label) => html`<label class="check"><input type="radio" name="records" .checked=${on === value} @change=${() => change(pasted, { on: value })}> ${label}</label>`;
	return html`<fieldset><legend>Records</legend>${choice(false, `The last ${LIMIT} changes`)}${choice(true, "Records that I paste")}
		${on ? area('Stream records, as a JSON list or {"Records": […]}', text, (next) => change(pasted, { text: next }), 2) : ""}</fieldset>`;
}

function results(isEdited) {
	const { rows, problems = [], changed, mapping, no_mapping: why, json } = result.value;
	const count = many(rows.length, "record");
	const said = problems.length
		? "Nothing was run: there is a mistake."
		: !rows.length
			? "There is no record to run yet: write an item, or paste records."
			: isEdited
				? `${changed} of ${count} would go another way.`
				: `${count}, as they go now. Edit something to compare.`;
	return html`<section class="results" aria-label="Results">
		<p class="sentence" role="status">${running.value ? "Running …" : said}</p>
		<div role="alert">${problems.map((text) => html`<p class="cause bad">${text}</p>`)}</div>
		${json && !problems.length ? html`<p class="actions">
			${mapping ? button("Copy as Python mapping", () => store.copy(mapping, "The Python mapping")) : ""}
			${button("Copy as JSON", () => store.copy(json, "The definition"))}
			${why ? html`<span class="hint">No Python mapping: ${why}.</span>` : ""}</p>
		<ol class="fates">${rows.slice(0, SHOWN).map((row) => fate(row, isEdited))}</ol>` : ""}
		${rows.length > SHOWN ? html`<p class="hint">The first ${SHOWN} are shown.</p>` : ""}
	</section>`;
}

function fate({ event_name: event, key, old, new: next, differs }, isEdited) {
	const sides = Object.entries(next && isEdited ? { now: old, then: next } : { now: old });
	const short = (of) => html`<span class=${`cell ${stateOf(of).kind}`}>${stateOf(of).mark} ${stateOf(of).word}</span>`;
	const long = ({ request: sent, text }) => (sent ? html`<pre tabindex="0"><b>${sent.method}</b> ${sent.url}\n\n${pretty(sent.body ?? "")}</pre>` : html`<p>${text}</p>`);
	return html`<li class=${`card ${differs ? "differs" : ""}`}><details><summary><span class="what">${event}</span> <b class="key">${key}</b> ${sides.map(([label, of]) => html`<span>${label} ${short(of)}</span> `)} ${differs ? html`<b class="warn">${old.state === next.state ? "another request" : "differs"}</b>` : ""}</summary>
		<div class="sides">${sides.map(([label, of]) => html`<section class="part"><h3>${label}</h3>${long(of)}</section>`)}</div></details></li>`;
}
