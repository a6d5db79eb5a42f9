// The changes that the page knows, in the order in which they came.
import { computed, signal } from "./libraries.js";
import { stateOf } from "./words.js";

export const KEPT = 5000;
export const KEPT_FAILED = 1000;

const rows = new Map(); // by id
let ids = []; // the oldest first
export const version = signal(0); // goes up when a row has changed

export const row = (id) => rows.get(id);
export const isFailed = (cell) => stateOf(cell).kind === "bad" && cell.replayed === undefined;

// Keep a row, and return the one before.
export function keep(next) {
	const before = rows.get(next.id);
	rows.set(next.id, next);
	count(before, -1);
	count(next, 1);
	if (before) return before;
	ids.splice(placeOf(next.order), 0, next.id);
}

function placeOf(order) {
	let place = ids.length;
	while (place && rows.get(ids[place - 1]).order > order) place -= 1;
	return place;
}

export function clear() {
	rows.clear();
	ids = [];
	for (const name in FILTERS) counted[name] = 0;
}

// Forget the oldest rows. Failed rows are counted apart, so that no success pushes them out.
export function forget() {
	if (ids.length <= KEPT) return;
	const left = { true: KEPT_FAILED, false: KEPT };
	const kept = ids.toReversed().filter((id) => left[rows.get(id).failed]-- > 0);
	const known = new Set(kept);
	for (const id of ids) {
		if (known.has(id)) continue;
		count(rows.get(id), -1);
		rows.delete(id);
	}
	ids = kept.reverse();
}

// --- what is shown

export const FILTERS = {
	all: { label: "All", has: () => true },
	failed: { label: "Failed", has: (one) => one.failed },
	retrying: { label: "Retrying", has: (one) => cells(one).some((cell) => cell.state === "retrying") },
	delivered: { label: "Delivered", has: (one) => !one.failed && cells(one).some((cell) => cell.state === "delivered") },
	filtered: { label: "Filtered out", has: (one) => one.settled && cells(one).every((cell) => cell.state === "filtered") },
};

const cells = (one) => Object.values(one.cells);

const counted = Object.fromEntries(Object.keys(FILTERS).map((name) => [name, 0]));

function count(kept, by) {
	if (kept) for (const name in FILTERS) if (FILTERS[name].has(kept)) counted[name] += by;
}

export const filter = signal("all");
export const search = signal("");
export const paused = signal(false);
export const held = signal(null); // the ids that are shown while rows must not move, or null

const texts = new WeakMap();
function textOf(kept) {
	if (!texts.has(kept)) {
		const parts = Object.entries(kept.cells).flatMap(([route, cell]) => [route, cell.state, cell.text]);
		texts.set(kept, [kept.event_name, kept.key, ...parts].join("\n").toLowerCase());
	}
	return texts.get(kept);
}

// The ids of the rows that match, the newest first.
export const matching = computed(() => {
	version.value;
	const { has } = FILTERS[filter.value];
	const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
	const fits = (one) => has(one) && words.every((word) => textOf(one).includes(word));
	return ids.filter((id) => fits(rows.get(id))).reverse();
});

export const shown = computed(() => held.value?.filter((id) => rows.has(id)) ?? matching.value);

// How many rows match that are not shown, because rows are held.
export const unseen = computed(() => {
	if (!held.value) return 0;
	const known = new Set(held.value);
	return matching.value.reduce((count, id) => count + !known.has(id), 0);
});

export const totals = computed(() => {
	version.value;
	return { ...counted };
});

export function newest(has) {
	version.value;
	return rows.get(ids.findLast((id) => has(rows.get(id))));
}

export const oldest = () => ids[0];

// Hold the rows that are shown, or let new ones in.
export function hold(on) {
	held.value = on ? (held.value ?? shown.value) : null;
}

// Return a list of another view in an order that stays while somebody points at it or its keys move
// in it: what is new comes at its end until then.
const orders = new Map();
export function steady(list, box, idOf) {
	const isAt = document.querySelector(box)?.matches(":hover, :focus-within");
	const before = (isAt && orders.get(box)) || [];
	const places = new Map(before.map((id, place) => [id, place]));
	const placeIn = (one) => places.get(idOf(one)) ?? before.length;
	const order = isAt ? list.toSorted((a, b) => placeIn(a) - placeIn(b)) : list;
	orders.set(box, order.map(idOf));
	return order;
}
