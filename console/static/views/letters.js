// The dead letters: why each is there, its item and its change; replay or discard.
import { html, nothing } from "../libraries.js";
import { steady } from "../rows.js";
import * as store from "../store.js";
import { date, many, time } from "../words.js";
import { keyAddress } from "./items.js";
import { twice } from "./twice.js";

export function letters() {
	const { waiting, hidden, letters: found } = store.letters.value;
	return html`
		<div class="tools">
			<p class="grow">A record that could not be delivered leaves a dead letter. Replay sends it again; discard forgets it. ${store.lettersKnown.value ? "" : html`<b class="warn">AWS does not tell now what is in the queue: this is what was there.</b>`} ${hidden ? `${many(hidden, "letter is", "letters are")} held by another run at the moment.` : ""}</p>
			${waiting ? html`<button class="main" @click=${() => store.replayLetters("all")}>Replay all ${waiting}</button>${discard("all", `Discard all ${waiting}`)}` : ""}
		</div>
		${going()}
		${found.length
			? html`<ol class="cards scroll" aria-label="Dead letters, the newest first" data-keys>${steady(found, ".cards", ({ id }) => id).map(letter)}</ol>
				${waiting > found.length ? html`<p class="hint">${found.length} of ${waiting} are shown.</p>` : ""}`
			: html`<p class="empty">${!store.lettersKnown.value ? "It is not known whether a dead letter waits." : waiting ? "The letters are being read." : "No dead letter waits: every record was delivered or left out by a filter."}</p>`}`;
}

function letter(one, place) {
	const stop = place ? -1 : 0;
	const link = one.change ? store.to("changes", one.change, one.route ?? "") : one.key_item && store.to("items", keyAddress(one));
	return html`<li data-line class="card letter">
		<div><p><b class="key">${one.item || "Its item is not known"}</b> ${one.route ? html`<span class="cell bad">✗ ${store.routeOf(one.route)?.label ?? one.route}</span>` : ""} <time class="meta" title=${one.arrived ? date(one.arrived) : ""}>${time(one.arrived)}</time></p>
		<p>${one.reason}</p></div>
		<p class="actions">
			${link ? html`<a class="button" data-stop tabindex=${stop} href=${link}>${one.change ? "What is wrong?" : "Look at the item"}</a>` : ""}
			${one.replay ? html`<button data-stop tabindex=${link ? -1 : stop} aria-label=${`Replay ${one.item}`} @click=${() => store.replayLetters([one.id])}>Replay</button>` : ""}
			${discard(one.id, "Discard", { stop: link || one.replay ? -1 : stop, what: one.item })}
		</p>
	</li>`;
}

export const discard = (id, label, options) => twice(`discard ${id}`, label, "Discard for good?", () => store.discardLetters(id === "all" ? "all" : [id]), options);

function going() {
	const found = store.progress.value;
	if (!found || found.finished) return nothing;
	return html`<p class="going"><progress max=${found.all || 1} value=${found.done} aria-label=${found.about}></progress> ${found.done} of ${found.all}. ${found.text}</p>`;
}
