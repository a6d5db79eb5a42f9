// The items: what the table has and what the cache has, side by side.
import { address, go } from "../address.js";
import { html, signal } from "../libraries.js";
import { steady } from "../rows.js";
import * as store from "../store.js";
import { age, ITEM_STATES, plainItem, TYPES } from "../words.js";
import { twice } from "./twice.js";

const search = signal("");
export const remove = (one, options) => twice(`delete ${one.id}`, "Delete", "Delete it?", () => store.removeItem(one), options);
export const keyAddress = (item) => JSON.stringify(item.key_item);

export function items() {
	const words = search.value.toLowerCase();
	const all = [...store.items.value.values()].sort((one, other) => one.key.localeCompare(other.key, undefined, { numeric: true }));
	const found = all.filter((one) => `${one.key} ${one.state}`.toLowerCase().includes(words));
	const { more, shown } = store.moreItems.value;
	return html`
		<div class="tools">
			<input id="search" type="search" aria-label="Search the items on the page" placeholder="Search key or state …   /" .value=${search.value} @input=${({ target }) => (search.value = target.value)}>
			${lookUp()}
		</div>
		${more ? html`<p class="hint">The table has more items. ${shown} are shown, among them those written last; look up any other by its key.</p>` : ""}
		${found.length ? table(found) : html`<p class="empty">${all.length ? `Nothing matches “${search.value}”.` : "The table is empty. Write an item."}</p>`}`;
}

function lookUp() {
	const keys = store.pipeline.value?.table?.key ?? [];
	return html`<form class="look-up" @submit=${find}>
		${keys.map(({ name, type }) => html`<label><span>${name}</span><input name=${name} required autocomplete="off" spellcheck="false" placeholder=${TYPES[type]}></label>`)}
		<button type="submit">Look up</button>
	</form>`;
}

function find(event) {
	event.preventDefault();
	const values = new FormData(event.target);
	const key = Object.fromEntries(store.pipeline.value.table.key.map(({ name, type }) => [name, { [type]: values.get(name) }]));
	go(store.to("items", JSON.stringify(key)));
}

function table(found) {
	const open = address.value.first;
	return html`<div class="scroll"><table class="items" data-keys>
		<thead><tr><th scope="col">Key</th><th scope="col">State</th><th scope="col" class="wide">In the table</th><th scope="col" class="wide">In the cache</th><th scope="col">Expires</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
		<tbody>${steady(found, ".items", ({ id }) => id).map((one, place) => row(one, place, open))}</tbody>
	</table></div>`;
}

function row(one, place, open) {
	const isOpen = open === keyAddress(one);
	return html`<tr data-line class=${isOpen ? "here" : ""}>
		<th scope="row"><a data-stop tabindex=${place ? -1 : 0} href=${store.to("items", keyAddress(one))} aria-current=${isOpen ? "true" : "false"} title=${one.key}><span class="clamp">${one.key}</span></a></th>
		<td>${itemState(one)}</td>
		<td class="wide"><code>${brief(one.table)}</code></td>
		<td class="wide"><code>${briefCache(one.cache)}</code></td>
		<td class="left">${left(one)}</td>
		<td class="action">${one.table && one.table !== "unknown" ? remove(one, { stop: -1, what: one.key }) : ""}</td>
	</tr>`;
}

// Return the state of an item now, and why. The server may not have looked again yet.
export function stateNow(one) {
	if (!store.reached.value) return { state: "unknown", why: "The page's server does not answer." };
	if (one.state === "in sync" && one.expires && one.expires <= store.now.value) return { state: "expired", why: "Its time to live is over." };
	return one;
}

export function itemState(one) {
	const { state, why } = stateNow(one);
	const { mark, kind } = ITEM_STATES[state] ?? ITEM_STATES.unknown;
	return html`<span class=${`cell ${kind}`} title=${why}><b aria-hidden="true">${mark}</b> ${state}</span>`;
}

export function left(one) {
	if (!one.expires) return "–";
	const seconds = one.expires - store.now.value;
	return seconds > 0 ? `in ${age(Math.ceil(seconds))}` : "over";
}

function brief(item) {
	if (item === "unknown") return "not known";
	if (!item) return "–";
	const keys = new Set(store.pipeline.value.table.key.map(({ name }) => name));
	const rest = Object.fromEntries(Object.entries(plainItem(item)).filter(([name]) => !keys.has(name)));
	return Object.entries(rest).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ");
}

function briefCache(cache) {
	if (cache === "unknown") return "not known";
	if (!cache) return "–";
	return cache.text ?? `bytes: ${cache.binary}`;
}
