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

// Return a value as JSON, with short lists in one line.
function written(value, indent = "") {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const isList = Array.isArray(value);
  const inner = `${indent}  `;
  const parts = isList ? value.map((one) => written(one, inner)) : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${written(one, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  if (!parts.length || (isList && isShort(value))) return `${open}${parts.join(", ")}${close}`;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

// Return the text of JSON if it is some, made readable; else the text as it is.
export function pretty(text) {
  try {
    return written(JSON.parse(text));
  } catch {
    return text;
  }
}

// What may follow in JSON: each token, and what it needs before it.
const TOKEN = /\s*(?:([[{])|([\]}])|(,)|(:)|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)))/y;

// Return the place of the first character that makes a text no JSON.
function placeOf(text) {
  const open = [];
  let wants = "value"; // or "name", "colon", "comma"; "first" may also close
  TOKEN.lastIndex = 0;
  for (;;) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    const start = from + /^\s*/.exec(text.slice(from))[0].length;
    if (!found) return start;
    const [, opens, closes, comma, colon, scalar] = found;
    const inside = open.at(-1);
    const isFirst = wants === "first" || wants === "first name";
    const takesValue = wants === "value" || wants === "first";
    if (opens && takesValue) wants = open.push(opens) && opens === "{" ? "first name" : "first";
    else if (closes && (isFirst || (wants === "comma" && inside)) && inside === (closes === "}" ? "{" : "[")) wants = open.pop() && "comma";
    else if (comma && wants === "comma" && inside) wants = inside === "{" ? "name" : "value";
    else if (colon && wants === "colon") wants = "value";
    else if (scalar && takesValue) wants = "comma";
    else if (scalar?.startsWith('"') && wants.endsWith("name")) wants = "colon";
    else return start;
  }
}

// Say where the text is no JSON, in words; null if it is.
export function fault(text) {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const place = placeOf(text);
    const before = text.slice(0, place).split("\n");
    const found = place >= text.length ? "the text ends" : `${text[place]} is not expected`;
    return `This is no JSON: in line ${before.length}, column ${before.at(-1).length + 1}, ${found}. Look for a comma, a quotation mark or a bracket there or before.`;
  }
}
