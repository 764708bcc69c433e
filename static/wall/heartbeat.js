// Tells the server every half minute that this screen lives, and how. The answer brings the server's time, and its version:
// after a deploy the page loads itself anew.

import { reloadWithin } from "../live/reload.js";
import { correct, now } from "../server_clock.js";
import { randomName } from "./names.js";

const KEY = "alrt-wall-screen";
const DEPLOYED = "alrt-wall-deployed";
const every = Number(document.body.dataset.beat) || 30_000;
const began = performance.now();

let lag = null;
let changed = false;
let otherVersion = 0;
let beating = false;

async function beat() {
  if (beating) return;
  beating = true;
  try {
    const asked = Date.now();
    const answer = await fetch("/wall/heartbeat", {
      method: "POST",
      headers: { "content-type": "application/json", "x-alrt-wall": "1" },
      body: JSON.stringify(state()),
      signal: AbortSignal.timeout(15_000),
    });
    if (answer.status === 401) reloadWithin(0);
    else if (answer.ok) take(await answer.json(), asked);
  } catch {
    // The connection's state is shown by live_status.js; the next beat tries again.
  } finally {
    beating = false;
  }
}

function state() {
  const said = lag;
  lag = null;
  return {
    screen: screenName(),
    version: document.body.dataset.version,
    width: Math.round(screen.width * devicePixelRatio),
    height: Math.round(screen.height * devicePixelRatio),
    lag_ms: said,
    nodes: document.getElementsByTagName("*").length,
    heap_bytes: performance.memory?.usedJSHeapSize ?? null,
    age_ms: Math.round(performance.now() - began),
  };
}

function take({ now: served, version }, asked) {
  correct(served, asked);
  // Twice in a row: while a deploy goes on, old and new servers answer by turns.
  otherVersion = version === document.body.dataset.version ? 0 : otherVersion + 1;
  if (otherVersion === 1) setTimeout(beat, 5_000);
  if (otherVersion >= 2 && isDeployed()) reloadWithin(5_000);
}

// Machines that were never brought to the same version must not make a wall flicker: once in ten minutes is enough.
function isDeployed() {
  const before = Number(sessionStorage.getItem(DEPLOYED)) || 0;
  if (Math.abs(Date.now() - before) < 10 * 60_000) return false;
  sessionStorage.setItem(DEPLOYED, Date.now());
  return true;
}

// Kept by the browser, so that a copied token is seen to be in two places.
function screenName() {
  try {
    const kept = localStorage.getItem(KEY) ?? randomName();
    localStorage.setItem(KEY, kept);
    return kept;
  } catch {
    return (screenName.unkept ??= randomName());
  }
}

// How far behind the page is: from the entry in the stream of events, whose id is its time, to what is shown. The worst
// since the last beat.
document.addEventListener("alrt:applied", () => (changed = true));
new MutationObserver(() => {
  const entered = Number(document.body.dataset.cursor.split(":")[1]?.split("-")[0]);
  if (changed && entered > 0) lag = Math.max(lag ?? 0, Math.max(0, Math.round(now() - entered)));
  changed = false;
}).observe(document.body, { attributeFilter: ["data-cursor"] });

let wasLive = false;
document.addEventListener("alrt:live", ({ detail }) => {
  // Back from an outage, which may have been a deploy.
  if (detail.state === "live" && !wasLive) beat();
  wasLive = detail.state === "live";
});

setInterval(beat, every);
