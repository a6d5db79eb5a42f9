// What the page's server tells, as signals. Events are applied once a frame.
import { address, href } from "./address.js";
import { ask, query, sentence } from "./ask.js";
import { batch, computed, signal } from "./libraries.js";
import * as rows from "./rows.js";
import { short } from "./words.js";

const MESSAGES = 200;
const SILENT_SECONDS = 6; // the health comes every 2 s

export const model = signal(null);
export const trouble = signal(""); // why there is no model yet
export const link = signal("connecting"); // or "open", "lost"
export const ready = signal(false);
export const heard = signal(Date.now() / 1000);
export const now = signal(Date.now() / 1000);
const parts = signal({}); // the health, as it was told last
export const problems = signal();
export const counts = signal();
export const items = signal();
export const moreItems = signal({ shown: 0, more: false });
export const messages = signal();
export const letters = signal();
export const last = signal(); // route -> { id, key, event_name, cell } of the last change
forget();
export const lettersKnown = computed(() => letters.value.known !== false && reached.value);
export const progress = signal(null);
export const said = signal(null); // { text, bad, keys, at }: what the page says of the last action
const phone = matchMedia("(max-width: 759px)");
export const narrow = signal(phone.matches);
phone.addEventListener("change", () => (narrow.value = phone.matches));

export const pipeline = computed(() => {
	const all = model.value?.pipelines ?? [];
	return all.find(({ name }) => name === address.value.pipeline) ?? all[0] ?? null;
});
export const routes = computed(() => pipeline.value?.routes ?? []);
export const routeOf = (id) => routes.value.find((route) => route.id === id);
export const has = (kind) => Boolean(pipeline.value?.nodes.some((node) => node.kind === kind));
// Return the address of a view of this pipeline.
export const to = (view, ...rest) => href(pipeline.value?.name ?? "", view, ...rest);

const silent = computed(() => Math.floor(now.value - heard.value));
// Whether what the server told last is still true.
export const reached = computed(() => link.value !== "lost" && silent.value <= SILENT_SECONDS);
export const health = computed(() => (reached.value ? parts.value : Object.fromEntries(Object.entries(parts.value).map(([name, part]) => [name, { ...part, state: "unknown" }]))));
export const isDown = (name) => health.value[name]?.state === "down";

// Say whether news would arrive, and if not, why.
export const live = computed(() => {
	const not = (why) => ({ state: "down", text: "Not live", why });
	if (link.value === "lost") return not("The page's server does not answer. The page tries again. Is ./help.sh still running?");
	if (link.value === "connecting" || !ready.value) return { state: "unknown", text: "Connecting", why: "" };
	if (!reached.value) return not(`The page's server has said nothing for ${silent.value} s.`);
	if (["aws", "runner", "pipes"].some(isDown) || problems.value.changes) return not("New changes do not arrive.");
	return { state: "ok", text: "Live", why: "" };
});

// The sentences about what does not work now.
export const sentences = computed(() => {
	const faults = Object.keys(health.value).filter(isDown).map((name) => health.value[name].problem || health.value[name].text);
	return [...new Set([live.value.why, ...faults, ...Object.values(problems.value)].filter(Boolean).map(sentence))];
});

const watchers = new Set(); // called with (row, the row before) of news
export const watchChanges = (watcher) => watchers.add(watcher);

function forget() {
	rows.clear();
	rows.held.value = null;
	for (const kept of [problems, counts, last]) kept.value = {};
	items.value = new Map();
	messages.value = [];
	letters.value = { waiting: 0, hidden: 0, letters: [] };
}

const handlers = {
	reset() {
		if (ready.value) renew(); // another server may answer, with another model
		ready.value = false;
		forget();
	},
	ready() {
		ready.value = true;
	},
	model(data) {
		if (data.pipelines) model.value = data;
	},
	problem({ about, text }) {
		problems.value = { ...problems.value, [about]: text };
	},
	change(row) {
		const before = rows.keep(row);
		for (const [route, cell] of Object.entries(row.cells)) {
			if (!["filtered", "pending"].includes(cell.state) && !(last.value[route]?.cell.at > cell.at)) last.value = { ...last.value, [route]: { ...row, cell } };
		}
		if (ready.value) for (const watcher of watchers) watcher(row, before);
	},
	item(item) {
		items.value = new Map(items.value).set(item.id, item);
	},
	"item-gone"({ id }) {
		const kept = new Map(items.value);
		kept.delete(id);
		items.value = kept;
	},
	message(message) {
		const known = messages.value.findIndex((shown) => shown.number === message.number && shown.at === message.at);
		messages.value = known < 0 ? [message, ...messages.value].slice(0, MESSAGES) : messages.value.with(known, message);
	},
	progress(job) {
		progress.value = job;
		if (job.finished) say(job.text, false);
	},
};

