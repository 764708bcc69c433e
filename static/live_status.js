// Says in the header whether the page can be trusted, and louder once it has not been live for three seconds.

import { locale } from "./locale.js";
import { clock } from "./times.js";
import { word } from "./words.js";

const status = document.getElementById("live-status");
const bar = document.getElementById("live-bar");
const took = document.getElementById("live-took");
const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
let louder;
let latest;
let showing;
let shown = 0;

document.addEventListener("alrt:live", ({ detail: { state, since, first } }) => {
  status.hidden = false;
  status.dataset.state = state;
  if (state !== "live" && took) took.hidden = true;
  write(status.querySelector("[data-live-word]"), headerWord(state, since, first));
  clearTimeout(louder);
  if (state === "live") bar.hidden = true;
  else if (bar.hidden) louder = setTimeout(showBar, 3_000, state, since);
  else showBar(state, since);
});

function headerWord(state, since, first) {
  if (state === "stale") return word("stale", { time: clock(since) });
  return word(state === "reconnecting" && first ? "connecting" : state);
}

function showBar(state, since) {
  bar.dataset.state = state;
  write(bar, word(state === "stale" ? "stale_long" : "reconnecting_long", { time: clock(since) }));
  bar.hidden = false;
}

// How long the last change took: beside the state and not in it, so that no screen reader says it each time.

document.addEventListener("alrt:painted", ({ detail }) => {
  if (!took) return;
  latest = detail.took;
  showing ??= setTimeout(showTook, Math.max(0, shown + 1_000 - Date.now()));
});

function showTook() {
  showing = undefined;
  shown = Date.now();
  // Rounded up: nothing takes 0.0 seconds.
  write(took, word("took", { seconds: tenths.format(Math.ceil(latest / 100) / 10) }));
  took.hidden = status.dataset.state !== "live";
}

// Writing the same text again would make screen readers repeat it.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
