// A client that falls silent takes the stage for some seconds: its tile, as large as the screen. Several at once share one
// card, so that the wall is never away for long.

import { now } from "../server_clock.js";
import { word } from "../words.js";
import { animate } from "./motion.js";

const SHOWN_FOR = 8_000;
const FRESH = 120_000; // an alert that came while the page was being loaded anew is still news
const MOST_AT_ONCE = 6;
const KEY = "alrt-wall-staged";

const stage = document.getElementById("wall-stage");
const waiting = [];
const staged = new Set(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
let known = new Map();
let ends;

function look({ isFirst = false } = {}) {
  const alerts = new Map([...document.querySelectorAll(".wall-alert")].map((alert) => [name(alert), alert]));
  for (const [which, alert] of alerts) {
    const isNews = isFirst ? now() - Date.parse(alert.dataset.raised) < FRESH : !known.has(which);
    if (isNews && !staged.has(which)) waiting.push(alert.dataset.client);
    staged.add(which);
  }
  for (const which of staged) if (!alerts.has(which)) staged.delete(which);
  sessionStorage.setItem(KEY, JSON.stringify([...staged]));
  known = alerts;
  if (waiting.length > 0 && ends === undefined) showNext();
}

// A client's next silence is another alert.
function name({ dataset }) {
  return `${dataset.client} ${dataset.raised}`;
}

function showNext() {
  const cards = waiting.splice(0).map(card).filter(Boolean);
  if (cards.length === 0) return;
  stage.replaceChildren(title(cards.length), ...cards.slice(0, MOST_AT_ONCE));
  stage.dataset.cards = Math.min(cards.length, MOST_AT_ONCE);
  stage.hidden = false;
  animate(stage, [{ opacity: 0 }, { opacity: 1 }], 200);
  ends = setTimeout(leave, SHOWN_FOR);
}

function leave() {
  stage.hidden = true;
  stage.replaceChildren();
  ends = undefined;
  if (waiting.length > 0) showNext();
}

function card(client) {
  const tile = document.getElementById(`wall-tile-${client}`);
  if (!tile) return undefined;
  const copy = document.createElement("div");
  copy.className = tile.className;
  copy.dataset.signal = tile.dataset.signal;
  copy.append(...tile.cloneNode(true).childNodes);
  return copy;
}

function title(count) {
  const element = document.createElement("p");
  element.className = "wall-stage__title";
  element.textContent = count === 1 ? word("fell_silent") : word("fell_silent_many", { count });
  return element;
}

look({ isFirst: true });
document.addEventListener("alrt:applied", () => look());
