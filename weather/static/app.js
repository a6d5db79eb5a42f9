"use strict";
// Values are shown by textContent only, so that none of them is ever markup.

const byId = (id) => document.getElementById(id);
const MARKS = { delivered: "✓", filtered: "·", superseded: "·", "dead-letter": "✗", undelivered: "✗" };
const OUTCOMES = { delivered: "delivered", filtered: "filtered out", superseded: "a later state is sent", "dead-letter": "dead letter", undelivered: "not delivered" };
const KEPT = { messages: 50, deliveries: 90 };
const records = new Map(); // location -> { row, ends: ms since 1970, or null }
const latest = new Map(); // operation -> delivery
const keys = new Map(); // sequence number -> key, of dead letters
const problems = new Map();
let dead = { waiting: 0, letters: [] }; // what was told last of the queue
let about = { table: "" };

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// --- what the server tells -------------------------------------------------------------------

function listen() {
  const source = new EventSource("api/events");
  const on = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  source.onopen = () => showLive("live", true);
  source.onerror = () => showLive("reconnecting …", false);
  on("reset", reset);
  on("record", showRecord);
  on("removed", ({ location }) => removeRecord(location));
  on("more", showMore);
  on("message", showMessage);
  on("delivery", showDelivery);
  on("dead-letters", showLetters);
  on("problem", ({ about: subject, problem }) => showProblem(subject, problem));
}

function showLive(text, on) {
  byId("live").textContent = text;
  byId("live").classList.toggle("on", on);
}

function reset() {
  if (byId("records").contains(document.activeElement)) byId("records-title").focus();
  records.clear();
  latest.clear();
  problems.clear();
  dead = { waiting: 0, letters: [] };
  for (const id of ["records", "messages", "deliveries", "letters", "problems"]) byId(id).replaceChildren();
  byId("more").hidden = true;
  for (const id of ["no-records", "no-messages", "no-deliveries", "no-letters"]) byId(id).hidden = false;
}

function showProblem(subject, problem) {
  if (problem) problems.set(subject, problem);
  else problems.delete(subject);
  byId("problems").replaceChildren(
    ...[...problems].map(([name, text]) => element("p", { textContent: `${name}: ${text}` })),
  );
}

// --- table and cache -------------------------------------------------------------------------

const weather = (values) =>
  values && !values.unreadable
    ? `${values.MaxTemp}° / ${values.MinTemp}° · ${values.ChancesOfPrecipitation} %`
    : values ? `not JSON: ${values.unreadable}` : "–";

function showRecord(record) {
  const { location } = record;
  const cell = (name, text, className = "") => {
    const made = element("td", { className, textContent: text });
    made.dataset.name = name;
    return made;
  };
  const remove = element("button", { textContent: "Delete", type: "button" });
  remove.setAttribute("aria-label", `Delete ${location}`);
  remove.addEventListener("click", () => send("DELETE", "records", { Location: location }, () => `Deleted ${location}.`, "deleted"));
  const state = element("td", {}, element("span", { className: `state ${record.state.replace(" ", "-")}`, textContent: record.state }));
  state.dataset.name = "State";
  const row = element(
    "tr", {},
    element("th", { scope: "row", textContent: location }),
    cell("Table", weather(record.table)),
    cell("Cache", weather(record.cache)),
    cell("TTL left", "", "ttl"),
    state,
    element("td", { className: "action" }, ...(record.table ? [remove] : [])),
  );
  row.dataset.location = location;
  const before = records.get(location);
  if (before) {
    const focused = before.row.contains(document.activeElement);
    before.row.replaceWith(row);
    if (focused) focusNear(row);
  } else {
    const next = [...records.keys()].filter((name) => name > location).sort()[0];
    byId("records").insertBefore(row, next === undefined ? null : records.get(next).row);
  }
  const ends = record.expires_at && record.expires_at * 1000; // this server's clock is the browser's
  records.set(location, { row, ends, known: Boolean(record.cache) });
  byId("no-records").hidden = true;
  countDown();
}

function removeRecord(location) {
  const row = records.get(location)?.row;
  const focused = row?.contains(document.activeElement);
  const next = row?.nextElementSibling ?? row?.previousElementSibling;
  row?.remove();
  records.delete(location);
  if (focused && next) focusNear(next);
  else if (focused) byId("records-title").focus();
  byId("no-records").hidden = records.size > 0;
}

// Focus the row's button, or the next one's, or one before; or what stands over them all.
function focusNear(row) {
  const buttons = [...document.querySelectorAll("#records button")];
  const follows = (button) => row.contains(button) || row.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING;
  (buttons.find(follows) ?? buttons.at(-1) ?? byId("records-title")).focus();
}

