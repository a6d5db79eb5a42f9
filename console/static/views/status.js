// The line at the bottom: what does not work, what failed, what came of the last action, the keys.
import { ask } from "../ask.js";
import { html, nothing, signal } from "../libraries.js";
import { isFailed, newest, totals } from "../rows.js";
import * as store from "../store.js";
import { age, many, short, stateOf } from "../words.js";

const SHOWN_SECONDS = 10;
const SLOW_SECONDS = 5; // a write may take so long until it is answered
const WAIT_SECONDS = 3; // a change that takes longer is worth a word

export function status() {
	const faults = store.sentences.value;
	return html`<footer>
		<div role="alert" class=${faults.length ? "bad faults" : ""}>${faults.map((text) => html`<p>${text}</p>`)}</div>
		<div class="line">
			<p role="status" class="said-line">${spoken()}</p>
			<p class="attention">${attention()}</p>
			<p class="keys" aria-label="Keys"><b>/</b> search <b>j k</b> next, previous <b>Enter</b> open <b>Esc</b> close <b>n</b> write</p>
		</div>
	</footer>`;
}

function attention() {
	const { failed } = totals.value;
	if (!store.ready.value) return "";
	if (!failed) return "Nothing has failed.";
	const row = newest((one) => one.failed);
	const [route] = Object.entries(row.cells).find(([, cell]) => isFailed(cell)) ?? [""];
	return html`<span class="bad">✗ ${many(failed, "change has failed", "changes have failed")}.</span> <a href=${store.to("changes", row.id, route)}>See what is wrong with ${short(row.key) || "the last one"}</a>`;
}

// What the last action did; of a write, also what has become of the change. It goes when it is old.
function spoken() {
	const said = store.said.value;
	if (!said) return nothing;
	const isOld = store.now.value - said.at > SHOWN_SECONDS;
	if (isOld && !said.bad && !said.keys.length) return nothing;
	const row = said.keys.length ? newest((one) => one.key === said.keys.at(-1) && one.at > said.at - SLOW_SECONDS) : null;
	if (isOld && row?.settled && !row.failed) return nothing;
	return html`<span class=${said.bad ? "bad" : ""}>${said.text}</span> ${said.keys.length ? became(row, said.at) : ""}`;
}

// What the request of a delivered change lacks: the server is asked once for each written change.
const lack = signal({});
async function look(id) {
	lack.value = { id };
	const { routes } = await ask("GET", `changes/${encodeURIComponent(id)}`).catch(() => ({ routes: {} }));
	const [route, fate] = Object.entries(routes).find(([, { summary }]) => summary.attributes.length) ?? [];
	if (fate && lack.value.id === id) lack.value = { id, route, names: fate.summary.attributes };
}

function became(known, at) {
	const waited = store.now.value - at;
	if (!known && waited > WAIT_SECONDS) return html`<span class="warn">No change has come for ${age(waited)}. An item that is written again as it was makes none.</span>`;
	if (!known) return "Waiting for its change …";
	const cells = Object.entries(known.cells);
	const first = (fits) => cells.find(([, one]) => fits(one));
	const link = (text, to = "") => html`<a href=${store.to("changes", known.id, to)}>${text}</a>`;
	const because = (kind, text, to) => html`<span class=${kind}>${text}.</span> ${link("See why", to)}`;
	const [route, cell] = first(isFailed) ?? first(({ state }) => state === "retrying") ?? [];
	const { kind, mark, word } = stateOf(cell);
	if (cell) return because(kind, `${mark} ${store.routeOf(route)?.label ?? route} ${word}`, route);
	if (!known.settled) return link("Its change is on its way");
	if (!first(({ state }) => state !== "filtered")) return because("warn", "The filters leave it out: nothing was sent");
	if (lack.value.id !== known.id) queueMicrotask(() => look(known.id));
	const { names, route: to } = lack.value;
	return names ? because("warn", `Momento took it, without ${names.join(", ")}`, to) : link("Its change has arrived");
}
