// The dead letters: why each is there, its item and its change; replay or discard.
import { html, nothing } from "/vendor/lit-html/lit-html.js";
import { repeat } from "/vendor/lit-html/directives/repeat.js";
import { signal } from "/vendor/signals-core/signals-core.module.js";
import * as roving from "../roving.js";
import * as store from "../store.js";
import { date, many, time } from "../words.js";

const asked = signal(""); // the id of the letter whose discard waits for a second press, or "all"

export function letters() {
  const { waiting, hidden, letters: found } = store.letters.value;
  return html`
    <div class="tools">
      <p class="grow">A record that could not be delivered leaves a dead letter. Replay sends it again; discard forgets it. ${hidden ? `${many(hidden, "letter is", "letters are")} held by another run at the moment.` : ""}</p>
      ${waiting ? html`<button type="button" class="main" @click=${() => store.replayLetters("all")}>Replay all ${waiting}</button>${discard("all", `Discard all ${waiting}`, false)}` : nothing}
    </div>
    ${going()}
    ${found.length
      ? html`<ol class="cards scroll" aria-label="Dead letters, the newest first" @focusin=${roving.focused} @keydown=${roving.moved}>${repeat(found, (one) => one.id, letter)}</ol>
        ${waiting > found.length ? html`<p class="hint">${found.length} of ${waiting} are shown.</p>` : nothing}`
      : html`<p class="empty">${waiting ? "The letters are being read." : "No dead letter waits: every record was delivered or left out by a filter."}</p>`}`;
}

function letter(one, place) {
  const stop = place ? -1 : 0;
  return html`<li data-line class="card letter">
    <div><p><b class="key">${one.item || "Its item is not known"}</b> ${one.route ? html`<span class="cell bad">✗ ${store.routeOf(one.route)?.label ?? one.route}</span>` : nothing} <time class="meta" title=${one.arrived ? date(one.arrived) : ""}>${time(one.arrived)}</time></p>
    <p>${one.reason}</p></div>
    <p class="actions">
      ${one.change ? html`<a class="button" data-stop tabindex=${stop} href=${store.to("changes", one.change, one.route ?? "")}>What is wrong?</a>` : nothing}
      ${one.replay ? html`<button type="button" data-stop tabindex=${one.change ? -1 : stop} aria-label=${`Replay ${one.item}`} @click=${() => store.replayLetters([one.id])}>Replay</button>` : nothing}
      ${discard(one.id, "Discard", one.change || one.replay ? -1 : stop, one.item)}
    </p>
  </li>`;
}

// A discard cannot be taken back, so it is asked for twice.
export function discard(id, label, stop, what = "") {
  const sure = asked.value === id;
  const press = () => {
    asked.value = sure ? "" : id;
    if (sure) store.discardLetters(id === "all" ? "all" : [id]);
  };
  const text = sure ? "Discard for good?" : label;
  return stop === false
    ? html`<button type="button" class=${sure ? "danger" : ""} @click=${press} @blur=${() => (asked.value = "")}>${text}</button>`
    : html`<button type="button" data-stop tabindex=${stop} aria-label=${`${text} ${what}`} class=${sure ? "danger" : ""} @click=${press} @blur=${() => (asked.value = "")}>${text}</button>`;
}

function going() {
  const found = store.progress.value;
  if (!found || found.finished) return nothing;
  return html`<p class="going"><progress max=${found.all || 1} value=${found.done} aria-label=${found.about}></progress> ${found.done} of ${found.all}. ${found.text}</p>`;
}