function showMore(shown) {
  byId("more").hidden = !shown;
  byId("more").textContent = `The table has more records: ${shown} are shown, among them those touched last.`;
}

function countDown() {
  for (const { row, ends, known } of records.values()) {
    const text = ends !== null ? `${Math.max(0, Math.ceil((ends - Date.now()) / 1000))} s` : known ? "not known" : "–";
    const cell = row.querySelector(".ttl");
    if (cell.textContent !== text) cell.textContent = text;
  }
}

// --- the topic -------------------------------------------------------------------------------

function showMessage(message) {
  const when = new Date(message.received * 1000).toLocaleTimeString();
  const text = message.missed ?? message.text ?? `bytes: ${message.binary}`;
  prepend("messages", element("li", {}, element("time", { textContent: when }), " ", element("code", { textContent: text })));
}

function prepend(id, item) {
  const list = byId(id);
  list.prepend(item);
  while (list.children.length > KEPT[id]) list.lastElementChild.remove();
  byId(`no-${id}`).hidden = true;
}

// --- the pipes -------------------------------------------------------------------------------

const operation = (pipe) => pipe.replace(`${about.table}-`, "").replace(/-(pipe|rule)$/, "");
const METHODS = { PUT: "cache-put", POST: "topic-publish", DELETE: "cache-delete" };
// A workflow's one pipe delivers the requests of all operations.
const operationOf = ({ pipe, request }) => {
  const name = operation(pipe);
  return name === "changes" && request ? METHODS[request.method] ?? name : name;
};
const keyOf = (delivery) => Object.values(delivery.keys ?? {}).map((value) => Object.values(value)[0]).join(" ");
const milliseconds = (seconds) => `${Math.max(0, seconds * 1000).toFixed(0)} ms`;

function showDelivery(delivery) {
  const name = operationOf(delivery);
  const spans = [MARKS[delivery.outcome], name, delivery.event_name, keyOf(delivery), statusOf(delivery)]
    .map((text) => element("span", { textContent: text }));
  spans[0].className = delivery.outcome;
  spans[2].className = "what";
  const open = element("button", { type: "button" }, ...spans);
  open.addEventListener("click", () => openDelivery(delivery));
  prepend("deliveries", element("li", {}, open));
  latest.set(name, delivery);
  if (delivery.outcome === "dead-letter") {
    keys.set(delivery.sequence_number, keyOf(delivery));
    showLetters(dead); // it may have been seen in the queue before this was told
  }
  light(name, delivery);
}

function statusOf(delivery) {
  const last = delivery.attempts?.at(-1);
  return last ? `${last.status ?? last.problem} in ${milliseconds(last.seconds)}` : OUTCOMES[delivery.outcome];
}

function light(name, delivery) {
  const pipe = document.querySelector(`[data-pipe="${CSS.escape(name)}"]`);
  if (!pipe) return;
  pipe.querySelector("em").textContent = `${MARKS[delivery.outcome]} ${OUTCOMES[delivery.outcome]}: ${keyOf(delivery)}`;
  const lit = [pipe, byId("node-table")];
  if (delivery.outcome === "delivered") lit.push(byId(name === "topic-publish" ? "node-topic" : "node-cache"));
  if (delivery.outcome === "dead-letter") lit.push(byId("node-queue"));
  for (const node of lit) {
    const outcome = delivery.outcome === "superseded" ? "filtered" : delivery.outcome;
    const style = `lit-${node === lit[1] ? "delivered" : outcome}`;
    node.classList.remove("lit-delivered", "lit-filtered", "lit-dead-letter");
    node.classList.add(style);
    clearTimeout(node.dimming);
    node.dimming = setTimeout(() => node.classList.remove(style), 1500);
  }
}

