// The page's end of the push. What the server sends is applied in the order of arrival; the invariant is that what the
// page shows contains every event up to its cursor. The server's half is app/live/.
//
//   live/tabs.js    one stream for all tabs of the browser     live/apply.js   a fragment enters the page
//   live/stream.js  that stream, kept alive                    live/reload.js  loading anew without a loop
//   live/painted.js how long a change took to the screen

import "./live_status.js"; // first, so that it hears the first state
import { applyFragments } from "./live/apply.js";
import { measure, noteApplied } from "./live/painted.js";
import { forgetReloads, reloadWithin } from "./live/reload.js";
import { SILENCE, Tabs } from "./live/tabs.js";
import { now } from "./server_clock.js";

const LONGEST_HOLD = 5_000;

const address = new URL(document.body.dataset.stream, location.href);
const page = {
  address: address.pathname,
  names: address.searchParams.getAll("page"),
  cursor: address.searchParams.get("since") ?? "",
  language: document.documentElement.lang,
  receive,
  trouble,
};
const tabs = new Tabs(page, `alrt-live:${document.body.dataset.session ?? ""}`);

// Frames: in order, and held while a request of the page's own is under way, so that its answer can't put an older
// state over a newer one.

const waiting = [];
let requests = 0;
let holdEnds;

function receive(frame) {
  heard = Date.now();
  waiting.push(frame);
  if (requests === 0) applyWaiting();
  else holdEnds ??= setTimeout(applyWaiting, LONGEST_HOLD);
}

function applyWaiting() {
  clearTimeout(holdEnds);
  holdEnds = undefined;
  while (waiting.length > 0) {
    const frame = waiting.shift();
    try {
      apply[frame.kind]?.(frame.data); // a tab of another version may lead
    } catch (error) {
      // The page no longer is what the cursor says.
      console.error(error);
      leaveAnd(() => reloadWithin(5_000));
      return;
    }
  }
}

const apply = {
  fragments(data) {
    const end = data.indexOf("\n");
    if (!page.names.includes(data.slice(0, end))) return;
    applyFragments(data.slice(end + 1));
    noteApplied();
  },
  committed: measure,
  seen(data) {
    page.cursor = data;
    document.body.dataset.cursor = data;
    show("live");
  },
  reload(data) {
    leaveAnd(() => reloadWithin(Number(data)));
  },
  ended() {
    // Loaded anew, a screen that nobody looks after shows its code.
    leaveAnd(() => ("unattended" in document.body.dataset ? reloadWithin(0) : location.assign("/login")));
  },
};

// beforeSend and not beforeRequest, which a listener may still cancel.
document.addEventListener("htmx:beforeSend", () => requests++);
document.addEventListener("htmx:afterRequest", () => {
  requests = Math.max(0, requests - 1);
  if (requests === 0) applyWaiting();
});

// A page that is about to go must not lead or hold back the other tabs.
function leaveAnd(go) {
  waiting.length = 0;
  tabs.leave();
  trouble();
  go();
}

// The state, for people and tests: live, reconnecting, or stale since the last frame.

let heard = Date.now();
let state;
let liveSince;
let wasLive = false;

function trouble() {
  if (state !== "stale") show(silentForLong() ? "stale" : "reconnecting");
}

function silentForLong() {
  return Date.now() - heard > SILENCE;
}

function show(next) {
  if (next === state && next !== "stale") return;
  state = next;
  wasLive ||= next === "live";
  liveSince = next === "live" ? Date.now() : undefined;
  document.body.dataset.live = next;
  const detail = { state, since: new Date(now() - Date.now() + heard), first: !wasLive };
  document.dispatchEvent(new CustomEvent("alrt:live", { detail }));
}

setInterval(() => {
  if (state !== "stale" && silentForLong()) show("stale");
  if (liveSince && Date.now() - liveSince > 30_000) forgetReloads();
}, 1_000);

show("reconnecting");
document.body.dataset.cursor = page.cursor;
tabs.join();

// A page kept for the back button must hold no lock and no stream, else the browser could not keep it.
addEventListener("pagehide", () => tabs.leave());
addEventListener("pageshow", (event) => event.persisted && tabs.join());
addEventListener("online", () => tabs.hurry());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tabs.hurry());
