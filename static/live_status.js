// Says in the header whether the page can be trusted, and louder once it has not been live for three seconds.

import { clock } from "./times.js";
import { word } from "./words.js";

const status = document.getElementById("live-status");
const bar = document.getElementById("live-bar");
let louder;

document.addEventListener("alrt:live", ({ detail: { state, since, first } }) => {
  status.hidden = false;
  status.dataset.state = state;
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

// Writing the same text again would make screen readers repeat it.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
