// The top of the page: stack, pipeline, cloud and health; and the tabs of the views.
import { address, go, href, TITLES } from "../address.js";
import { html, nothing } from "../libraries.js";
import { totals } from "../rows.js";
import * as store from "../store.js";
import { age, zone } from "../words.js";
import { openWrite } from "./write.js";

const NAMES = { aws: "AWS", momento: "Momento", runner: "Runner", pipes: "Pipes", connection: "Connection" };
const KINDS = { ok: "ok", down: "bad", unknown: "skip", warning: "warn" };
const WORDS = { ok: "works", unknown: "not known" };

export function header() {
	const { stack, cloud, local, pipelines } = store.model.value;
	const pipeline = store.pipeline.value;
	return html`<header>
		<h1>${stack}</h1>
		${pipelines.length > 1 ? html`<select aria-label="Pipeline" @change=${({ target }) => go(href(target.value, address.value.view))}>${pipelines.map(({ name }) => html`<option value=${name} .selected=${name === pipeline?.name}>${name}</option>`)}</select>` : ""}
		<span class="cloud" title=${`${cloud}. Times are in the zone ${zone}.`}>${local ? "Local" : "AWS"}${` ${cloud.split(/ at |AWS /)[1] ?? ""}`}</span>
		${health()}
		${pipeline?.problem ? "" : html`<button @click=${store.random}>Random item</button>
			<button class="main" @click=${() => openWrite()} title="Key: n">Write an item</button>`}
	</header>`;
}

function health() {
	const { state, text, why } = store.live.value;
	return html`<ul class="health" aria-label="Health">
		<li class=${`live ${KINDS[state]}`} title=${why || "News arrives by itself."}><i></i><b role="status">${text}</b></li>
		${Object.keys(NAMES).map((name) => lamp(name, store.health.value[name]))}
	</ul>`;
}

function lamp(name, part) {
	if (!part) return nothing;
	const now = store.now.value;
	const isDown = part.state === "down";
	const since = part.since ? age(now - part.since) : "";
	const checked = part.checked ? `checked ${age(now - part.checked)} ago` : "not checked yet";
	const text = part.state === "unknown" ? `${NAMES[name]}: not known` : isDown ? `${NAMES[name]} down` : part.text;
	const more = `${WORDS[part.state] ?? part.state}${since && ` for ${since}`}, ${checked}`;
	const took = isDown ? since : part.checked ? `${Math.round(part.milliseconds)} ms` : "…";
	return html`<li class=${KINDS[part.state]} title=${`${part.problem || text}: ${more}`}><i></i><span class="said">${text}</span><small>${took}</small><span class="hidden">${more}</span></li>`;
}

export function tabs() {
	const { view } = address.value;
	const badges = { changes: [totals.value.failed, "failed"], letters: [store.letters.value.waiting, "waiting"] };
	const tab = ([name, label]) => {
		const [count, what] = badges[name] ?? [];
		return html`<a role="tab" data-stop href=${store.to(name)} tabindex=${name === view ? 0 : -1} aria-selected=${name === view} aria-controls="view">${label}${count ? html`<span class="badge">${count}<span class="hidden"> ${what}</span></span>` : ""}</a>`;
	};
	const here = Object.entries(TITLES).filter(([name]) => name !== "topic" || view === "topic" || store.has("topic"));
	return html`<nav aria-label="Views"><div role="tablist" class="tabs" data-keys>${here.map(tab)}</div></nav>`;
}
