// The panel at the side: why a change went where it went, the cause first.
import { address, go } from "../address.js";
import { ask } from "../ask.js";
import { effect, html, signal } from "../libraries.js";
import { isFailed, row, shown, version } from "../rows.js";
import * as store from "../store.js";
import { date, stateOf, time } from "../words.js";
import { cell, focusList, step } from "./changes.js";
import { discard } from "./letters.js";
import { filters, origins, record, request, responses, timeline } from "./story.js";
import { openWrite } from "./write.js";

const WAIT_MS = 120;
const detail = signal(null); // { id, row, found } or { id, problem }

// Read the open change, and again when its row has changed.
let timer = 0;
effect(() => {
	version.value;
	const letters = store.letters.value;
	const { view, first: id } = address.value;
	if (view !== "changes" || !id || !store.ready.value) return;
	const known = detail.peek();
	if (known?.id === id && known.row === row(id) && known.letters === letters) return;
	clearTimeout(timer);
	timer = setTimeout(() => read(id), known?.id === id ? WAIT_MS : 0);
});

async function read(id) {
	const seen = { id, row: row(id), letters: store.letters.peek() };
	let next;
	try {
		next = { ...seen, found: await ask("GET", `changes/${encodeURIComponent(id)}`) };
	} catch (error) {
		next = { ...seen, problem: error.message };
	}
	if (address.value.first === id) detail.value = next;
}

// The route to show first: the one that failed, else one that sent something.
function chosen(cells) {
	const { second } = address.value;
	if (second && cells[second]) return second;
	const ids = store.routes.value.map(({ id }) => id).filter((id) => cells[id]);
	return ids.find((id) => isFailed(cells[id])) ?? ids.find((id) => cells[id].state === "retrying") ?? ids.find((id) => cells[id].state !== "filtered") ?? ids[0];
}

export function panel() {
	const id = address.value.first;
	const known = detail.value?.id === id ? detail.value : null;
	const one = row(id) ?? known?.found?.row;
	const ids = shown.value;
	const place = ids.indexOf(id);
	return html`<aside id="side" class="side" tabindex="-1" aria-labelledby="side-title">
		<div class="side-head">
			<h2 id="side-title">${one ? html`${one.event_name} <span class="key">${one.key}</span>` : "A change"}</h2>
			<span class="moves">
				<button aria-label="Previous change" title="Key: k" ?disabled=${place <= 0} @click=${() => step(-1)}>↑</button>
				<button aria-label="Next change" title="Key: j" ?disabled=${place < 0 || place >= ids.length - 1} @click=${() => step(1)}>↓</button>
				<button class="close" @click=${close} title="Key: Escape">Close</button>
			</span>
			${one ? routeTabs(one) : ""}
		</div>
		<div class="side-body">${known?.problem ? html`<p class="bad">${known.problem}</p>` : known && one ? story(one, known.found) : html`<p class="empty" role="status">Loading …</p>`}</div>
	</aside>`;
}

function close() {
	go(store.to("changes"));
	focusList();
}

function routeTabs(one) {
	const here = chosen(one.cells);
	return html`<div class="tabs" role="group" aria-label="Routes" data-keys>
		${store.routes.value.filter(({ id }) => one.cells[id]).map(({ id, label }) => html`<a data-stop tabindex=${id === here ? 0 : -1} aria-current=${id === here ? "true" : "false"} href=${store.to("changes", one.id, id)} @click=${(event) => replace(event, one.id, id)}><span class=${stateOf(one.cells[id]).kind}>${stateOf(one.cells[id]).mark}</span> ${label}</a>`)}
	</div>`;
}

function replace(event, id, route) {
	event.preventDefault();
	go(store.to("changes", id, route), { replace: true });
}

function story(one, found) {
	const route = chosen(one.cells);
	const told = found.routes[route];
	const state = one.cells[route];
	if (!told) return html`<p class="empty">What became of it is not known yet.</p>${record(found)}`;
	return html`
		<div class=${`cause ${state.state === "delivered" && told.summary.attributes.length ? "warn" : stateOf(state).kind}`}>
			<p class="sentence">${told.summary.cause}</p>
			${told.summary.next ? html`<p>${told.summary.next}</p>` : ""}
		</div>
		<p class="meta">${cell(state)} written <time title=${date(one.at)}>${time(one.at)}</time></p>
		${actions(one, route, told, found)}
		${timeline(one, told)}
		${filters(told, route)}
		${request(told)}
		${origins(told)}
		${responses(told)}
		${record(found, told)}`;
}

function actions(one, route, told, found) {
	const image = found.record?.dynamodb?.NewImage;
	const failed = isFailed(one.cells[route]);
	const mend = image && failed;
	return html`<p class="actions">
		${image ? html`<button class=${mend ? "main" : ""} @click=${() => openWrite({ item: image, title: mend ? `Mend ${one.key}` : `Write ${one.key} again`, ...(mend ? { why: told.summary.cause, suspects: told.summary.attributes } : {}) })}>${mend ? "Mend the item" : "Edit the item"}</button>` : ""}
		${told.letter ? html`<button @click=${() => store.replayLetters([told.letter])} title="Bring the cache to what the table has now">Replay the dead letter</button>${discard(told.letter, "Discard it")}` : ""}
		${found.record ? html`<button @click=${() => store.replayChange(one.id, route)} title="Make the request of this record again, and send it">Send this one again</button>` : ""}
		${told.curl ? html`<button @click=${() => store.copy(told.curl, "The curl command")} title="Without the key: it reads $MOMENTO_API_KEY">Copy as curl</button>` : ""}
		<a class="button" href=${store.to("what-if", route)}>What if …</a>
	</p>`;
}
