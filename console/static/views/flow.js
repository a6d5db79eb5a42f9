// The flow: table, pipes or workflow or bus, destinations and queue, as they are deployed.
import { computed, html, nothing, signal, svg } from "../libraries.js";
import * as store from "../store.js";
import { many, stateOf } from "../words.js";
import { layout } from "./flow-layout.js";
import { stateNow } from "./items.js";

const PADDING = 32;
const MOST_DOTS = 30;
const TRAVEL_MS = 700;
const VIEWS = { cache: "items", table: "items", topic: "topic", queue: "letters" };
const NAMES = { bus: "event bus", queue: "dead letters" };

const width = signal(innerWidth - PADDING);
new ResizeObserver(() => (width.value = document.documentElement.clientWidth - PADDING)).observe(document.documentElement);
const drawn = computed(() => (store.pipeline.value?.nodes.length ? layout(store.pipeline.value, width.value) : null));

export function flow() {
	const shape = drawn.value;
	if (!shape) return nothing;
	const { nodes, edges, height, down } = shape;
	const arrow = (kind) => svg`<marker id=${`arrow-${kind}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" class=${`tip ${kind}`}></path></marker>`;
	const label = ({ label: text, at }) => (text && at ? svg`<text class="method" x=${at.x} y=${at.y + 4} text-anchor="middle">${text}</text>` : nothing);
	return html`<section class="flow" aria-label="How a change moves">
		<svg id="flow" class=${down ? "down" : ""} width=${shape.width} height=${height} viewBox=${`0 0 ${shape.width} ${height}`} data-keys>
			<defs>${["", "bad", "warn"].map(arrow)}</defs>
			${edges.map(edge)} ${edges.map(label)}
			<g id="dots"></g>
			${nodes.map((node, place) => box(node, place, down))}
		</svg>
	</section>`;
}

// Return a counter of some routes.
const count = (name, routes) => routes.reduce((all, { id }) => all + (store.counts.value[id]?.[name] ?? 0), 0);

