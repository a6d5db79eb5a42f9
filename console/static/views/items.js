// The items: what the table has and what the cache has, side by side.
import { address, go } from "../address.js";
import { html, signal } from "../libraries.js";
import { steady } from "../rows.js";
import * as store from "../store.js";
import { age, ITEM_STATES, plainItem, short, TYPES } from "../words.js";

const BRIEF = 200; // characters of an item or an entry in a row
const search = signal("");
export const keyAddress = (item) => JSON.stringify(item.key_item);

export function items() {
	const words = search.value.toLowerCase();
	const all = [...store.items.value.values()].sort((a, b) => a.key.localeCompare(b.key, undefined, { numeric: true }));
	const hits = all.filter((item) => `${item.key} ${item.state}`.toLowerCase().includes(words));
	const { more, shown } = store.moreItems.value;
	const empty = all.length ? `Nothing matches “${search.value}”.` : "The table is empty. Write an item.";
	return html`
		<div class="tools"><input id="search" type="search" aria-label="Search the items on the page" placeholder="Search key or state …   /" .value=${search.value} @input=${({ target }) => (search.value = target.value)}>${lookUp()}</div>
		${more ? html`<p class="hint">The table has more items. ${shown} are shown, among them those written last; look up any other by its key.</p>` : ""}
		${hits.length ? table(hits) : html`<p class="empty">${empty}</p>`}`;
}

function lookUp() {
	const keys = store.pipeline.value?.table?.key ?? [];
	const find = (event) => {
		event.preventDefault();
		const values = new FormData(event.target);
		go(store.to("items", JSON.stringify(Object.fromEntries(keys.map(({ name, type }) => [name, { [type]: values.get(name) }])))));
	};
	return html`<form class="look-up" @submit=${find}>
		${keys.map(({ name, type }) => html`<label><span>${name}</span><input name=${name} required autocomplete="off" spellcheck="false" placeholder=${TYPES[type]}></label>`)}
		<button type="submit">Look up</button>
	</form>`;
}

function table(shown) {
	const head = (label, kind = "") => html`<th scope="col" class=${kind}>${label}</th>`;
	const ofCache = store.has("cache") ? [head("In the cache", "wide"), head("Expires", "left")] : "";
	return html`<div class="scroll"><table class="items" data-keys>
		<thead><tr>${head("Key")}${ofCache && head("State")}${head("In the table", "wide")}${ofCache}${head(html`<span class="hidden">Actions</span>`)}</tr></thead>
		<tbody>${steady(shown, ".items", ({ id }) => id).map((item, place) => row(item, place, ofCache))}</tbody>
	</table></div>`;
}

function row(item, place, hasCache) {
	const isOpen = address.value.first === keyAddress(item);
	return html`<tr data-line class=${isOpen ? "here" : ""}>
		<th scope="row"><a data-stop tabindex=${place ? -1 : 0} href=${store.to("items", keyAddress(item))} aria-current=${isOpen ? "true" : "false"} title=${item.key}><span class="clamp">${item.key}</span></a></th>
		${hasCache ? html`<td>${itemState(item)}</td>` : ""}
		<td class="wide"><code>${brief(item.table, fields)}</code></td>
		${hasCache ? html`<td class="wide"><code>${brief(item.cache, ({ text, binary }) => text ?? `bytes: ${binary}`)}</code></td><td class="left">${left(item)}</td>` : ""}
		<td class="action">${item.table && item.table !== "unknown" ? html`<button data-stop tabindex="-1" aria-label=${`Delete ${item.key}`} @click=${() => store.removeItem(item)}>Delete</button>` : ""}</td>
	</tr>`;
}

// Return the state of an item now, and why. The server may not have looked again yet.
export function stateNow(item) {
	if (!store.reached.value) return { state: "unknown", why: "The page's server does not answer." };
	if (item.state === "in sync" && item.expires && item.expires <= store.now.value) return { state: "expired", why: "Its time to live is over." };
	return item;
}

export function itemState(item) {
	const { state, why } = stateNow(item);
	const { mark, kind } = ITEM_STATES[state] ?? ITEM_STATES.unknown;
	return html`<span class=${`cell ${kind}`} title=${why}><b aria-hidden="true">${mark}</b> ${state}</span>`;
}

export function left(item) {
	if (!item.expires) return "–";
	const seconds = item.expires - store.now.value;
	return seconds > 0 ? `in ${age(Math.ceil(seconds))}` : "over";
}

const brief = (side, text) => (side === "unknown" ? "not known" : side ? short(text(side), BRIEF) : "–");

// Return the attributes of an item other than its key.
function fields(item) {
	const keys = new Set(store.pipeline.value.table.key.map(({ name }) => name));
	const rest = Object.entries(plainItem(item)).filter(([name]) => !keys.has(name));
	return rest.map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ");
}
