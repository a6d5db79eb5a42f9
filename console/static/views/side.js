// The panel at the side of a list: a title, buttons and Close, and what the server told.
import { address, go } from "../address.js";
import { html } from "../libraries.js";
import * as store from "../store.js";
import { focusList } from "./changes.js";

export function leave() {
	go(store.to(address.value.view));
	focusList();
}

// `data` has a `problem`, or is what `body` draws; without it, the answer has not come.
export function side(title, data, body, { buttons = "", tabs = "" } = {}) {
	const loading = html`<p class="empty" role="status">Loading …</p>`;
	return html`<aside id="side" class="side" tabindex="-1" aria-labelledby="side-title">
		<div class="bar"><h2 id="side-title">${title}</h2>
			<span>${buttons} <button class="close" @click=${leave} title="Key: Escape">Close</button></span>${tabs}</div>
		<div class="side-body">${data?.problem ? html`<p class="bad">${data.problem}</p>` : data ? body() : loading}</div>
	</aside>`;
}
