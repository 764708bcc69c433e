// Keeps the operators' page up to date. It has a stream of its own: nothing tells when these figures change, so the
// server looks every few seconds and sends what became different.

import { applyFragments } from "./live/apply.js";
import { clock } from "./times.js";
import { word } from "./words.js";

const SILENCE = 15_000; // three looks
const LONGEST_WAIT = 5_000;

const address = document.getElementById("ops").dataset.opsStream;
const stale = document.getElementById("ops-stale");
let source;
let retry;
let heard = Date.now();

function open() {
  close();
  source = new EventSource(address);
  source.addEventListener("fragments", ({ data }) => applyFragments(data));
  source.addEventListener("seen", seen);
  // Loaded anew, the page says why: signed out, or no longer an operator.
  source.addEventListener("ended", () => {
    close();
    location.reload();
  });
  source.addEventListener("error", () => {
    close();
    retry = setTimeout(open, LONGEST_WAIT * (0.5 + Math.random() / 2));
  });
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = undefined;
}

function seen() {
  heard = Date.now();
  show();
}

function show() {
  const isStale = Date.now() - heard > SILENCE;
  document.body.dataset.ops = isStale ? "stale" : "live";
  const text = isStale ? word("ops_stale", { time: clock(heard) }) : "";
  const words = stale.querySelector("[data-stale-words]");
  if (words.textContent !== text) words.textContent = text;
  stale.hidden = !isStale;
}

// A browser has six connections to a host: a tab that nobody looks at keeps none for this.
document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? open() : close()));
addEventListener("pagehide", close);
addEventListener("pageshow", ({ persisted }) => persisted && open());

setInterval(show, 1_000);
if (document.visibilityState === "visible") open();
