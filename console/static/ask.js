// Requests to the page's server. A refusal has a sentence for the user, and sentences by field.

export class Refusal extends Error {
	constructor(message, fields = {}) {
		super(message);
		this.fields = fields;
	}
}

// Ask the server.
export async function ask(method, path, body) {
	const options = { method };
	if (method !== "GET") {
		options.headers = { "Content-Type": "application/json" };
		options.body = JSON.stringify(body ?? {});
	}
	const answer = await fetch(`/api/${path}`, options).catch(() => null);
	if (!answer) throw new Refusal("The page's server does not answer. Is ./help.sh still running?");
	const found = await answer.json().catch(() => null);
	if (answer.ok && found) return found;
	if (found?.error) throw new Refusal(sentence(found.error), found.fields);
	throw new Refusal(`The page's server answered ${answer.status} and gave no reason. Look at its output in the terminal.`);
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const query = (values) => new URLSearchParams(values).toString();
