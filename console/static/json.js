// JSON as text, with marks at some places.
import { html } from "./libraries.js";

const isPlain = (value) => value === null || typeof value !== "object";

// Say whether a value is written in one line: a short list, or an attribute with its type.
function isFlat(value) {
	const inner = Object.values(value);
	if (!inner.every(isPlain)) return false;
	return Array.isArray(value) ? JSON.stringify(value).length < 70 : inner.length === 1 && /^(S|N|B|BOOL|NULL)$/.test(Object.keys(value)[0]);
}

// `marks` has places, each names joined by a newline, and the class of its mark.
export function json(value, marks = new Map(), path = [], indent = "") {
	const kind = marks.get(path.join("\n"));
	const body = bodyOf(value, marks, path, indent);
	return kind ? html`<mark class=${kind}>${body}</mark>` : body;
}

function bodyOf(value, marks, path, indent) {
	if (isPlain(value)) return JSON.stringify(value);
	const [open, close] = Array.isArray(value) ? "[]" : "{}";
	const entries = Object.entries(value);
	if (!entries.length) return open + close;
	const inner = `${indent}  `;
	const [start, comma, end] = isFlat(value) ? ["", ", ", ""] : [`\n${inner}`, `,\n${inner}`, `\n${indent}`];
	const part = ([name, held], place) => [place ? comma : start, open === "{" ? `${JSON.stringify(name)}: ` : "", json(held, marks, [...path, name], inner)];
	return [open, entries.map(part), end, close];
}

// Return the text of JSON if it is some, made readable, with short lists in one line; else as it is.
// Only a list has a line break after "[": a text in JSON has none.
export function pretty(text) {
	try {
		return JSON.stringify(JSON.parse(text), null, 2).replace(/\[\n\s+([^[\]{}]{1,80})\n\s+\]/g, (_, list) => `[${list.replace(/\n\s+/g, " ")}]`);
	} catch {
		return text;
	}
}
