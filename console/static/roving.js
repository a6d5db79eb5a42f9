// One tab stop for a list ([data-keys]): arrows move the focus between its stops ([data-stop]).
// With lines ([data-line]), up and down go to the same place of the next line.
const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
const SIDES = { ArrowRight: 1, ArrowLeft: -1 };
const stopsOf = (part) => [...part.querySelectorAll("[data-stop]")];

document.addEventListener("focusin", ({ target }) => {
	const [stop, list] = [target.closest("[data-stop]"), target.closest("[data-keys]")];
	if (stop && list) for (const each of stopsOf(list)) each.setAttribute("tabindex", each === stop ? "0" : "-1");
});

document.addEventListener("keydown", (event) => {
	const { key, target } = event;
	const [here, list, line] = ["stop", "keys", "line"].map((name) => target.closest(`[data-${name}]`));
	if (!here || !list || event.altKey || event.ctrlKey || event.metaKey) return;
	const lines = line ? [...list.querySelectorAll("[data-line]")].map(stopsOf) : stopsOf(list).map((stop) => [stop]);
	const row = stopsOf(line ?? list);
	const place = row.indexOf(here);
	const at = lines.findIndex((stops) => stops.includes(here));
	const to = lines[{ Home: 0, End: lines.length - 1 }[key] ?? at + STEPS[key]];
	const next = key in SIDES ? row[place + SIDES[key]] : to?.[line ? Math.min(place, to.length - 1) : 0];
	if (!next) return;
	event.preventDefault();
	next.focus();
	next.scrollIntoView({ block: "nearest" });
});
