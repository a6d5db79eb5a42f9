// The dead letters: why each is there, its item and its change; replay or discard.
import { html, nothing } from "../libraries.js";
import { steady } from "../rows.js";
import * as store from "../store.js";
import { many, short, stamp } from "../words.js";
import { keyAddress } from "./items.js";

export function letters() {
	const { waiting, hidden, letters: found } = store.letters.value;
	return html`
		<div class="tools">
			<p>A change that could not be delivered is kept as a dead letter. Replay delivers it again; discard deletes the letter. ${store.lettersKnown.value ? "" : html`<b class="warn">AWS does not answer: this is what was in the queue before.</b>`} ${hidden ? `${many(hidden, "more letter is", "more letters are")} in the hands of another replay.` : ""}</p>
			${waiting ? html`<button class="main" @click=${() => store.replayLetters("all")}>Replay all ${waiting}</button><button @click=${() => store.discardLetters("all", `all ${waiting} dead letters`)}>Discard all ${waiting}</button>` : ""}
		</div>
		${going()}
		${found.length
			? html`<ol class="cards scroll" aria-label="Dead letters, the newest first" data-keys>${steady(found, ".cards", ({ id }) => id).map(letter)}</ol>
				${waiting > found.length ? html`<p class="hint">${found.length} of ${waiting} are shown.</p>` : ""}`
			: html`<p class="empty">${!store.lettersKnown.value ? "It is not known whether there are dead letters." : waiting ? "Loading …" : "There is no dead letter: every change was delivered or filtered out."}</p>`}`;
}

function letter(one, place) {
	const stop = (before) => (before || place ? -1 : 0);
	const link = one.change ? store.to("changes", one.change, one.route ?? "") : one.key_item && store.to("items", keyAddress(one));
	return html`<li data-line class="card letter">
		<div><p><b class="key">${short(one.item) || "Its item is not known"}</b> ${one.route ? html`<span class="cell bad">✗ ${store.routeOf(one.route)?.label ?? one.route}</span>` : ""} <span class="meta">${one.arrived ? stamp(one.arrived) : ""}</span></p>
		<p>${one.reason}</p></div>
		<p class="actions">
			${link ? html`<a class="button" data-stop tabindex=${stop()} href=${link}>${one.change ? "What is wrong?" : "Look at the item"}</a>` : ""}
			${one.replay ? html`<button data-stop tabindex=${stop(link)} aria-label=${`Replay ${one.item}`} @click=${() => store.replayLetters([one.id])}>Replay</button>` : ""}
			<button data-stop tabindex=${stop(link || one.replay)} aria-label=${`Discard ${one.item}`} @click=${() => store.discardLetters([one.id])}>Discard</button>
		</p>
	</li>`;
}

function going() {
	const found = store.progress.value;
	if (!found || found.finished) return nothing;
	return html`<p class="going"><progress max=${found.all || 1} value=${found.done} aria-label=${found.about}></progress> ${found.done} of ${found.all}. ${found.text}</p>`;
}