// JSON with a typed attribute, {"S": "Oslo"}, on one line.
const written = (value) => JSON.stringify(value, null, 2).replace(/\{\s+("[A-Z]{1,4}": (?:"(?:[^"\\]|\\.)*"|true|false))\s+\}/g, "{$1}");

function openDelivery(delivery) {
  const steps = [];
  const step = (title, ...parts) => steps.push(element("h3", { textContent: title }), ...parts);
  const sentence = (text) => element("p", { textContent: text });
  const code = (value) => element("pre", { textContent: typeof value === "string" ? value : written(value), tabIndex: 0 });
  const { request } = delivery;
  if (delivery.record) step("1. The stream record", code(delivery.record));
  if (delivery.filters) {
    const verdict = delivery.outcome === "filtered" ? "It does not match the filter:" : "It matches the filter:";
    step("2. Filter", ...(delivery.filters.length ? [sentence(verdict), ...delivery.filters.map(code)] : [sentence("There is none: every record passes.")]));
  }
  if (request && "template" in delivery) {
    step("3. Input template", ...(delivery.template ? [code(delivery.template)] : [sentence("There is none: the record is the body.")]));
  }
  if (request) {
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`).join("\n");
    step("4. Request", code(`${request.method} ${request.url}\n${headers}\n\n${request.body}`));
  }
  if (delivery.attempts?.length) {
    const tried = delivery.attempts.map((one) => sentence(`${one.status ?? one.problem} ${one.response} after ${milliseconds(one.seconds)}`));
    step(delivery.attempts.length > 1 ? `5. Responses to ${tried.length} attempts` : "5. Response", ...tried);
  }
  if (delivery.logged) step("From the execution log", code(delivery.logged));
  const outcome = delivery.reason ? `${OUTCOMES[delivery.outcome]}: ${delivery.reason}` : OUTCOMES[delivery.outcome];
  steps.unshift(element("p", { className: delivery.outcome, textContent: `${MARKS[delivery.outcome]} ${outcome}, ${milliseconds(delivery.seconds)} ${delivery.logged ? "in the pipe" : "after the write"}` }));
  byId("delivery-title").textContent = `${operationOf(delivery)}: ${delivery.event_name} ${keyOf(delivery)}`;
  byId("steps").replaceChildren(...steps);
  byId("delivery").showModal();
}

// --- dead letters ----------------------------------------------------------------------------

function showLetters(told) {
  dead = told;
  const { waiting, letters } = dead;
  byId("waiting").textContent = waiting;
  byId("node-queue").classList.toggle("some", waiting > 0);
  byId("letters").replaceChildren(...letters.map((letter) => {
    const key = keys.has(letter.sequence_number) ? ` (${keys.get(letter.sequence_number)})` : "";
    return element(
      "li", {},
      element("b", { textContent: `${operation(letter.pipe)}${key}` }),
      ` ${letter.condition}, arrived ${letter.arrived}: `,
      element("code", { textContent: `${letter.shard_id} ${letter.sequence_number}`.trim() }),
    );
  }));
  byId("no-letters").hidden = letters.length > 0;
  if (waiting === 0 && document.activeElement === byId("replay")) byId("dead-title").focus();
  byId("replay").hidden = waiting === 0;
}

// --- what the user does ----------------------------------------------------------------------

function say(where, text, bad = false) {
  byId(where).textContent = text;
  byId(where).classList.toggle("bad", bad);
}

async function send(method, path, body, done = ({ written }) => `Written: ${written.join(", ")}.`, where = "said") {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`api/${path}`, { method, headers, body: JSON.stringify(body) }).catch(() => null);
  const found = await answer?.json().catch(() => null);
  if (!answer) say(where, "The page's server does not answer. Is ./help.sh still running?", true);
  else if (!found) say(where, `The page's server answers ${answer.status}, without a word: it has met an error of its own.`, true);
  else say(where, answer.ok ? done(found) : found.error, !answer.ok);
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  send("PUT", "records", Object.fromEntries(new FormData(event.target)));
});
byId("random").addEventListener("click", () => send("POST", "records/random", { count: 1 }));
byId("refused").addEventListener("click", () => send("POST", "records/refused", {}));
byId("replay").addEventListener("click", async () => {
  if (byId("replay").ariaDisabled === "true") return;
  byId("replay").ariaDisabled = "true"; // and not disabled, which would lose the focus
  say("replayed", "Replaying …");
  await send("POST", "dead-letters/replay", {}, ({ replayed }) => replayed, "replayed");
  byId("replay").ariaDisabled = "false";
});
byId("close").addEventListener("click", () => byId("delivery").close());
for (const pipe of document.querySelectorAll("[data-pipe]")) {
  pipe.addEventListener("click", () => {
    const delivery = latest.get(pipe.dataset.pipe);
    say("piped", "");
    if (delivery) openDelivery(delivery);
    else say("piped", `${pipe.dataset.pipe} has had no record yet: write one.`);
  });
}

async function begin() {
  try {
    const answer = await fetch("api/about");
    about = await answer.json();
    if (!answer.ok) throw new Error(about.error);
  } catch {
    showLive("the page's server does not answer; trying again …", false);
    setTimeout(begin, 2000);
    return;
  }
  byId("place").textContent = `on ${about.place}`;
  for (const name of ["table", "cache", "topic", "queue"]) byId(`name-${name}`).textContent = about[name];
  if (about.cache_ttl) {
    byId("refused").hidden = true;
    byId("refusal").textContent = `CACHE_TTL_SECONDS is ${about.cache_ttl}: each item stays so many seconds in the cache whatever the record's TTL, so Momento refuses none.`;
  }
  listen();
}
begin();
setInterval(countDown, 250);
