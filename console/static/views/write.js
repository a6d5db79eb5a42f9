// The dialog that writes an item: the stack's own form if it has one, and JSON for any table.
import { ask, query, Refusal } from "../ask.js";
import { html, nothing, signal } from "../libraries.js";
import * as store from "../store.js";
import { needsTypes, plainItem, TYPES } from "../words.js";

const EMPTY = { title: "Write an item", why: "", text: "", typed: false, mode: "form", error: "", fields: {}, busy: false, values: {}, suspects: [] };
const state = signal(EMPTY);
const set = (changes) => (state.value = { ...state.value, ...changes });
const dialog = () => document.getElementById("write");

// Open the dialog; with `item`, for that item, which has types.
export async function openWrite({ item, ...more } = {}) {
	if (!dialog()) return;
	const { form } = store.pipeline.value;
	const plain = item && plainItem(item);
	const fields = form?.fields ?? [];
	const values = Object.fromEntries(fields.map((one) => [one.name, String(plain?.[one.name] ?? one.example)]));
	const fits = form && (!item || fields.every(({ name }) => name in item));
	const typed = Boolean(item) && Object.values(item).some(needsTypes);
	state.value = { ...EMPTY, ...more, values, typed, mode: fits ? "form" : "json", text: item ? JSON.stringify(typed ? item : plain, null, 2) : "" };
	if (!dialog().open) dialog().showModal();
	focusFirst(state.value.suspects);
	if (!item) await example({ unasked: true });
}

// Focus the field that is suspected, else the first; in JSON select the suspected value.
function focusFirst([name]) {
	const field = name && document.getElementById(`field-${name}`);
	const box = document.getElementById("write-json");
	const first = field ?? box ?? dialog().querySelector("input");
	first?.focus();
	field?.select();
	const at = name && box ? box.value.indexOf(JSON.stringify(name)) : -1;
	if (at >= 0) box.setSelectionRange(at, box.value.indexOf("\n", at));
}

async function example({ unasked = false } = {}) {
	try {
		const found = await ask("GET", `items/example?${query({ pipeline: store.pipeline.value.name })}`);
		const { typed, text } = state.value;
		if (unasked && text) return; // somebody has begun to write
		set({ text: JSON.stringify(typed ? found.typed : found.item, null, 2), error: "", fields: {} });
	} catch (error) {
		set({ error: error.message });
	}
}

export function writeDialog() {
	const { form, table } = store.pipeline.value ?? {};
	const { title, why, mode, error, busy } = state.value;
	if (!table) return nothing;
	const isForm = form && mode === "form";
	return html`<dialog id="write" aria-labelledby="write-title" @keydown=${pressed}>
		<form novalidate @submit=${submit}>
			<div class="dialog-head"><h2 id="write-title">${isForm && title === EMPTY.title ? form.title : title}</h2><button type="button" class="close" @click=${() => dialog().close()}>Close</button></div>
			<div class="dialog-body">
				${why ? html`<p class="cause bad">${why}</p>` : ""}
				${form ? html`<div class="pills" role="group" aria-label="Write with">${way("form", "Form")}${way("json", "JSON")}</div>` : ""}
				${isForm ? fields(form) : editor(table)}
				<p role="alert" class="bad">${error}</p>
			</div>
			<div class="dialog-foot">
				<button type="submit" class="main" ?disabled=${busy}>Write</button>
				${!isForm ? html`<button type="button" @click=${() => example()}>Another example</button>` : form.actions.map((one) => html`<button type="button" title=${one.help} @click=${() => send(() => ask("POST", `form/${encodeURIComponent(one.id)}`, { pipeline: store.pipeline.value.name, values: state.value.values }))}>${one.label}</button>`)}
			</div>
		</form>
	</dialog>`;
}

const way = (name, label) => html`<button type="button" class="pill" aria-pressed=${state.value.mode === name} @click=${() => set({ mode: name, error: "", fields: {} })}>${label}</button>`;

function fields(form) {
	const { values, fields: faults, suspects } = state.value;
	return html`<div class="fields">${form.fields.map((one) => {
		const wrong = faults[one.name] ?? faults[one.label] ?? (suspects.includes(one.name) ? "The refused value comes from here." : undefined);
		const id = `field-${one.name}`;
		const range = one.min !== undefined && one.max !== undefined ? `${one.min} to ${one.max}` : "";
		return html`<div class="field ${one.type}"><label for=${id}>${one.label}${one.unit && !one.label.includes(one.unit) ? ` (${one.unit})` : ""}</label>
			<input id=${id} name=${one.name} autocomplete="off" inputmode=${one.type === "number" ? "decimal" : "text"} maxlength=${one.maxlength ?? nothing} aria-required=${one.required} aria-invalid=${Boolean(wrong)} aria-describedby=${`${id}-says`} .value=${values[one.name] ?? ""} @input=${({ target }) => set({ values: { ...state.value.values, [one.name]: target.value } })}>
			<small id=${`${id}-says`} class=${wrong ? "bad" : ""}>${wrong ?? range}</small></div>`;
	})}</div>
	${form.actions.map((one) => html`<p class="hint"><b>${one.label}</b>: ${one.help}</p>`)}`;
}

function editor(table) {
	const { text, typed, fields: faults, suspects } = state.value;
	return html`
		<p class="hint">Every item needs its key: ${table.key.map(({ name, type }, place) => html`${place ? " and " : ""}<b>${name}</b> (${TYPES[type]})`)}. The other names and values are your own. An item with sets, bytes or very long numbers needs DynamoDB's types for all values: {"S": "text"}, {"N": "1"}.</p>
		${suspects.length ? html`<p class="bad">The refused value comes from <b>${suspects.join(", ")}</b>.</p>` : ""}
		<label for="write-json">The item as ${typed ? "DynamoDB's JSON" : "JSON"}</label>
		<textarea id="write-json" spellcheck="false" rows="12" aria-invalid=${Object.keys(faults).length > 0} .value=${text} @input=${({ target }) => set({ text: target.value, error: "" })}></textarea>`;
}

function pressed(event) {
	if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
}

function submit(event) {
	event.preventDefault();
	const { mode, text, values } = state.value;
	const name = store.pipeline.value.name;
	if (mode === "form") return send(() => ask("POST", "form", { pipeline: name, values }));
	// The text goes as it is: a long number keeps its digits.
	return send(() => ask("PUT", "items", { pipeline: name, text }));
}

async function send(work) {
	set({ busy: true, error: "", fields: {} });
	try {
		const found = await work();
		dialog().close();
		store.say(store.written(found), false, found.written);
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		set({ error: error.message, fields: error.fields ?? {} });
		dialog().querySelector("[aria-invalid=true]")?.focus();
	} finally {
		set({ busy: false });
	}
}
