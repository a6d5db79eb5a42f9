// The panel of one change: why it went where it went, the cause first.
import { address } from "../address.js";
import { load } from "../ask.js";
import { effect, html, signal } from "../libraries.js";
import { isFailed, row as rowOf, shown, version } from "../rows.js";
import * as store from "../store.js";
import { stamp, stateOf } from "../words.js";
import { cell, step } from "./changes.js";
import { side } from "./side.js";
import { filters, origins, record, request, responses, timeline } from "./story.js";
import { openWrite } from "./write.js";

const WAIT_MS = 120;
const detail = signal(null);

// Read the open change, and again when its row or the dead letters have changed.
let timer = 0;
effect(() => {
	version.value;
	const letters = store.letters.value;
	const { view, first: id } = address.value;
	if (view !== "changes" || !id || !store.ready.value) return;
	const known = detail.peek();
	const isKnown = known?.key === id;
	if (isKnown && known.row === rowOf(id) && known.letters === letters) return;
	clearTimeout(timer);
	timer = setTimeout(() => load(detail, id, `changes/${encodeURIComponent(id)}`, { row: rowOf(id), letters }), isKnown ? WAIT_MS : 0);
});

// The route to show first: the one that failed, else one that sent something.
function chosen(cells) {
	const { second } = address.value;
	const ids = store.routes.value.map(({ id }) => id).filter((id) => cells[id]);
	const first = (fits) => ids.find((id) => fits(cells[id]));
	return cells[second] ? second : (first(isFailed) ?? first(({ state }) => state === "retrying") ?? first(({ state }) => state !== "filtered") ?? ids[0]);
}

export function panel() {
	const id = address.value.first;
	const known = detail.value?.key === id ? detail.value : null;
	const row = rowOf(id) ?? known?.data?.row;
	const place = shown.value.indexOf(id);
	const move = (label, key, by, sign) => html`<button aria-label=${label} title=${`Key: ${key}`} ?disabled=${place < 0 || !shown.value[place + by]} @click=${() => step(by)}>${sign}</button>`;
	return side(row ? html`${row.event_name} <span class="key">${row.key}</span>` : "A change", row || known?.problem ? known : null, () => story(row, known.data), {
		buttons: html`${move("Previous change", "k", -1, "↑")} ${move("Next change", "j", 1, "↓")}`,
		tabs: row ? routeTabs(row) : "",
	});
}

function routeTabs(row) {
	const here = chosen(row.cells);
	const tab = ({ id, label }) => {
		const { kind, mark } = stateOf(row.cells[id]);
		return html`<a data-stop tabindex=${id === here ? 0 : -1} aria-current=${id === here ? "true" : "false"} href=${store.to("changes", row.id, id)}><span class=${kind}>${mark}</span> ${label}</a>`;
	};
	return html`<div class="tabs" role="group" aria-label="Routes" data-keys>${store.routes.value.filter(({ id }) => row.cells[id]).map(tab)}</div>`;
}

function story(row, data) {
	const route = chosen(row.cells);
	const fate = data.routes[route];
	const state = row.cells[route];
	if (!fate) return html`<p class="empty">What became of it is not known yet.</p>${record(data)}`;
	const { cause, next, attributes } = fate.summary;
	return html`
		<div class=${`cause ${state.state === "delivered" && attributes.length ? "warn" : stateOf(state).kind}`}>
			<p class="sentence">${cause}</p>
			${next ? html`<p>${next}</p>` : ""}
		</div>
		<p class="meta">${cell(state)} written ${stamp(row.at)}</p>
		${actions(row, route, fate, data)}
		${timeline(row, fate)}
		${filters(fate)}
		${request(fate)}
		${origins(fate)}
		${responses(fate)}
		${record(data, fate)}`;
}

function actions(row, route, { letter, curl, summary }, data) {
	const item = data.record?.dynamodb?.NewImage;
	const edit = isFailed(row.cells[route])
		? html`<button class="main" @click=${() => openWrite({ item, title: `Mend ${row.key}`, why: summary.cause, suspects: summary.attributes })}>Mend the item</button>`
		: html`<button @click=${() => openWrite({ item, title: `Edit ${row.key}` })}>Edit the item</button>`;
	return html`<p class="actions">
		${item ? edit : ""}
		${letter ? html`<button @click=${() => store.replayLetters([letter])} title="The cache gets what the table has now; a message is published again">Replay the dead letter</button><button @click=${() => store.discardLetters([letter])}>Discard it</button>` : ""}
		${data.record ? html`<button @click=${() => store.replayChange(row.id, route)}>Send this change again</button>` : ""}
		${curl ? html`<button @click=${() => store.copy(curl, "The curl command")} title="Without the key: it reads $MOMENTO_API_KEY">Copy as curl</button>` : ""}
		<a class="button" href=${store.to("what-if", route)}>What if …</a>
	</p>`;
}
