// The last resort of a page that runs for weeks: whatever went wrong in it, loading anew puts it right. Every way goes
// through reload.js, which never leads to the browser's own error page and never into a loop.

import { reloadWithin } from "../live/reload.js";
import { now } from "../server_clock.js";

const LOOK_EVERY = 30_000;
const NOT_LIVE_FOR = 3 * 60_000; // live.js tries every ten seconds; when that did not help, something else is wrong
const SETTLED = 5 * 60_000;
const HEAP_GROWTH = 3;
const HEAP_LEAST = 150e6;
const NODE_GROWTH = 3;
const NODE_LEAST = 20_000;
const QUIET_HOUR = 4;
const DAY = 20 * 3_600_000;

const began = performance.now();
const timeZone = document.body.dataset.zone || undefined;
const hourOf = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" });
const quietMinutes = Math.random() * 50;
let live = false;
let liveAt = performance.now();
let usual;

document.addEventListener("alrt:live", ({ detail }) => {
  if (live) liveAt = performance.now();
  live = detail.state === "live";
});

function look() {
  if (live) liveAt = performance.now();
  if (performance.now() - liveAt > NOT_LIVE_FOR) reloadWithin(5_000);
  else if (hasGrown() || isDueAtNight()) reloadWithin(60_000);
}

function hasGrown() {
  const heap = performance.memory?.usedJSHeapSize ?? 0;
  const nodes = document.getElementsByTagName("*").length;
  if (performance.now() - began > SETTLED) usual ??= { heap, nodes };
  if (!usual) return false;
  const heapAllowed = Math.max(HEAP_LEAST, HEAP_GROWTH * usual.heap);
  const nodesAllowed = Math.max(NODE_LEAST, NODE_GROWTH * usual.nodes);
  return heap > heapAllowed || nodes > nodesAllowed;
}

// Only where the browser does not tell how much memory it has taken.
function isDueAtNight() {
  if (performance.memory || performance.now() - began < DAY) return false;
  const moment = new Date(now());
  return Number(hourOf.format(moment)) === QUIET_HOUR && moment.getUTCMinutes() % 60 >= quietMinutes;
}

// A manager chose another language or zone for this wall: all of the page speaks it, so all of it is made anew.
document.addEventListener("alrt:applied", () => {
  const { language, zone } = document.querySelector(".wall-head")?.dataset ?? {};
  const isOther = language !== document.documentElement.lang || zone !== document.body.dataset.zone;
  if (language && isOther) reloadWithin(0);
});

setInterval(look, LOOK_EVERY);
