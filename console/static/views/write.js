// The dialog that writes an item: the stack's own form if it has one, and JSON for any table.
import { ask, query, Refusal } from "../ask.js";
import { html, nothing, signal } from "../libraries.js";
import * as store from "../store.js";
import { needsTypes, plainItem, TYPES } from "../words.js";

const EMPTY = { title: "", why: "", text: "", typed: false, isForm: false, error: "", faults: {}, busy: false, values: {}, suspects: [] };
const state = signal(EMPTY);
const set = (changes) => (state.value = { ...state.value, ...changes });
const dialog = () => document.getElementById("write");

// Open the dialog; with `item`, for that item, which has types.
export async function openWrite({ item, ...more } = {}) {
	if (!dialog()) return;
	const { form } = store.pipeline.value;
	const plain = item && plainItem(item);
	const fields = form?.fields ?? [];
	const values = Object.fromEntries(fields.map(({ name, example }) => [name, String(plain?.[name] ?? example)]));
	const isForm = Boolean(form) && (!item || fields.every(({ name }) => name in item));
	const typed = Boolean(item) && Object.values(item).some(needsTypes);
	state.value = { ...EMPTY, ...more, values, typed, isForm, text: item ? JSON.stringify(typed ? item : plain, null, 2) : "" };
	if (!dialog().open) dialog().showModal();
	focusFirst(state.value.suspects);
	if (!item) await example({ unasked: true });
}

// Focus the field that is suspected, else the first; in JSON select the suspected value.
function focusFirst([name]) {
	const field = name && document.getElementById(`field-${name}`);
	const box = document.getElementById("write-json");
	(field ?? box ?? dialog().querySelector("input"))?.focus();
	field?.select();
	const at = name && box ? box.value.indexOf(JSON.stringify(name)) : -1;
	if (at >= 0) box.setSelectionRange(at, box.value.indexOf("\n", at));
}

async function example({ unasked = false } = {}) {
	try {
		const data = await ask("GET", `items/example?${query({ pipeline: store.pipeline.value.name })}`);
		const { typed, text } = state.value;
		if (unasked && text) return; // somebody writes
		set({ text: JSON.stringify(typed ? data.typed : data.item, null, 2), error: "", faults: {} });
	} catch (error) {
		set({ error: error.message });
	}
}

export function writeDialog() {
	const { name: pipeline, form, table } = store.pipeline.value ?? {};
	const { title, why, text, error, busy, values } = state.value;
	const isForm = Boolean(form && state.value.isForm);
	if (!table) return nothing;
	const way = (toForm, label) => html`<button type="button" class="pill" aria-pressed=${isForm === toForm} @click=${() => set({ isForm: toForm, error: "", faults: {} })}>${label}</button>`;
	const act = ({ id, label }) => html`<button type="button" @click=${() => send("POST", `form/${encodeURIComponent(id)}`, { pipeline, values })}>${label}</button>`;
	// The text goes as it is: a long number keeps its digits.
	const write = (event) => {
		event.preventDefault();
		if (isForm) send("POST", "form", { pipeline, values });
		else send("PUT", "items", { pipeline, text });
	};
	const pressed = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && write(event);
	return html`<dialog id="write" aria-labelledby="write-title" @keydown=${pressed}>
		<form novalidate @submit=${write}>
			<div class="bar"><h2 id="write-title">${title || (isForm ? form.title : "Write an item")}</h2><button type="button" class="close" @click=${() => dialog().close()}>Close</button></div>
			<div class="dialog-body">
				${why ? html`<p class="cause bad">${why}</p>` : ""}
				${form ? html`<div class="pills" role="group" aria-label="Write with">${way(true, "Form")}${way(false, "JSON")}</div>` : ""}
				${isForm ? fields(form) : editor(table)}
				<p role="alert" class="bad">${error}</p>
			</div>
			<div class="bar">
				<button type="submit" class="main" ?disabled=${busy}>Write</button>
				${isForm ? form.actions.map(act) : html`<button type="button" @click=${() => example()}>Another example</button>`}
			</div>
		</form>
	</dialog>`;
}

function fields(form) {
	const { values, faults, suspects } = state.value;
	const field = ({ name, label, type, unit, min, max, maxlength, required }) => {
		const wrong = faults[name] ?? faults[label] ?? (suspects.includes(name) ? "The refused value comes from here." : "");
		const id = `field-${name}`;
		return html`<div class="field ${type}"><label for=${id}>${label}${unit && !label.includes(unit) ? ` (${unit})` : ""}</label>
			<input id=${id} name=${name} autocomplete="off" inputmode=${type === "number" ? "decimal" : "text"} maxlength=${maxlength ?? nothing} aria-required=${required} aria-invalid=${Boolean(wrong)} aria-describedby=${`${id}-says`} .value=${values[name] ?? ""} @input=${({ target }) => set({ values: { ...state.value.values, [name]: target.value } })}>
			<small id=${`${id}-says`} class=${wrong ? "bad" : ""}>${wrong || (min !== undefined && max !== undefined ? `${min} to ${max}` : "")}</small></div>`;
	};
	return html`<div class="fields">${form.fields.map(field)}</div>
	${form.actions.map(({ label, help }) => html`<p class="hint"><b>${label}</b>: ${help}</p>`)}`;
}

function editor({ key }) {
	const { text, typed, faults, suspects } = state.value;
	return html`
		<p class="hint">Every item needs its key: ${key.map(({ name, type }, place) => html`${place ? " and " : ""}<b>${name}</b> (${TYPES[type]})`)}. The other names and values are your own. An item with sets, bytes or very long numbers needs DynamoDB's types for all values: {"S": "text"}, {"N": "1"}.</p>
		${suspects.length ? html`<p class="bad">The refused value comes from <b>${suspects.join(", ")}</b>.</p>` : ""}
		<label for="write-json">The item as ${typed ? "DynamoDB's JSON" : "JSON"}</label>
		<textarea id="write-json" spellcheck="false" rows="12" aria-invalid=${Object.keys(faults).length > 0} .value=${text} @input=${({ target }) => set({ text: target.value, error: "" })}></textarea>`;
}

async function send(...request) {
	set({ busy: true, error: "", faults: {} });
	try {
		const data = await ask(...request);
		dialog().close();
		store.say(store.written(data), false, data.written);
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		set({ error: error.message, faults: error.fields ?? {} });
		dialog().querySelector("[aria-invalid=true]")?.focus();
	} finally {
		set({ busy: false });
	}
}