for (const [name, kept] of Object.entries({ health: parts, counts, "more-items": moreItems, letters })) handlers[name] = (value) => (kept.value = value);

let waiting = [];

function take(name, data) {
	waiting.push([name, data]);
	if (waiting.length > 1) return;
	if (document.hidden) setTimeout(drain, 250);
	else requestAnimationFrame(drain);
}

function drain() {
	const taken = waiting;
	waiting = [];
	batch(() => {
		heard.value = Date.now() / 1000;
		for (const [name, data] of taken) handlers[name](data);
		if (taken.some(([name]) => name === "change" || name === "reset")) {
			rows.forget();
			rows.version.value += 1;
		}
	});
}

let source = null;
let listened = "";

export function listen(name) {
	source?.close();
	if (listened && listened !== name) take("reset");
	listened = name;
	link.value = "connecting";
	const mine = new EventSource(`/api/events?pipeline=${encodeURIComponent(name)}`);
	source = mine;
	mine.onopen = () => (link.value = "open");
	mine.onerror = () => {
		link.value = "lost";
		// The browser connects again by itself, but not after an answer that is an error.
		if (mine.readyState === EventSource.CLOSED) setTimeout(() => source === mine && listen(name), 2000);
	};
	for (const event of Object.keys(handlers)) mine.addEventListener(event, ({ data }) => source === mine && take(event, JSON.parse(data)));
}

// Read what is deployed.
export async function renew() {
	try {
		const data = await ask("GET", "model");
		trouble.value = "";
		if (JSON.stringify(data) !== JSON.stringify(model.value)) model.value = data;
	} catch (error) {
		trouble.value = error.message;
		if (!model.value) setTimeout(renew, 2000);
	}
}

export const say = (text, bad = false, keys = []) => (said.value = { text, bad, keys, at: Date.now() / 1000 });

// Do something, and say what came of it. Return the answer, or undefined after a refusal.
export async function act(work, done = () => "") {
	try {
		const data = await work();
		const text = done(data);
		if (text) say(text, false, data.written);
		return data;
	} catch (error) {
		say(error.message, true);
	}
}

// Ask the server for something about this pipeline, and say what came of it.
const tell = (method, path, body, done) => act(() => ask(method, path, { pipeline: pipeline.value.name, ...body }), done);

export const written = (data) => `Written: ${data.written.map((key) => short(key)).join(", ")}.`;
export const random = () => tell("POST", "items/random", { count: 1 }, written);
export const replayLetters = (letters) => tell("POST", "letters/replay", { letters }, () => "Replaying …");
export const discardLetters = (letters, what = "this dead letter") => confirm(`Discard ${what} for good?`) && tell("POST", "letters/discard", { letters }, () => "Discarding …");
export const removeItem = ({ key, key_item: item }) => confirm(`Delete the item ${short(key)} from the table?`) && tell("DELETE", "items", { key: item }, ({ deleted }) => `Deleted: ${short(deleted)}.`);
export const replayChange = (id, route) => act(() => ask("POST", `changes/${encodeURIComponent(id)}/replay`, { route }), ({ text }) => text);

export async function older() {
	const asked = { pipeline: pipeline.value.name, limit: 500, before: rows.oldest() ?? "", failed: rows.filter.value === "failed" };
	const data = await act(() => ask("GET", `changes?${query(asked)}`));
	if (!data) return;
	const came = data.rows.filter((row) => !rows.keep(row)).length;
	rows.held.value = null;
	rows.version.value += 1;
	if (!came) say("There are no older changes.");
}

export async function copy(text, what) {
	try {
		await navigator.clipboard.writeText(text);
		say(`${what} is in the clipboard.`);
	} catch {
		say("The browser does not let the page copy. Select the text and copy it.", true);
	}
}
