// The page: its parts, the keys, and what starts it.
import { address, TITLES } from "./address.js";
import { computed, effect, html, nothing, render } from "./libraries.js";
import "./roving.js";
import * as store from "./store.js";
import { changes, focusList, step } from "./views/changes.js";
import { flow } from "./views/flow.js";
import { header, tabs } from "./views/header.js";
import { itemPanel } from "./views/item.js";
import { items } from "./views/items.js";
import { letters } from "./views/letters.js";
import { panel } from "./views/panel.js";
import { leave } from "./views/side.js";
import { status } from "./views/status.js";
import { topic } from "./views/topic.js";
import { whatIf } from "./views/what-if.js";
import { openWrite, writeDialog } from "./views/write.js";

const VIEWS = { changes, items, topic, letters, "what-if": whatIf };

function page() {
	const { view, first } = address.value;
	const pipeline = store.pipeline.value;
	if (!store.model.value) return html`<main class="start"><h1>Pipes</h1><p role="status">${store.trouble.value || "Loading …"}</p></main>`;
	const side = first && { changes: panel, items: itemPanel }[view]?.();
	const bad = pipeline?.problem;
	return html`
		<a class="jump" href="#list" @click=${skip}>Skip to the list</a>
		${header()}
		${bad ? html`<main class="start"><h2>This pipeline cannot be read</h2><p>${bad}</p></main>` : html`
			${flow()}
			<main class=${side ? "with-side" : ""} id="list" tabindex="-1">
				<div class="pane">${tabs()}<div class=${`view view-${view}`} id="view" role="tabpanel" aria-label=${TITLES[view]}>${VIEWS[view]()}</div></div>
				${side || nothing}
			</main>`}
		${status()}
		${bad ? nothing : writeDialog()}`;
}

function skip(event) {
	event.preventDefault();
	if (!focusList()) document.getElementById("list").focus();
}

const isTyping = (target) => target.closest("input, textarea, select, dialog");

addEventListener("keydown", (event) => {
	if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
	const { view, first } = address.value;
	if (event.key === "Escape" && !document.querySelector("dialog[open]") && first && view !== "what-if") {
		event.preventDefault();
		leave();
	} else if (isTyping(event.target)) {
		if (event.key === "Escape" && event.target.id === "search") focusList();
	} else if (event.key === "/") {
		event.preventDefault();
		document.getElementById("search")?.focus();
	} else if (event.key === "n") {
		event.preventDefault();
		openWrite();
	} else if (view === "changes" && ["j", "k", "ArrowDown", "ArrowUp"].includes(event.key)) {
		// In the panel the arrows scroll, and j and k go on.
		const isArrow = event.key.startsWith("Arrow");
		const isFree = event.target === document.body || event.target.closest(isArrow ? "#changes" : "#list");
		if (isFree && step(["j", "ArrowDown"].includes(event.key) ? 1 : -1)) event.preventDefault();
	}
});

effect(() => {
	const { waiting } = store.letters.value;
	document.title = `${waiting ? `(${waiting}) ` : ""}${TITLES[address.value.view]} · ${store.model.value?.stack ?? "Pipes"}`;
});
const root = document.getElementById("page");
root.replaceChildren();
effect(() => render(page(), root));

const listened = computed(() => !store.pipeline.value?.problem && store.pipeline.value?.name);
effect(() => {
	if (listened.value) store.listen(listened.value);
});

setInterval(() => document.hidden || (store.now.value = Date.now() / 1000), 1000);
store.renew();
