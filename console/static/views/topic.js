// The messages of the topic, the newest first, each with the change that it comes from.
import { json } from "../json.js";
import { html } from "../libraries.js";
import { row, steady } from "../rows.js";
import * as store from "../store.js";
import { date, time } from "../words.js";

export function topic() {
	const found = store.messages.value;
	if (!found.length) return html`<p class="empty">No message has come yet. The topic keeps nothing: the page shows what it has heard since it started. Write an item to see one.</p>`;
	return html`<ol class="cards scroll" aria-label="Messages, the newest first" data-keys>
		${steady(found, ".cards", ({ number, at }) => `${number} ${at}`).map(message)}
	</ol>`;
}

function message(one, place) {
	const change = one.change ? row(one.change) : null;
	const name = change ? `${change.event_name} ${change.key}` : "its change";
	return html`<li data-line class="card">
		<p class="meta"><time title=${date(one.at)}>${time(one.at)}</time> <span>message ${one.number}</span>
			${one.change ? html`<a data-stop tabindex=${place ? -1 : 0} href=${store.to("changes", one.change)}>${name}</a>` : html`<span data-stop tabindex=${place ? -1 : 0}>${one.missed ? "" : "its change is not known"}</span>`}</p>
		${one.missed ? html`<p class="warn">${one.missed}</p>` : html`<pre>${body(one)}</pre>`}
	</li>`;
}

function body(one) {
	if (one.text === null || one.text === undefined) return `bytes: ${one.binary ?? ""}`;
	return one.json === null || one.json === undefined ? one.text : one.text.length < 140 ? one.text : json(one.json);
}

