// The panel of one item: its state and why, the table's side and the cache's side.
import { address, go } from "../address.js";
import { ask, query } from "../ask.js";
import { json, pretty } from "../json.js";
import { effect, html, signal } from "../libraries.js";
import * as store from "../store.js";
import { date } from "../words.js";
import { focusList } from "./changes.js";
import { itemState, keyAddress, left, remove, stateNow } from "./items.js";
import { code } from "./story.js";
import { openWrite } from "./write.js";

const looked = signal(null); // { key, item } or { key, problem }

effect(() => {
	const { view, first: key } = address.value;
	const pipeline = store.pipeline.value?.name;
	if (view === "items" && key && pipeline && store.ready.value) look(pipeline, key);
});

async function look(pipeline, key) {
	let next;
	try {
		next = { key, item: await ask("GET", `items?${query({ pipeline, key })}`) };
	} catch (error) {
		next = { key, problem: error.message };
	}
	if (address.value.first === key) looked.value = next;
}

export function itemPanel() {
	const key = address.value.first;
	const known = looked.value?.key === key ? looked.value : null;
	const fresh = [...store.items.value.values()].find((one) => keyAddress(one) === key || one.id === known?.item?.id);
	const one = fresh ?? known?.item;
	return html`<aside id="side" class="side" tabindex="-1" aria-labelledby="side-title">
		<div class="side-head"><h2 id="side-title"><span class="key">${one?.key ?? "An item"}</span></h2>
			<span class="moves"><button class="close" title="Key: Escape" @click=${() => (go(store.to("items")), focusList())}>Close</button></span></div>
		<div class="side-body">${one ? story(one) : known?.problem ? html`<p class="bad">${known.problem}</p>` : html`<p class="empty" role="status">Looking …</p>`}</div>
	</aside>`;
}

function story(one) {
	const hasItem = one.table && one.table !== "unknown";
	return html`
		<p class="cause-line">${itemState(one)} ${stateNow(one).why}</p>
		<p class="actions">
			${hasItem ? html`<button class="main" @click=${() => openWrite({ item: one.table, title: `Edit ${one.key}`, why: one.state === "refused" ? one.why : "" })}>Edit the item</button>${remove(one)}` : ""}
			${one.change ? html`<a class="button" href=${store.to("changes", one.change)}>Its last change</a>` : ""}
		</p>
		<div class="sides">
			<section class="part"><h3>In the table</h3>${one.table === "unknown" ? html`<p class="warn">Not known: AWS does not tell.</p>` : one.table ? code(json(one.table)) : html`<p>The table has no such item.</p>`}</section>
			<section class="part"><h3>In the cache</h3>${cache(one.cache)}
				<p class="meta">${one.expires ? html`Expires ${left(one)}, at ${date(one.expires)}.` : one.ttl ? `Its time to live is ${one.ttl} s.` : ""}</p></section>
		</div>
		${one.expected !== null && one.cache !== "unknown" && one.expected !== one.cache?.text ? html`<section class="part"><h3>What the routes send for it</h3>${code(pretty(one.expected))}</section>` : ""}`;
}

function cache(found) {
	if (found === "unknown") return html`<p class="warn">Not known: Momento does not tell.</p>`;
	if (!found) return html`<p>The cache has no entry of it.</p>`;
	return code(found.text === undefined || found.text === null ? `bytes: ${found.binary}` : pretty(found.text));
}
