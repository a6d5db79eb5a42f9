// The parts of a change's panel: timeline, filters, request with its origins, responses, record.
import { json, pretty } from "../json.js";
import { html, nothing, svg } from "../libraries.js";
import * as store from "../store.js";
import { date, short, span, stateOf, time } from "../words.js";

const LONG = 200; // characters of a value that is shown beside its expression

export const part = (title, ...body) => html`<section class="part"><h3>${title}</h3>${body}</section>`;
export const code = (body) => html`<pre tabindex="0">${body}</pre>`;

const BARS = { read: "read", failed: "bad", waiting: "warn" };

export function timeline(row, { timeline: bars }) {
	if (!bars.length) return nothing;
	const ends = bars.map((bar) => bar.to ?? Math.max(store.now.value, bar.from));
	const start = Math.min(row.at, ...bars.map((bar) => bar.from));
	const whole = Math.max(0.001, ...ends.map((end) => end - start));
	const at = (seconds) => ((seconds - start) / whole) * 1000;
	const line = (bar, place) => {
		const [x, length] = [at(bar.from), Math.max(6, at(ends[place]) - at(bar.from))];
		return html`<li><span>${bar.label}</span>
			<svg viewBox="0 0 1000 12" preserveAspectRatio="none" width="100%" height="12" aria-hidden="true">${svg`<rect y="5.5" width="1000" height="1" class="rail"></rect><rect x=${Math.min(994, x)} width=${length} height="12" class=${`bar-of ${BARS[bar.state] ?? stateOf(bar).kind}`}></rect>`}</svg>
			<span class="meta" title=${date(bar.from)}>${time(bar.from)} · ${bar.to === null ? "until now" : span(bar.to - bar.from)}</span>
			${bar.text ? html`<span class="says">${bar.text}</span>` : ""}</li>`;
	};
	return part(`Timeline, ${span(whole)} from the write`, html`<ol class="timeline">${bars.map(line)}</ol>`);
}

export function filters(fate) {
	if (!fate.filters.length) return part("Filter", html`<p>There is none: every change passes.</p>`);
	return part(fate.filters.length > 1 ? "Filters: one must match" : "Filter", ...fate.filters.map(filter));
}

function filter({ text, matched, clauses }) {
	const marks = new Map(clauses.map((one) => [one.path.join("\n"), one.accepted ? "ok" : "bad"]));
	const verdict = matched === null ? "Not needed: another filter matches." : matched ? "It matches." : "It does not match.";
	return html`${code(json(JSON.parse(text), marks))}<p class=${matched === false ? "bad" : ""}>${verdict}</p>
		<ul>${clauses.map((one) => html`<li class=${one.accepted ? "" : "bad"}>${one.accepted ? "✓" : "✗"} ${one.alternative ? `(${one.alternative}) ` : ""}${one.text}</li>`)}</ul>`;
}

// Say whether the origin of a value tells something: a constant and the whole record do not.
const tells = (origin) => origin && origin.kind !== "input" && !(origin.kind.endsWith("parameter") && !origin.expression.startsWith("$"));

// Number the origins of a request's values: a value from the same expression has the same number.
function numbered(sent) {
	const all = sent ? [...sent.url, ...sent.headers.flatMap(({ pieces }) => pieces), ...sent.body] : [];
	const numbers = new Map();
	for (const { origin } of all) if (tells(origin) && !numbers.has(origin.expression)) numbers.set(origin.expression, { origin, number: numbers.size + 1 });
	return numbers;
}

export function request({ request: sent, template }) {
	if (!sent) return nothing;
	const numbers = numbered(sent);
	const piece = ({ text, origin }) => (tells(origin) ? html`<mark title=${`${origin.expression}: ${valueOf(origin)}`}>${text || "∅"}<sup>${numbers.get(origin.expression).number}</sup></mark>` : text);
	const pieces = (list) => list.map(piece);
	const isPlain = sent.body.length === 1 && !tells(sent.body[0].origin);
	return part("Request", html`
		${template ? html`<details><summary>The input template that makes the body</summary>${code(template)}</details>` : ""}
		${code(html`<b>${sent.method}</b> ${pieces(sent.url)}\n${sent.headers.map((one) => html`<span class="soft">${one.name}:</span> ${pieces(one.pieces)}\n`)}\n${isPlain ? pretty(sent.body[0].text) : pieces(sent.body)}`)}`);
}

function valueOf({ kind, absent, problem, value }) {
	if (kind === "connection") return "the connection's secret";
	if (absent) return problem ?? "it is not in the record";
	return short(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), LONG);
}

export function origins(fate) {
	const numbers = [...numbered(fate.request).values()];
	if (!numbers.length) return nothing;
	return part("Where its values come from", html`<ol>${numbers.map(({ origin, number }) => html`<li>
		<mark>${number}</mark> <code>${origin.expression}</code> <span class=${origin.absent ? "bad" : ""}>${valueOf(origin)}</span> <span class="meta">${origin.kind}</span></li>`)}</ol>`);
}

export function responses({ responses: all }) {
	if (!all.length) return nothing;
	const answer = ({ attempt, status, at, seconds, text }) => html`<p class=${status >= 200 && status < 300 ? "ok" : "bad"}>${all.length > 1 ? `${attempt}. ` : ""}${status ?? "No answer"} <span class="meta">${time(at)} · ${span(seconds)}</span></p>${text ? code(pretty(text)) : ""}`;
	return part(all.length > 1 ? `Responses to ${all.length} attempts` : "Response", ...all.map(answer));
}

// Its values that the request has are marked, and those for which a filter refuses it.
export function record(data, fate) {
	if (!data.record) return part("Record", html`<p>${data.note ?? "The record is not known."}</p>`);
	const marks = new Map();
	for (const { origin } of numbered(fate?.request).values()) if (origin.path?.length) marks.set(origin.path.join("\n"), "of-request");
	for (const { accepted, path } of fate?.filters.flatMap((each) => each.clauses) ?? []) if (!accepted) marks.set(path.join("\n"), "bad");
	return part("Record of the stream", code(json(data.record, marks)));
}
