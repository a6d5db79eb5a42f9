// The panel of one item: its state and why, the table's side and the cache's side.
import { address } from "../address.js";
import { query, told } from "../ask.js";
import { json, pretty } from "../json.js";
import { effect, html, signal } from "../libraries.js";
import * as store from "../store.js";
import { date } from "../words.js";
import { itemState, keyAddress, left, stateNow } from "./items.js";
import { side } from "./side.js";
import { code, part } from "./story.js";
import { openWrite } from "./write.js";

const looked = signal(null);

effect(() => {
	const { view, first: key } = address.value;
	const pipeline = store.pipeline.value?.name;
	if (view === "items" && key && pipeline && store.ready.value) told(looked, key, `items?${query({ pipeline, key })}`);
});

export function itemPanel() {
	const key = address.value.first;
	const known = looked.value?.key === key ? looked.value : null;
	const one = [...store.items.value.values()].find((item) => keyAddress(item) === key || item.id === known?.found?.id) ?? known?.found;
	return side(html`<span class="key">${one?.key ?? "An item"}</span>`, one ?? known, () => story(one));
}

function story(one) {
	const { table } = one;
	const hasItem = table && table !== "unknown";
	const edit = () => openWrite({ item: table, title: `Edit ${one.key}`, why: one.state === "refused" ? one.why : "" });
	return html`
		${store.has("cache") ? html`<p>${itemState(one)} ${stateNow(one).why}</p>` : ""}
		<p class="actions">
			${hasItem ? html`<button class="main" @click=${edit}>Edit the item</button><button @click=${() => store.removeItem(one)}>Delete</button>` : ""}
			${one.change ? html`<a class="button" href=${store.to("changes", one.change)}>Its last change</a>` : ""}
		</p>
		<div class="sides">
			${part("In the table", hasItem ? code(json(table)) : table ? unknown("aws", "AWS") : html`<p>The table has no such item.</p>`)}
			${store.has("cache") ? part("In the cache", html`${cache(one.cache)}<p class="meta">${one.expires > store.now.value ? `Expires ${left(one)}, at ${date(one.expires)}.` : one.expires ? `It expired at ${date(one.expires)}.` : one.ttl ? `Its time to live is ${one.ttl} s.` : ""}</p>`) : ""}
		</div>
		${one.expected !== null && one.cache !== "unknown" && one.expected !== one.cache?.text ? part("What the routes send for it", code(pretty(one.expected))) : ""}`;
}

const unknown = (of, name) => html`<p class="warn">Not known${store.isDown(of) ? `: ${name} does not answer` : ""}.</p>`;

function cache(found) {
	if (found === "unknown") return unknown("momento", "Momento");
	if (!found) return html`<p>The cache has no entry for it.</p>`;
	return code(found.text === undefined || found.text === null ? `bytes: ${found.binary}` : pretty(found.text));
}
