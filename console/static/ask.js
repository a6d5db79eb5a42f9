// Requests to the page's server. A refusal has a sentence for the user, and sentences by field.

import { address } from "./address.js";

export class Refusal extends Error {
	constructor(message, fields = {}) {
		super(message);
		this.fields = fields;
	}
}

export async function ask(method, path, body) {
	const options = { method };
	if (method !== "GET") {
		options.headers = { "Content-Type": "application/json" };
		options.body = JSON.stringify(body ?? {});
	}
	const answer = await fetch(`/api/${path}`, options).catch(() => null);
	if (!answer) throw new Refusal("The page's server does not answer. Is ./help.sh still running?");
	const data = await answer.json().catch(() => null);
	if (answer.ok && data) return data;
	if (data?.error) throw new Refusal(sentence(data.error), data.fields);
	throw new Refusal(`The page's server answered ${answer.status} and gave no reason. Look at its output in the terminal.`);
}

// Ask for what the address names, `key`: the signal gets { key, data } or { key, problem }, unless
// the address has changed.
export async function load(kept, key, path, more) {
	let next;
	try {
		next = { data: await ask("GET", path) };
	} catch (error) {
		next = { problem: error.message };
	}
	if (address.value.first === key) kept.value = { key, ...more, ...next };
}

export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const query = (values) => new URLSearchParams(values).toString();
