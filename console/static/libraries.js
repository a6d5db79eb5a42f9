// The libraries, which the server takes from node_modules: lit-html draws, signals keep the state.
export { html, nothing, render, svg } from "/vendor/lit-html/lit-html.js";
export { batch, computed, effect, signal } from "/vendor/signals-core/signals-core.mjs";
