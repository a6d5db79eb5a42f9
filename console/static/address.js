// The address of a view: #/PIPELINE/VIEW/FIRST/SECOND. Back and Forward of the browser work by it.
import { signal } from "./libraries.js";

export const TITLES = { changes: "Changes", items: "Items", topic: "Topic", letters: "Dead letters", "what-if": "What if" };

function parse(hash) {
	const [pipeline = "", view = "changes", first = "", second = ""] = hash
		.replace(/^#\/?/, "")
		.split("/")
		.map(decoded);
	return { pipeline, view: view in TITLES ? view : "changes", first, second };
}

function decoded(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

export const address = signal(parse(location.hash));
addEventListener("hashchange", () => (address.value = parse(location.hash)));

// Return the address of a view; parts at the end that are empty are left out.
export function href(pipeline, view, ...rest) {
	const parts = [pipeline, view, ...rest];
	while (parts.length && !parts.at(-1)) parts.pop();
	return `#/${parts.map(encodeURIComponent).join("/")}`;
}

// Go to an address. With `replace`, Back does not return to the present one.
export function go(to, { replace = false } = {}) {
	if (to === location.hash) return;
	if (replace) history.replaceState(null, "", to);
	else history.pushState(null, "", to);
	address.value = parse(to);
}
