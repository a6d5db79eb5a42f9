// The messages of the topic, the newest first, each with the change that it comes from.
import { json } from "../json.js";
import { html } from "../libraries.js";
import { row, steady } from "../rows.js";
import * as store from "../store.js";
import { short, stamp } from "../words.js";

const SHORT = 140; // characters of a message in one line

export function topic() {
	const all = store.messages.value;
	if (!all.length) return html`<p class="empty">No message has come yet. Momento keeps no messages: the page shows what it has received since it started. Write an item to see one.</p>`;
	return html`<ol class="cards scroll" aria-label="Messages, the newest first" data-keys>
		${steady(all, ".cards", ({ number, at }) => `${number} ${at}`).map(card)}
	</ol>`;
}

function card({ at, number, missed, change: id, ...content }, place) {
	const change = row(id);
	const stop = place ? -1 : 0;
	return html`<li data-line class="card">
		<p class="meta">${stamp(at)} <span>message ${number}</span>
			${id ? html`<a data-stop tabindex=${stop} href=${store.to("changes", id)}>${change ? `${change.event_name} ${short(change.key)}` : "its change"}</a>` : html`<span data-stop tabindex=${stop}>${missed ? "" : "its change is not known"}</span>`}</p>
		${missed ? html`<p class="warn">${missed}</p>` : html`<pre>${body(content)}</pre>`}
	</li>`;
}

function body({ text, binary, json: value }) {
	if (text === null || text === undefined) return `bytes: ${binary ?? ""}`;
	return value && text.length > SHORT ? json(value) : text;
}
