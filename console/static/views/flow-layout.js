// Where the nodes of the flow are, and the paths between them. No drawing here.

const LAYERS = { table: 0, pipe: 1, workflow: 2, bus: 2, rule: 3, cache: 4, topic: 4, queue: 4 };
const ORDER = ["topic", "cache", "queue"];
const WIDTHS = { table: 215, pipe: 150, bus: 140 };
const [PLACE, SENDER] = [250, 320]; // the widths of a place and of a node that sends
const [LEAST, MOST] = [0.7, 1.25]; // of these widths: with less, the layers are drawn one below the other
const [GAP, LINE] = [18, 17];
const DOWN = { height: 58, step: 84, gap: 8 }; // of layers one below the other

const sum = (numbers) => numbers.reduce((all, size) => all + size, 0);

// Return nodes with x, y, width and height, edges with a path, and the size of it all.
export function layout({ nodes: all, edges, routes }, width) {
	const nodes = all.map((node) => ({ ...node, routes: routes.filter((route) => route.node === node.id) }));
	const columns = Object.values(Object.groupBy(nodes, ({ kind }) => LAYERS[kind]));
	columns.at(-1).sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
	const least = columns.map((column) => Math.max(...column.map((node) => (node.routes.length ? SENDER : (WIDTHS[node.kind] ?? PLACE)))));
	const gaps = (columns.length - 1) * Math.min(110, Math.max(34, width * 0.05));
	const scale = Math.min(MOST, (width - 2 - gaps) / sum(least));
	const down = width < 700 || scale < LEAST;
	const height = down ? downwards(columns, width) : across(columns, width, least.map((size) => size * scale));
	const byId = new Map(nodes.map((node) => [node.id, node]));
	const drawn = joined(edges.filter(({ from, to }) => byId.has(from) && byId.has(to)));
	const paths = drawn.map((edge) => ({ ...edge, ...path(edge, drawn, byId, down) }));
	return { nodes, edges: paths, width, height: Math.max(height, ...paths.map(({ floor = 0 }) => floor + 2)), down };
}

// Failures of several routes that go the same way are one edge.
function joined(edges) {
	const groups = Object.groupBy(edges, ({ on, from, to }, place) => (on === "failure" ? `${from}\n${to}` : place));
	return Object.values(groups).map((group) => ({ ...group[0], routes: group.map(({ route }) => route).filter(Boolean) }));
}

// Place the layers side by side; return the height of it all.
function across(columns, width, widths) {
	const gap = (width - 2 - sum(widths)) / (columns.length - 1);
	const heightOf = ({ routes }) => 12 + LINE * (routes.length > 1 ? 2 + routes.length : routes.length ? 3 : 2);
	const heights = columns.map((column) => sum(column.map(heightOf)) + GAP * (column.length - 1));
	const height = Math.max(...heights) + 16;
	let x = 1;
	columns.forEach((column, at) => {
		let y = (height - heights[at]) / 2;
		for (const node of column) {
			Object.assign(node, { x, y, width: widths[at], height: heightOf(node) });
			y += node.height + GAP;
		}
		x += widths[at] + gap;
	});
	return height;
}

// Place the layers one below the other; return the height of it all.
function downwards(columns, whole) {
	const { height, step, gap } = DOWN;
	columns.forEach((column, at) => {
		const width = (whole - 2 + gap) / column.length - gap;
		column.forEach((node, place) => Object.assign(node, { x: 1 + place * (width + gap), y: 2 + at * step, width, height }));
	});
	return (columns.length - 1) * step + height + 4;
}

// Return the path of an edge; edges that share a side leave and arrive at places of their own.
function path(edge, edges, byId, down) {
	const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
	const share = (end, far) => {
		const at = (link) => byId.get(link[far])[down ? "x" : "y"];
		const sorted = edges.filter((link) => link[end] === edge[end]).sort((left, right) => at(left) - at(right));
		return (sorted.indexOf(edge) + 1) / (sorted.length + 1);
	};
	const [a, b] = [share("from", "to"), share("to", "from")];
	if (down) {
		const [x1, y1, x2, y2] = [from.x + from.width * a, from.y + from.height, to.x + to.width * b, to.y - 2];
		const middle = (y1 + y2) / 2;
		return { d: `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}` };
	}
	const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height * a, to.x - 2, to.y + to.height * b];
	const nodes = [...byId.values()];
	if (edge.on === "failure" && nodes.some(({ x, width }) => x > x1 && x + width < to.x)) {
		const floor = Math.max(...nodes.map(({ y, height }) => y + height)) + 9;
		return { d: `M${x1} ${y1}C${x1 + 40} ${y1} ${x1 + 20} ${floor} ${x1 + 70} ${floor}L${x2 - 60} ${floor}C${x2 - 10} ${floor} ${x2 - 30} ${y2} ${x2} ${y2}`, floor };
	}
	const middle = (x1 + x2) / 2;
	// The label is on the line, near its beginning: there no other line crosses it.
	const label = { x: x1 + Math.max(28, (x2 - x1) * 0.25), y: y1 * 0.9 + y2 * 0.1 };
	return { d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`, at: x2 - x1 > 74 ? label : null };
}
