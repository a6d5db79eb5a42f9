// The dead letters: why each is there, its item and its change; replay or discard.
import { html, nothing } from "../libraries.js";
import { steady } from "../rows.js";
import * as store from "../store.js";
import { many, short, stamp } from "../words.js";
import { keyAddress } from "./items.js";

export function letters() {
	const { waiting, hidden, letters: all } = store.letters.value;
	return html`
		<div class="tools">
			<p>A change that could not be delivered is kept as a dead letter. Replay delivers it again; discard deletes the letter. ${store.lettersKnown.value ? "" : html`<b class="warn">AWS does not answer: this is what was in the queue before.</b>`} ${hidden ? `${many(hidden, "more letter is", "more letters are")} in the hands of another replay.` : ""}</p>
			${waiting ? html`<button class="main" @click=${() => store.replayLetters("all")}>Replay all ${waiting}</button><button @click=${() => store.discardLetters("all", `all ${waiting} dead letters`)}>Discard all ${waiting}</button>` : ""}
		</div>
		${going()}
		${all.length
			? html`<ol class="cards scroll" aria-label="Dead letters, the newest first" data-keys>${steady(all, ".cards", ({ id }) => id).map(card)}</ol>
				${waiting > all.length ? html`<p class="hint">${all.length} of ${waiting} are shown.</p>` : ""}`
			: html`<p class="empty">${!store.lettersKnown.value ? "It is not known whether there are dead letters." : waiting ? "Loading …" : "There is no dead letter: every change was delivered or filtered out."}</p>`}`;
}

function card({ id, change, route, item, reason, arrived, replay, key_item }, place) {
	const stop = (before) => (before || place ? -1 : 0);
	const link = change ? store.to("changes", change, route ?? "") : key_item && store.to("items", keyAddress({ key_item }));
	return html`<li data-line class="card letter">
		<div><p><b class="key">${short(item) || "Its item is not known"}</b> ${route ? html`<span class="cell bad">✗ ${store.routeOf(route)?.label ?? route}</span>` : ""} <span class="meta">${arrived ? stamp(arrived) : ""}</span></p>
		<p>${reason}</p></div>
		<p class="actions">
			${link ? html`<a class="button" data-stop tabindex=${stop()} href=${link}>${change ? "What is wrong?" : "Look at the item"}</a>` : ""}
			${replay ? html`<button data-stop tabindex=${stop(link)} aria-label=${`Replay ${item}`} @click=${() => store.replayLetters([id])}>Replay</button>` : ""}
			<button data-stop tabindex=${stop(link || replay)} aria-label=${`Discard ${item}`} @click=${() => store.discardLetters([id])}>Discard</button>
		</p>
	</li>`;
}

function going() {
	const job = store.progress.value;
	if (!job || job.finished) return nothing;
	return html`<p class="going"><progress max=${job.all || 1} value=${job.done} aria-label=${job.about}></progress> ${job.done} of ${job.all}. ${job.text}</p>`;
}
