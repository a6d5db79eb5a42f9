// A button for what cannot be taken back: it asks, and acts at the second press.
import { html, nothing, signal } from "../libraries.js";

const asked = signal(""); // the id of the button that waits for its second press

// With `stop`, the tabindex of a place in a list; `what` says to a screen reader what it is about.
export function twice(id, label, question, act, { stop = null, what = "" } = {}) {
	const sure = asked.value === id;
	const text = sure ? question : label;
	const press = () => {
		asked.value = sure ? "" : id;
		if (sure) act();
	};
	return html`<button class=${sure ? "danger" : ""} ?data-stop=${stop !== null} tabindex=${stop ?? nothing} aria-label=${what ? `${text} ${what}` : nothing} @click=${press} @blur=${() => asked.value === id && (asked.value = "")}>${text}</button>`;
}
