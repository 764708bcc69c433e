// A screen that belongs to no team shows a code, until somebody types it in settings. The server says each time what to
// show, so that a page which was loaded anew, or was away for hours, goes on with whatever holds now.

import { reloadWithin } from "../live/reload.js";
import { word } from "../words.js";
import "./screen.js";

const ASK_EVERY = 3_000;
const LONGEST_WAIT = 30_000;

const code = document.getElementById("wall-code");
const left = document.getElementById("wall-left");
let failures = 0;
let otherVersion = 0;
let expires = 0;

document.getElementById("wall-address").textContent = `${location.host}/settings/walls`;

async function ask() {
  let wait = ASK_EVERY;
  try {
    const answer = await fetch("/wall/code", {
      method: "POST",
      headers: { "x-alrt-wall": "1" },
      signal: AbortSignal.timeout(10_000),
    });
    const said = await answer.json();
    if (answer.status === 429) wait = Math.min(said.wait * 1_000, 60_000);
    else if (!answer.ok) throw new Error(answer.status);
    else if (said.paired) return leave();
    else show(said);
    failures = 0;
  } catch {
    failures++;
    wait = Math.min(LONGEST_WAIT, ASK_EVERY * 1.5 ** failures) * (0.75 + Math.random() / 2);
  }
  tell();
  setTimeout(ask, wait);
}

function show(said) {
  const halves = [said.code.slice(0, 4), said.code.slice(4)];
  [...code.children].forEach((group, number) => {
    if (group.textContent !== halves[number]) group.textContent = halves[number];
  });
  delete code.dataset.waiting;
  expires = performance.now() + said.seconds * 1_000;
  otherVersion = said.version === document.body.dataset.version ? 0 : otherVersion + 1;
  if (otherVersion >= 2) reloadWithin(5_000);
}

function leave() {
  left.textContent = word("paired");
  reloadWithin(0);
}

function tell() {
  const seconds = Math.max(0, Math.round((expires - performance.now()) / 1_000));
  const time = `\u2066${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}\u2069`;
  const text = failures > 1 ? word("no_server") : expires ? word("new_code_in", { time }) : "\u00a0";
  if (left.textContent !== text) left.textContent = text;
  // A code that nobody may use any more is not shown on.
  if (expires && seconds === 0) code.dataset.waiting = "";
}

setInterval(tell, 1_000);
ask();
