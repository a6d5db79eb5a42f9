// The messages of the topic, the newest first, each with the change that it comes from.
import { json } from "../json.js";
import { html } from "../libraries.js";
import { row, steady } from "../rows.js";
import * as store from "../store.js";
import { short, stamp } from "../words.js";

const SHORT = 140; // characters of a message in one line

export function topic() {
	const found = store.messages.value;
	if (!found.length) return html`<p class="empty">No message has come yet. Momento keeps no messages: the page shows what it has received since it started. Write an item to see one.</p>`;
	return html`<ol class="cards scroll" aria-label="Messages, the newest first" data-keys>
		${steady(found, ".cards", ({ number, at }) => `${number} ${at}`).map(message)}
	</ol>`;
}

function message(one, place) {
	const change = row(one.change);
	const stop = place ? -1 : 0;
	return html`<li data-line class="card">
		<p class="meta">${stamp(one.at)} <span>message ${one.number}</span>
			${one.change ? html`<a data-stop tabindex=${stop} href=${store.to("changes", one.change)}>${change ? `${change.event_name} ${short(change.key)}` : "its change"}</a>` : html`<span data-stop tabindex=${stop}>${one.missed ? "" : "its change is not known"}</span>`}</p>
		${one.missed ? html`<p class="warn">${one.missed}</p>` : html`<pre>${body(one)}</pre>`}
	</li>`;
}

function body(one) {
	if (one.text === null || one.text === undefined) return `bytes: ${one.binary ?? ""}`;
	return one.json && one.text.length > SHORT ? json(one.json) : one.text;
}
