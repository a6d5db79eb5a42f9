// Times, numbers and states as texts. All times are in the browser's time zone.
import { html } from "./libraries.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const dayOf = (seconds) => day.format(seconds * 1000);

export const time = (seconds) => (seconds ? clock.format(seconds * 1000) : "–");
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const date = (seconds) => `${dayOf(seconds)}, ${time(seconds)} (${zone})`;

export const stamp = (seconds) => html`<time title=${date(seconds)}>${time(seconds)}</time>`;

// Return a length of time: "12 ms", "1.4 s", "3 min".
export function span(seconds, none = "–") {
	if (seconds === null || seconds === undefined) return none;
	const size = Math.max(0, seconds);
	if (size < 0.9995) return `${Math.round(size * 1000)} ms`;
	if (size < 10) return `${size.toFixed(1)} s`;
	return age(size);
}

export function age(seconds) {
	const size = Math.max(0, Math.round(seconds));
	if (size < 120) return `${size} s`;
	if (size < 7200) return `${Math.round(size / 60)} min`;
	return size < 172800 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86400)} days`;
}

const MARKS = { ok: "✓", skip: "·", warn: "↻", bad: "✗" };
const states = (kinds) => Object.fromEntries(Object.entries(kinds).map(([name, [kind, word = name]]) => [name, { kind, word, mark: MARKS[kind] }]));

const STATES = states({
	delivered: ["ok"],
	sent: ["ok"],
	filtered: ["skip", "filtered out"],
	superseded: ["skip", "a later change was sent"],
	discarded: ["skip"],
	retrying: ["warn"],
	pending: ["skip", "on its way"],
	refused: ["bad"],
	"dead-letter": ["bad", "in the dead-letter queue"],
	unknown: ["skip", "not known"],
	undelivered: ["bad", "not delivered"],
});

export const stateOf = (cell) => STATES[cell?.state] ?? STATES.pending;

// Return the text of a cell; a retry counts down, unless nobody would send it.
export function cellText(cell, now, stands) {
	if (!cell) return "";
	if (cell.state === "pending" && stands) return "the runner is down";
	if (cell.state !== "retrying") return cell.text;
	const tries = `${cell.attempt ?? 1}${cell.most ? ` of ${cell.most}` : ""}`;
	if (stands) return `${tries}, the runner is down`;
	const left = cell.until ? Math.ceil(cell.until - now) : 0;
	return left > 0 ? `${tries}, next in ${age(left)}` : `${tries}, trying`;
}

// Those of items; the others tell nothing good or bad.
export const ITEM_STATES = states({ "in sync": ["ok"], "on its way": ["warn"], stale: ["bad"], missing: ["bad"], refused: ["bad"], "left over": ["bad"], unknown: ["skip"] });

export const TYPES = { S: "text", N: "number", B: "bytes in base64" };

// Return the plain value of a DynamoDB attribute, for people to read.
export function plain(value) {
	const [[type, inner]] = Object.entries(value);
	if (type === "NULL") return null;
	if (type === "N") return String(Number(inner)) === inner ? Number(inner) : inner;
	if (type === "L") return inner.map(plain);
	if (type === "M") return plainItem(inner);
	return inner;
}

// Say whether a plain value would lose the type of an attribute: a set, bytes, a very long number.
export function needsTypes(value) {
	const [[type, inner]] = Object.entries(value);
	if (type === "N") return typeof plain(value) === "string";
	if (type === "L") return inner.some(needsTypes);
	if (type === "M") return Object.values(inner).some(needsTypes);
	return !["S", "BOOL", "NULL"].includes(type);
}

export const plainItem = (item) => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));

export const short = (text, most = 60) => (text.length > most ? `${text.slice(0, most)} …` : text);

export const many = (count, word, more = `${word}s`) => `${count.toLocaleString()} ${count === 1 ? word : more}`;
