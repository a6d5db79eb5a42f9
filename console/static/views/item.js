// The panel of one item: its state and why, the table's side and the cache's side.
import { address } from "../address.js";
import { load, query } from "../ask.js";
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
	if (view === "items" && key && pipeline && store.ready.value) load(looked, key, `items?${query({ pipeline, key })}`);
});

export function itemPanel() {
	const key = address.value.first;
	const known = looked.value?.key === key ? looked.value : null;
	const item = [...store.items.value.values()].find((kept) => keyAddress(kept) === key || kept.id === known?.data?.id) ?? known?.data;
	return side(html`<span class="key">${item?.key ?? "An item"}</span>`, item ?? known, () => story(item));
}

function story(item) {
	const { table, key, change, expires, ttl, expected, cache: entry } = item;
	const hasItem = table && table !== "unknown";
	const edit = () => openWrite({ item: table, title: `Edit ${key}`, why: item.state === "refused" ? item.why : "" });
	return html`
		${store.has("cache") ? html`<p>${itemState(item)} ${stateNow(item).why}</p>` : ""}
		<p class="actions">
			${hasItem ? html`<button class="main" @click=${edit}>Edit the item</button><button @click=${() => store.removeItem(item)}>Delete</button>` : ""}
			${change ? html`<a class="button" href=${store.to("changes", change)}>Its last change</a>` : ""}
		</p>
		<div class="sides">
			${part("In the table", hasItem ? code(json(table)) : table ? unknown("aws", "AWS") : html`<p>The table has no such item.</p>`)}
			${store.has("cache") ? part("In the cache", html`${cache(entry)}<p class="meta">${expires > store.now.value ? `Expires ${left(item)}, at ${date(expires)}.` : expires ? `It expired at ${date(expires)}.` : ttl ? `Its time to live is ${ttl} s.` : ""}</p>`) : ""}
		</div>
		${expected !== null && entry !== "unknown" && expected !== entry?.text ? part("What the routes send for it", code(pretty(expected))) : ""}`;
}

const unknown = (of, name) => html`<p class="warn">Not known${store.isDown(of) ? `: ${name} does not answer` : ""}.</p>`;

function cache(entry) {
	if (entry === "unknown") return unknown("momento", "Momento");
	if (!entry) return html`<p>The cache has no entry for it.</p>`;
	return code(entry.text === undefined || entry.text === null ? `bytes: ${entry.binary}` : pretty(entry.text));
}
