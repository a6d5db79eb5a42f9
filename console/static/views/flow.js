// The flow: table, pipes or workflow or bus, destinations and queue, as they are deployed.
import { computed, html, nothing, signal, svg } from "../libraries.js";
import * as store from "../store.js";
import { many, stateOf } from "../words.js";
import { layout } from "./flow-layout.js";
import { stateNow } from "./items.js";

const PADDING = 32;
const MOST_DOTS = 30;
const TRAVEL_MS = 700;
const KINDS = { table: "table", pipe: "pipe", workflow: "workflow", bus: "event bus", rule: "rule", cache: "cache", topic: "topic", queue: "dead letters" };

const PLACES = new Set(["cache", "topic", "queue"]);

const width = signal(innerWidth - PADDING);
new ResizeObserver(() => (width.value = document.documentElement.clientWidth - PADDING)).observe(document.documentElement);
const drawn = computed(() => (store.pipeline.value?.nodes.length ? layout(store.pipeline.value, width.value) : null));

export function flow() {
	const found = drawn.value;
	if (!found) return nothing;
	return html`<section class="flow" aria-label="How a change moves">
		<svg id="flow" class=${found.down ? "down" : ""} width=${found.width} height=${found.height} viewBox=${`0 0 ${found.width} ${found.height}`} role="group" aria-label="Table, pipes, destinations and queue; each opens what belongs to it" data-keys>
			<defs>${["", "bad", "warn"].map((kind) => svg`<marker id=${`arrow-${kind}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" class=${`tip ${kind}`}></path></marker>`)}</defs>
			${found.edges.map(edge)}
			${found.edges.map((one) => (one.label && one.wide > 74 ? svg`<text class="method" x=${one.label_x} y=${one.label_y - 5} text-anchor="middle">${one.label}</text>` : nothing))}
			<g id="dots"></g>
			${found.nodes.map((one, place) => node(one, place, found))}
		</svg>
	</section>`;
}

const failedOf = (route) => store.counts.value[route]?.failed ?? 0;
const retryingOf = (route) => store.counts.value[route]?.retrying ?? 0;

function edge(one) {
	const isFailure = one.on === "failure";
	const kind = isFailure ? (one.routes.some(failedOf) ? "bad" : "") : one.routes.some(retryingOf) ? "warn" : "";
	return svg`<path class=${`edge ${isFailure ? "failure" : ""} ${kind}`} d=${one.d} marker-end=${`url(#arrow-${kind})`}></path>`;
}

function node(one, place, { down }) {
	const kind = kindOf(one);
	return svg`<foreignObject x=${one.x} y=${one.y} width=${one.width} height=${one.height}>
		${html`<a class=${`node ${one.kind} ${kind}`} data-stop tabindex=${place ? -1 : 0} href=${target(one)} title=${`${KINDS[one.kind]} ${one.name}${one.detail ? `, ${one.detail}` : ""}`}>
			<b>${down && PLACES.has(one.kind) ? KINDS[one.kind] : html`${one.routes.length || down ? nothing : html`<span class="kind">${KINDS[one.kind]} </span>`}${one.label}`}</b>
			${one.routes.length ? sender(one, down) : html`<small>${detail(one, down)}</small>`}
		</a>`}
	</foreignObject>`;
}

function kindOf(one) {
	if (one.kind === "queue") return store.lettersKnown.value && store.letters.value.waiting ? "bad" : "";
	if (one.routes.some(({ id }) => failedOf(id))) return "bad";
	if (one.routes.some(({ id }) => retryingOf(id))) return "warn";
	if (one.kind === "cache" || one.kind === "topic") return store.isDown("momento") ? "bad" : "";
	if (one.kind === "table") return store.isDown("aws") ? "bad" : "";
	return "";
}

// Where a node leads: to what it did last, or to the view that shows its contents.
function target(one) {
	if (one.kind === "queue") return store.to("letters");
	if (one.kind === "topic") return store.to("topic");
	if (one.kind === "cache" || one.kind === "table") return store.to("items");
	const latest = one.routes.map(({ id }) => [id, store.last.value[id]]).filter(([, found]) => found).sort(([, a], [, b]) => b.cell.at - a.cell.at)[0];
	return latest ? store.to("changes", latest[1].id, latest[0]) : store.to("changes");
}

function sender(one, down) {
	if (down) {
		const sum = (name) => one.routes.reduce((total, { id }) => total + (store.counts.value[id]?.[name] ?? 0), 0);
		const failed = sum("failed");
		return html`<small>${sum("delivered")} ✓${failed ? html` <em class="bad">${failed} ✗</em>` : ""}</small><small>${one.detail}</small>`;
	}
	if (one.routes.length > 1) return html`<small>${one.detail}</small>${one.routes.map((route) => html`<small class="pair"><span>${route.label}</span>${numbers(route.id)}</small>`)}`;
	const [route] = one.routes;
	return html`<small class="pair"><span>${one.detail}</span>${numbers(route.id)}</small><small class="pair last">${lastOf(route.id)}<span>${speed(route.id)}</span></small>`;
}

function numbers(route) {
	const found = store.counts.value[route];
	if (!found) return html`<span></span>`;
	return html`<span>${found.retrying ? html`<em class="warn">${found.retrying} ↻</em> · ` : ""}${found.delivered} ✓ · ${found.filtered} filtered · ${found.failed ? html`<em class="bad">${found.failed} ✗</em>` : "0 ✗"}</span>`;
}

function speed(route) {
	const found = store.counts.value[route];
	if (!found) return "";
	const rate = found.rate ? `${found.rate < 10 ? found.rate.toFixed(1) : Math.round(found.rate)}/s` : "";
	const half = found.p50 === null ? "" : `${Math.round(found.p50)} ms`;
	return [rate, half].filter(Boolean).join(" · ");
}

function lastOf(route) {
	const found = store.last.value[route];
	if (!found) return html`<span>nothing sent yet</span>`;
	const { mark, kind } = stateOf(found.cell);
	return html`<span class=${kind}>${mark} ${found.event_name} ${found.key}</span>`;
}

function detail(one, down) {
	if (one.kind === "queue") {
		const { waiting } = store.letters.value;
		if (!store.lettersKnown.value) return "not known";
		return waiting ? `${waiting} waiting` : down ? "empty" : "nothing waits";
	}
	if (one.kind === "topic" && !down) return `${many(store.messages.value.length, "message")} heard`;
	if (one.kind === "cache" && !down) return summary();
	if (one.kind === "table" && !down) {
		const about = store.pipeline.value.table?.about;
		return about > 0 ? `about ${many(about, "item")}` : one.detail;
	}
	if (down && PLACES.has(one.kind)) return one.name;
	return one.detail || (one.kind === "bus" ? "its rules choose" : KINDS[one.kind]);
}

function summary() {
	const found = {};
	for (const one of store.items.value.values()) {
		const { state } = stateNow(one);
		found[state] = (found[state] ?? 0) + 1;
	}
	const order = Object.entries(found).sort(([, one], [, other]) => other - one);
	return order.length ? order.slice(0, 3).map(([state, count]) => `${count} ${state}`).join(" · ") : "no item yet";
}

// --- a change travels

const still = matchMedia("(prefers-reduced-motion: reduce)");

function travel(row, before) {
	const dots = document.getElementById("dots");
	if (still.matches || document.hidden || !dots || dots.childElementCount >= MOST_DOTS) return;
	const { edges } = drawn.value;
	const toNode = (id) => {
		const last = edges.find((one) => one.to === id && one.on !== "failure");
		return last ? [...toNode(last.from), last] : [];
	};
	for (const [id, cell] of Object.entries(row.cells)) {
		const node = store.routeOf(id)?.node;
		if (!node || before?.cells[id]?.state === cell.state) continue;
		const { kind } = stateOf(cell);
		const isBad = kind === "bad";
		const out = edges.find((one) => one.from === node && (isBad ? one.on === "failure" : one.route === id && one.on !== "failure"));
		if (isBad || cell.state === "delivered") run(dots, [...toNode(node), out], kind);
		else if (cell.state === "filtered") run(dots, toNode(node), kind);
	}
}

function run(dots, edges, kind) {
	const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
	dot.setAttribute("r", "5");
	dot.setAttribute("class", `dot ${kind}`);
	dot.style.offsetPath = `path("${edges.map((one) => one?.d ?? "").join("")}")`;
	dots.append(dot);
	dot.animate([{ offsetDistance: "0%" }, { offsetDistance: "100%" }], TRAVEL_MS * edges.length).onfinish = () => dot.remove();
}

store.watchChanges(travel);
