// One tab stop for a list: arrows move the focus between its stops ([data-stop]).
// Rows are marked with [data-line]; up and down go to the same place of the next row.

export function focused(event) {
  const stop = event.target.closest("[data-stop]");
  if (!stop) return;
  for (const other of event.currentTarget.querySelectorAll("[data-stop]")) other.setAttribute("tabindex", other === stop ? "0" : "-1");
}

export function moved(event) {
  const here = event.target.closest("[data-stop]");
  if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
  const list = event.currentTarget;
  const all = [...list.querySelectorAll("[data-stop]")];
  const line = here.closest("[data-line]");
  const next = line ? inLines(event.key, list, line, here) : inRow(event.key, all, all.indexOf(here));
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function inRow(key, all, place) {
  const steps = { ArrowRight: 1, ArrowDown: 1, j: 1, ArrowLeft: -1, ArrowUp: -1, k: -1 };
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  return key in steps ? all[place + steps[key]] : undefined;
}

function inLines(key, list, line, here) {
  const stops = [...line.querySelectorAll("[data-stop]")];
  const place = stops.indexOf(here);
  if (key === "ArrowRight") return stops[place + 1];
  if (key === "ArrowLeft") return stops[place - 1];
  const lines = [...list.querySelectorAll("[data-line]")];
  const goes = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
  let to = lines[lines.indexOf(line) + (goes[key] ?? 0)];
  if (key === "Home") to = lines[0];
  else if (key === "End") to = lines.at(-1);
  else if (!(key in goes)) return undefined;
  const there = [...(to?.querySelectorAll("[data-stop]") ?? [])];
  return there[Math.min(place, there.length - 1)];
}
