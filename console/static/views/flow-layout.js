// Where the nodes of the flow are, and the paths between them. No drawing here.

const LAYERS = { table: 0, pipe: 1, workflow: 2, bus: 2, rule: 3, cache: 4, topic: 4, queue: 4 };
const ORDER = ["topic", "cache", "queue"];
const WIDTHS = { table: 200, pipe: 150, workflow: 330, bus: 140, rule: 310, cache: 250, topic: 250, queue: 250 };
const [LEAST, MOST] = [0.7, 1.25]; // of these widths: with less, the layers are drawn one below the other
const SENDER = 320; // the width of a node that sends
const GAP = 12;
const LINE = 17;

// Return nodes with x, y, width and height, edges with a path, and the size of it all.
export function layout({ nodes, edges, routes }, width) {
	const senders = new Map();
	for (const route of routes) senders.set(route.node, [...(senders.get(route.node) ?? []), route]);
	const layers = [...new Set(nodes.map((node) => LAYERS[node.kind]))].sort();
	const columns = layers.map((layer) => nodes.filter((node) => LAYERS[node.kind] === layer));
	columns.at(-1).sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind));
	const least = columns.map((column) => Math.max(...column.map((node) => (senders.has(node.id) ? SENDER : WIDTHS[node.kind]))));
	const gaps = (columns.length - 1) * Math.min(110, Math.max(34, width * (columns.length > 4 ? 0.04 : 0.06)));
	const scale = Math.min(MOST, (width - 2 - gaps) / sum(least));
	const down = width < 700 || scale < LEAST;
	const lines = (node) => (senders.get(node.id)?.length > 1 && !down ? 2 + senders.get(node.id).length : senders.has(node.id) ? 3 : 2);
	const placed = down ? downwards(columns, width) : across(columns, width, least.map((one) => one * scale), lines);
	const byId = new Map(placed.nodes.map((node) => [node.id, { ...node, routes: senders.get(node.id) ?? [] }]));
	const drawn = joined(edges.filter(({ from, to }) => byId.has(from) && byId.has(to)));
	const paths = drawn.map((edge) => ({ ...edge, ...path(edge, drawn, byId, down) }));
	return {
		...placed,
		height: Math.max(placed.height, ...paths.map(({ floor = 0 }) => floor + 2)),
		down,
		nodes: [...byId.values()],
		edges: paths,
	};
}

// Failures of several routes that go the same way are one edge.
function joined(edges) {
	const found = new Map();
	for (const edge of edges) {
		const id = edge.on === "failure" ? `${edge.from}\n${edge.to}` : edge;
		found.set(id, { ...edge, routes: [...(found.get(id)?.routes ?? []), edge.route].filter(Boolean) });
	}
	return [...found.values()];
}

function across(columns, width, widths, lines) {
	const gap = (width - 2 - sum(widths)) / Math.max(1, columns.length - 1);
	const heights = columns.map((column) => sum(column.map((node) => boxHeight(lines(node)))) + GAP * (column.length - 1));
	const height = Math.max(...heights) + 16;
	let x = 1;
	const nodes = columns.flatMap((column, at) => {
		const spare = height - heights[at];
		const step = Math.min(spare / (column.length + 1), 26);
		let y = (spare - step * (column.length - 1)) / 2;
		const made = column.map((node) => {
			const tall = boxHeight(lines(node));
			const one = { ...node, x, y, width: widths[at], height: tall };
			y += tall + GAP + step;
			return one;
		});
		x += widths[at] + gap;
		return made;
	});
	return { nodes, width, height };
}

function downwards(columns, width) {
	const [tall, gap] = [58, 26];
	const nodes = columns.flatMap((column, at) => {
		const each = (width - 2 - (column.length - 1) * 8) / column.length;
		return column.map((node, place) => ({ ...node, x: 1 + place * (each + 8), y: 2 + at * (tall + gap), width: each, height: tall }));
	});
	return { nodes, width, height: columns.length * (tall + gap) - gap + 4 };
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const boxHeight = (lines) => 12 + lines * LINE;

// Return the path of an edge; edges that share a side leave and arrive at places of their own.
function path(edge, edges, byId, down) {
	const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
	const out = edges.filter((one) => one.from === edge.from);
	const into = edges.filter((one) => one.to === edge.to);
	const share = (all, other) => {
		const sorted = [...all].sort((one, two) => (down ? byId.get(one[other]).x - byId.get(two[other]).x : byId.get(one[other]).y - byId.get(two[other]).y));
		return (sorted.indexOf(edge) + 1) / (all.length + 1);
	};
	const [a, b] = [share(out, "to"), share(into, "from")];
	if (down) {
		const [x1, y1, x2, y2] = [from.x + from.width * a, from.y + from.height, to.x + to.width * b, to.y - 2];
		const middle = (y1 + y2) / 2;
		return { d: `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`, label_x: (x1 + x2) / 2, label_y: middle, wide: 0 };
	}
	const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height * a, to.x - 2, to.y + to.height * b];
	const bend = (x2 - x1) / 2;
	const isOver = [...byId.values()].some((node) => node.x > from.x + from.width && node.x + node.width < to.x);
	if (isOver && edge.on === "failure") {
		const floor = Math.max(...[...byId.values()].map((node) => node.y + node.height)) + 9;
		return { d: `M${x1} ${y1}C${x1 + 40} ${y1} ${x1 + 20} ${floor} ${x1 + 70} ${floor}L${x2 - 60} ${floor}C${x2 - 10} ${floor} ${x2 - 30} ${y2} ${x2} ${y2}`, wide: 0, floor };
	}
	return { d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, label_x: x1 + (x2 - x1) * 0.25, label_y: y1 * 0.896 + y2 * 0.104, wide: x2 - x1 };
}
