// The changes: a row for each record of the stream, a cell for each route, the newest first.
// Only the rows in sight are in the document. Rows do not move while somebody points at them.
import { address, go } from "../address.js";
import { effect, html, nothing, signal } from "../libraries.js";
import * as rows from "../rows.js";
import * as store from "../store.js";
import { cellText, date, span, stateOf, time } from "../words.js";

const HEIGHT = 36;
const TALL = 64; // on a phone
const OLDER = 100; // with so many rows there may be older ones that the page has not
const MORE = 8; // rows above and below those in sight

const top = signal(0);
const active = signal(""); // the id of the row that the keys are at
let pointed = false; // by a mouse; a finger holds the rows by the focus

const height = () => (store.narrow.value ? TALL : HEIGHT);
const list = () => document.getElementById("changes");
export const current = () => (address.value.view === "changes" && address.value.first) || active.value;

export function changes() {
	const ids = rows.shown.value;
	return html`${tools()} ${ids.length ? grid(ids) : html`<p class="empty">${nothingToShow()}</p>`}`;
}

function nothingToShow() {
	if (!store.ready.value) return "Loading …";
	if (rows.search.value) return `Nothing matches “${rows.search.value}”.`;
	if (rows.filter.value !== "all") return "No change is in this state.";
	return "There is no change yet. Write an item, and see where its change goes.";
}

function tools() {
	const unseen = rows.unseen.value;
	const paused = rows.paused.value;
	return html`<div class="tools">
		<input id="search" type="search" aria-label="Search key, change, route or state" placeholder="Search key, route, state …   /" .value=${rows.search.value} @input=${({ target }) => show(rows.search, target.value)}>
		<div class="pills" role="group" aria-label="Show" data-keys>
			${Object.entries(rows.FILTERS).map(([name, { label }]) => {
				const on = rows.filter.value === name;
				const count = rows.totals.value[name];
				return html`<button data-stop tabindex=${on ? 0 : -1} class=${`pill ${name === "failed" && count ? "bad" : ""}`} aria-pressed=${on} @click=${() => show(rows.filter, name)}>${label} <span class="count">${count.toLocaleString("en")}</span></button>`;
			})}
		</div>
		<button class="pill" aria-pressed=${paused} @click=${pause}>${paused ? "Go on" : "Pause"}</button>
		<button class=${`pill news ${unseen ? "main" : ""}`} ?disabled=${!unseen} @click=${showNews}>${unseen ? `${unseen} new: show` : "Up to date"}</button>
		${rows.totals.value.all >= OLDER ? html`<button class="pill" @click=${store.older}>Load older</button>` : ""}
	</div>`;
}

// Show other rows, from the top.
function show(what, value) {
	rows.held.value = null;
	what.value = value;
	toTop();
}

function pause() {
	rows.paused.value = !rows.paused.value;
	holdOrNot();
}

function showNews() {
	show(rows.held, null);
	rows.hold(rows.paused.value);
}

function toTop() {
	top.value = 0;
	list()?.scrollTo(0, 0);
}

// Hold the rows while moving them would make somebody miss.
function holdOrNot() {
	const hasFocus = document.activeElement === list() && active.value !== "";
	rows.hold(rows.paused.value || (pointed && list()?.matches(":hover")) || top.value > 4 || hasFocus);
}

function grid(ids) {
	const size = height();
	const first = Math.max(0, Math.floor(top.value / size) - MORE);
	const visible = ids.slice(first, first + Math.ceil(innerHeight / size) + 2 * MORE);
	const here = current();
	const routes = store.routes.value;
	const scroll = ({ target }) => {
		top.value = target.scrollTop;
		holdOrNot();
	};
	const head = (...part) => box("columnheader", ...part);
	return html`<div id="changes" role="grid" class="changes" .style=${`--routes:${routes.length}`} aria-label="Changes, the newest first" aria-rowcount=${ids.length + 1}
			tabindex="0" aria-activedescendant=${visible.includes(here) ? `row-${here}` : nothing}
			@scroll=${scroll} @keydown=${pressed} @focus=${focusCame} @blur=${() => setTimeout(holdOrNot)}
			@pointerenter=${point} @pointerleave=${point}>
		<div role="rowgroup" class="head"><div role="row" class="row" aria-rowindex="1">
			${head("at", "Time")}${head("what", "Change")}${head("key", "Key")}${routes.map(({ label, id }) => head("route", label, id))}${head("took", "Took", "From the write to the last delivery")}
		</div></div>
		<div role="rowgroup" class="body" .style=${`height:${ids.length * size}px`} @click=${clicked}>
			${visible.map((id, place) => line(id, first + place, size, routes, id === here))}
		</div>
	</div>`;
}

