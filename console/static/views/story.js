// The parts of the panel: timeline, filters, request with its origins, responses, record.
import { json, pretty } from "../json.js";
import { html, nothing, svg } from "../libraries.js";
import * as store from "../store.js";
import { date, span, time } from "../words.js";

const COLOURS = 6; // of marks
const LONG = 200; // characters of a value that is shown beside its expression

const part = (title, ...body) => html`<section class="part"><h3>${title}</h3>${body}</section>`;
export const code = (body) => html`<pre tabindex="0">${body}</pre>`;

// --- timeline

const BARS = { delivered: "ok", filtered: "skip", read: "read", failed: "bad", waiting: "warn", "dead-letter": "bad", refused: "bad" };

export function timeline(one, told) {
	const bars = told.timeline;
	if (!bars.length) return nothing;
	const now = store.now.value;
	const ends = bars.map((bar) => bar.to ?? Math.max(now, bar.from));
	const start = Math.min(one.at, ...bars.map((bar) => bar.from));
	const whole = Math.max(0.001, ...ends.map((end) => end - start));
	const at = (seconds) => ((seconds - start) / whole) * 1000;
	return part(`Timeline, ${span(whole)} from the write`, html`<ol class="timeline">${bars.map((bar, place) => {
		const [x, length] = [at(bar.from), Math.max(6, at(ends[place]) - at(bar.from))];
		return html`<li><span class="step">${bar.label}</span>
			<svg viewBox="0 0 1000 12" preserveAspectRatio="none" width="100%" height="12" aria-hidden="true">${svg`<rect x="0" y="5.5" width="1000" height="1" class="rail"></rect><rect x=${Math.min(994, x)} y="0" width=${length} height="12" class=${`bar ${BARS[bar.state] ?? "skip"}`}></rect>`}</svg>
			<span class="meta" title=${date(bar.from)}>${time(bar.from)} · ${bar.to === null ? "until now" : span(bar.to - bar.from)}</span>
			${bar.text ? html`<span class="says">${bar.text}</span>` : ""}</li>`;
	})}</ol>`);
}

// --- filters

export function filters(told, route) {
	const link = html`<a class="aside" href=${store.to("what-if", route)}>Change it and see what if</a>`;
	if (!told.filters.length) return part("Filter", html`<p>There is none: every change passes.</p>`);
	return part(told.filters.length > 1 ? "Filters: one must match" : "Filter", link, ...told.filters.map(filter));
}

function filter({ text, matched, clauses }) {
	const marks = new Map();
	for (const one of clauses) marks.set(one.path.join("\n"), one.accepted ? "ok" : "bad");
	let shown = text;
	try {
		shown = json(JSON.parse(text), marks);
	} catch {
		// It is shown as it is.
	}
	const verdict = matched === null ? "Another filter decided before it." : matched ? "It matches." : "It does not match.";
	return html`${code(shown)}<p class=${matched === false ? "bad" : ""}>${verdict}</p>
		<ul class="clauses">${clauses.map((one) => html`<li class=${one.accepted ? "ok" : "bad"}>${one.accepted ? "✓" : "✗"} ${one.alternative ? `(${one.alternative}) ` : ""}${one.text}</li>`)}</ul>`;
}

// --- request

// Say whether the origin of a value tells something: a constant and the whole record do not.
const tells = (origin) => origin && origin.kind !== "input" && !(origin.kind.endsWith("parameter") && !origin.expression.startsWith("$"));

// Number the origins of a request's values: a value from the same expression has the same mark.
function numbered(found) {
	const all = [...found.url, ...found.headers.flatMap((one) => one.pieces), ...found.body];
	const numbers = new Map();
	for (const { origin } of all) if (tells(origin) && !numbers.has(origin.expression)) numbers.set(origin.expression, { origin, number: numbers.size + 1 });
	return numbers;
}

export function request(told) {
	const found = told.request;
	if (!found) return nothing;
	const numbers = numbered(found);
	const pieces = (list) => list.map(({ text, origin }) => {
		if (!tells(origin)) return text;
		const { number } = numbers.get(origin.expression);
		return html`<mark class=${`m${(number - 1) % COLOURS}`} title=${said(origin)}>${text || "∅"}<sup>${number}</sup></mark>`;
	});
	const isPlain = found.body.length === 1 && !tells(found.body[0].origin);
	return part("Request", html`
		${told.template ? html`<details><summary>The input template that makes the body</summary>${code(told.template)}</details>` : ""}
		${code(html`<b>${found.method}</b> ${pieces(found.url)}\n${found.headers.map((one) => html`<span class="soft">${one.name}:</span> ${pieces(one.pieces)}\n`)}\n${isPlain ? pretty(found.body[0].text) : pieces(found.body)}`)}`);
}

const shown = (value) => {
	const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
	return text.length > LONG ? `${text.slice(0, LONG)} …` : text;
};
const said = (origin) => (origin.absent ? `${origin.expression}: ${origin.problem ?? "the record has no such value"}` : `${origin.expression} = ${shown(origin.value)}`);

export function origins(told) {
	if (!told.request) return nothing;
	const numbers = [...numbered(told.request).values()];
	if (!numbers.length) return nothing;
	return part("Where its values come from", html`<ol class="origins">${numbers.map(({ origin, number }) => html`<li>
		<mark class=${`m${(number - 1) % COLOURS}`}>${number}</mark> <code>${origin.expression}</code>
		<span class=${origin.absent ? "bad" : ""}>${origin.kind === "connection" ? "the connection's secret" : origin.absent ? (origin.problem ?? "is not in the record") : html`= ${shown(origin.value)}`}</span> <span class="meta">${origin.kind}</span></li>`)}</ol>`);
}

export function responses(told) {
	if (!told.responses.length) return nothing;
	return part(told.responses.length > 1 ? `Responses to ${told.responses.length} attempts` : "Response", ...told.responses.map((one) => {
		const isGood = one.status >= 200 && one.status < 300;
		return html`<p class=${isGood ? "ok" : "bad"}>${told.responses.length > 1 ? `${one.attempt}. ` : ""}${one.status ?? "No answer"} <span class="meta">${time(one.at)}${one.seconds === null || one.seconds === undefined ? "" : ` · ${span(one.seconds)}`}</span></p>${one.text ? code(pretty(one.text)) : ""}`;
	}));
}

// --- record

export function record(found, told) {
	if (!found.record) return part("Record", html`<p>${found.note ?? "The record is not known."}</p>`);
	const marks = new Map();
	const numbers = told?.request ? numbered(told.request) : new Map();
	for (const { origin, number } of numbers.values()) if (origin.path?.length) marks.set(origin.path.join("\n"), `m${(number - 1) % COLOURS}`);
	for (const one of told?.filters.flatMap((each) => each.clauses) ?? []) if (!one.accepted) marks.set(one.path.join("\n"), "bad");
	return part("Record of the stream", code(json(found.record, marks)));
}