function edge({ on, routes, d }) {
	const isFailure = on === "failure";
	const of = routes.map((id) => ({ id }));
	const kind = isFailure ? count("failed", of) && "bad" : count("retrying", of) && "warn";
	return svg`<path class=${`edge ${isFailure ? "failure" : ""} ${kind || ""}`} d=${d} marker-end=${`url(#arrow-${kind || ""})`}></path>`;
}

function box(node, place, down) {
	const { kind, name, label, detail, routes, x, y, width: wide, height } = node;
	const word = NAMES[kind] ?? kind;
	const title = down && kind in VIEWS && kind !== "table" ? word : label;
	return svg`<foreignObject x=${x} y=${y} width=${wide} height=${height}>
		${html`<a class=${`node ${kind} ${kindOf(node)}`} data-stop tabindex=${place ? -1 : 0} href=${target(node)} title=${`${word} ${name}${detail ? `, ${detail}` : ""}`}>
			<b>${title}</b>${routes.length ? sender(node, down) : html`<small>${title === word ? "" : `${word} · `}${about(node)}</small>`}
		</a>`}
	</foreignObject>`;
}

function kindOf({ kind, routes }) {
	if (kind === "queue") return store.lettersKnown.value && store.letters.value.waiting ? "bad" : "";
	if (count("failed", routes)) return "bad";
	if (count("retrying", routes)) return "warn";
	return kind in VIEWS && store.isDown(kind === "table" ? "aws" : "momento") ? "bad" : "";
}

// Where a node leads: to the view that shows its contents, or to what it did last.
function target({ kind, routes }) {
	if (kind in VIEWS) return store.to(VIEWS[kind]);
	const done = routes.map(({ id }) => ({ route: id, ...store.last.value[id] })).filter(({ id }) => id);
	const [latest] = done.sort((a, b) => b.cell.at - a.cell.at);
	return latest ? store.to("changes", latest.id, latest.route) : store.to("changes");
}

function sender({ routes, detail }, down) {
	const pair = (first, second) => html`<small class="pair"><span>${first}</span>${second}</small>`;
	if (down) {
		const failed = count("failed", routes);
		return html`<small>${count("delivered", routes)} ✓${failed ? html` <em class="bad">${failed} ✗</em>` : ""}</small><small>${detail}</small>`;
	}
	if (routes.length > 1) return html`<small>${detail}</small>${routes.map((route) => pair(route.label, numbers(route)))}`;
	const [route] = routes;
	return html`${pair(detail, numbers(route))}${pair(lastOf(route.id), html`<span>${speed(route.id)}</span>`)}`;
}

function numbers(route) {
	const of = (name) => count(name, [route]);
	return html`<span>${of("retrying") ? html`<em class="warn">${of("retrying")} ↻</em> · ` : ""}${of("delivered")} ✓ · ${of("filtered")} filtered · ${of("failed") ? html`<em class="bad">${of("failed")} ✗</em>` : "0 ✗"}</span>`;
}

function speed(route) {
	const { rate, p50 } = store.counts.value[route] ?? {};
	return [rate ? `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s` : "", p50 ? `${Math.round(p50)} ms` : ""].filter(Boolean).join(" · ");
}

function lastOf(route) {
	const sent = store.last.value[route];
	if (!sent) return "nothing sent yet";
	const { mark, kind } = stateOf(sent.cell);
	return html`<span class=${kind}>${mark} ${sent.event_name} ${sent.key}</span>`;
}

function about({ kind, detail }) {
	const { waiting } = store.letters.value;
	const items = store.pipeline.value.table?.about;
	if (kind === "queue") return !store.lettersKnown.value ? "not known" : waiting ? `${waiting} waiting` : "empty";
	if (kind === "topic") return `${many(store.messages.value.length, "message")} received`;
	if (kind === "cache") return summary();
	return (kind === "table" && items > 0 ? `about ${many(items, "item")}` : detail) || "sends to its rules";
}

function summary() {
	const groups = Object.groupBy(store.items.value.values(), (item) => stateNow(item).state);
	const order = Object.entries(groups).sort(([, a], [, b]) => b.length - a.length);
	return order.length ? order.slice(0, 3).map(([state, all]) => `${all.length} ${state}`).join(" · ") : "no item yet";
}

// --- a change travels

const still = matchMedia("(prefers-reduced-motion: reduce)");

function travel(row, before) {
	const dots = document.getElementById("dots");
	if (still.matches || document.hidden || !dots || dots.childElementCount >= MOST_DOTS) return;
	const { edges } = drawn.value;
	const toNode = (id) => {
		const last = edges.find((line) => line.to === id && line.on !== "failure");
		return last ? [...toNode(last.from), last] : [];
	};
	for (const [id, cell] of Object.entries(row.cells)) {
		const sender = store.routeOf(id)?.node;
		if (!sender || before?.cells[id]?.state === cell.state) continue;
		const { kind } = stateOf(cell);
		const isBad = kind === "bad";
		const out = edges.find((line) => line.from === sender && (isBad ? line.on === "failure" : line.route === id && line.on !== "failure"));
		if (isBad || cell.state === "delivered") run(dots, [...toNode(sender), out], kind);
		else if (cell.state === "filtered") run(dots, toNode(sender), kind);
	}
}

function run(dots, edges, kind) {
	const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
	dot.setAttribute("r", "5");
	dot.setAttribute("class", `dot ${kind}`);
	dot.style.offsetPath = `path("${edges.map((line) => line?.d ?? "").join("")}")`;
	dots.append(dot);
	dot.animate([{ offsetDistance: "0%" }, { offsetDistance: "100%" }], TRAVEL_MS * edges.length).onfinish = () => dot.remove();
}

store.watchChanges(travel);