const box = (role, kind, body, title = nothing) => html`<span role=${role} class=${kind} title=${title}>${body}</span>`;

function line(id, place, size, routes, isHere) {
	const row = rows.row(id);
	if (!row) return nothing;
	const part = (...of) => box("gridcell", ...of);
	return html`<div role="row" id=${`row-${id}`} class=${`row ${row.failed ? "failed" : ""} ${isHere ? "here" : ""}`} aria-rowindex=${place + 2} aria-selected=${isHere} data-id=${id} .style=${`transform:translateY(${place * size}px)`}>
		${part("at", time(row.at), date(row.at))}${part("what", row.event_name)}${part("key", row.key || "–", row.key)}
		${routes.map((route) => part("route", html`<span data-route=${route.id}>${cell(row.cells[route.id], route.label)}</span>`))}
		${part("took", span(row.seconds, ""))}
	</div>`;
}

export function cell(state, label = "") {
	if (!state) return "–";
	const { mark, kind, word } = stateOf(state);
	const text = cellText(state, store.now.value, store.isDown("runner"));
	return html`<span class=${`cell ${kind}`} title=${`${label}: ${word}, ${text}`}><b aria-hidden="true">${mark}</b> <span class="label">${label}</span><span class="text"><span class="hidden">${word}: </span>${text}</span></span>`;
}

function point({ type, pointerType }) {
	pointed = type === "pointerenter" && pointerType === "mouse";
	holdOrNot();
}

function clicked(event) {
	const id = event.target.closest("[data-id]")?.dataset.id;
	if (!id) return;
	active.value = id;
	open(id, event.target.closest("[data-route]")?.dataset.route);
}

function open(id, route = "") {
	go(store.to("changes", id, route), { replace: address.value.view === "changes" && address.value.first !== "" });
}

function focusCame() {
	active.value = rows.shown.value.includes(current()) ? current() : (rows.shown.value[0] ?? "");
	holdOrNot();
}

const PAGES = { PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

function pressed(event) {
	const isEnter = event.key === "Enter" && current();
	if (!isEnter && !(event.key in PAGES)) return;
	event.preventDefault();
	if (!isEnter) return step(PAGES[event.key]);
	open(current());
	document.getElementById("side")?.focus();
}

// Go so many rows on; with an open panel, its change follows.
export function step(by) {
	const ids = rows.shown.value;
	if (!ids.length || !list()) return false;
	const at = ids.indexOf(current());
	const next = ids[Math.min(ids.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
	if (!document.activeElement?.closest("aside")) list().focus({ preventScroll: true });
	rows.hold(true);
	active.value = next;
	reveal(ids.indexOf(next));
	const { first, second } = address.value;
	if (first) open(next, second);
	return true;
}

function reveal(place) {
	const size = height();
	const box = list();
	const head = store.narrow.value ? 0 : HEIGHT;
	const [from, until] = [place * size, (place + 1) * size + head];
	if (from < box.scrollTop) box.scrollTop = from;
	else if (until > box.scrollTop + box.clientHeight) box.scrollTop = until - box.clientHeight;
}

// Focus the list; return whether there is one.
export function focusList() {
	const stop = list() ?? document.querySelector("#view [data-stop][tabindex='0']");
	stop?.focus();
	return Boolean(stop);
}

// A list that is drawn anew begins at its top.
effect(() => {
	if (address.value.view !== "changes" || !store.ready.value || !rows.shown.value.length) top.value = 0;
});
