// JSON as coloured text; values at marked places are marked.
import { html } from "./libraries.js";

const TYPED = /^(S|N|B|BOOL|NULL)$/;

// Say whether a value is an attribute in one line: {"S": "Oslo"}.
const isTyped = (value) => {
	const names = Object.keys(value);
	return names.length === 1 && TYPED.test(names[0]) && typeof value[names[0]] !== "object";
};

// Say whether a list is short enough for one line.
const isShort = (list) => list.every((one) => one === null || typeof one !== "object") && JSON.stringify(list).length < 70;

// `marks` has places, each names joined by a newline, and the class of its mark.
export function json(value, marks = new Map(), path = [], indent = "") {
	const kind = marks.get(path.join("\n"));
	const body = bodyOf(value, marks, path, indent);
	return kind ? html`<mark class=${kind}>${body}</mark>` : body;
}

function bodyOf(value, marks, path, indent) {
	if (value === null || typeof value !== "object") return html`<span class=${`j-${value === null ? "null" : typeof value}`}>${JSON.stringify(value)}</span>`;
	const isList = Array.isArray(value);
	const entries = isList ? value.map((one, place) => [place, one]) : Object.entries(value);
	const [open, close] = isList ? "[]" : "{}";
	if (!entries.length) return `${open}${close}`;
	const flat = isList ? isShort(value) : isTyped(value);
	const inner = `${indent}  `;
	const part = ([name, one], place) => html`${place ? (flat ? ", " : ",") : ""}${flat ? "" : `\n${inner}`}${isList ? "" : html`<span class="j-name">${JSON.stringify(name)}</span>: `}${json(one, marks, [...path, String(name)], inner)}`;
	return html`${open}${entries.map(part)}${flat ? "" : `\n${indent}`}${close}`;
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
