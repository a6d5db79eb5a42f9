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
	const all = [...store.items.value.values()].sort((one, other) => one.key.localeCompare(other.key, undefined, { numeric: true }));
	const found = all.filter((one) => `${one.key} ${one.state}`.toLowerCase().includes(words));
	const { more, shown } = store.moreItems.value;
	const empty = all.length ? `Nothing matches “${search.value}”.` : "The table is empty. Write an item.";
	return html`
		<div class="tools"><input id="search" type="search" aria-label="Search the items on the page" placeholder="Search key or state …   /" .value=${search.value} @input=${({ target }) => (search.value = target.value)}>${lookUp()}</div>
		${more ? html`<p class="hint">The table has more items. ${shown} are shown, among them those written last; look up any other by its key.</p>` : ""}
		${found.length ? table(found) : html`<p class="empty">${empty}</p>`}`;
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

function table(found) {
	const head = (label, kind = "") => html`<th scope="col" class=${kind}>${label}</th>`;
	const ofCache = store.has("cache") ? [head("In the cache", "wide"), head("Expires", "left")] : "";
	return html`<div class="scroll"><table class="items" data-keys>
		<thead><tr>${head("Key")}${ofCache && head("State")}${head("In the table", "wide")}${ofCache}${head(html`<span class="hidden">Actions</span>`)}</tr></thead>
		<tbody>${steady(found, ".items", ({ id }) => id).map((one, place) => row(one, place, ofCache))}</tbody>
	</table></div>`;
}

function row(one, place, hasCache) {
	const isOpen = address.value.first === keyAddress(one);
	return html`<tr data-line class=${isOpen ? "here" : ""}>
		<th scope="row"><a data-stop tabindex=${place ? -1 : 0} href=${store.to("items", keyAddress(one))} aria-current=${isOpen ? "true" : "false"} title=${one.key}><span class="clamp">${one.key}</span></a></th>
		${hasCache ? html`<td>${itemState(one)}</td>` : ""}
		<td class="wide"><code>${brief(one.table, fields)}</code></td>
		${hasCache ? html`<td class="wide"><code>${brief(one.cache, ({ text, binary }) => text ?? `bytes: ${binary}`)}</code></td><td class="left">${left(one)}</td>` : ""}
		<td class="action">${one.table && one.table !== "unknown" ? html`<button data-stop tabindex="-1" aria-label=${`Delete ${one.key}`} @click=${() => store.removeItem(one)}>Delete</button>` : ""}</td>
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

const brief = (side, text) => (side === "unknown" ? "not known" : side ? short(text(side), BRIEF) : "–");

// Return the attributes of an item other than its key.
function fields(item) {
	const keys = new Set(store.pipeline.value.table.key.map(({ name }) => name));
	const rest = Object.entries(plainItem(item)).filter(([name]) => !keys.has(name));
	return rest.map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ");
}
