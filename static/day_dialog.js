// The pop-up of a day. While it is open, whatever is pushed to the page has it read anew: counts, likes and hidden
// stories change without their day being named.

import { applyFragments } from "./live/apply.js";

const PATIENCE = 5_000;

const dialog = document.getElementById("day-dialog");
const failed = document.getElementById("day-failed");
const loading = document.getElementById("day-loading");

let address; // of the day that is shown; none while the dialog is closed
let opener; // the id of the cell that opened it
let turn = Promise.resolve();
let isWaiting = false;

export function openDay(newAddress, cellId) {
  address = newAddress;
  opener = cellId;
  failed.hidden = true;
  shown().replaceChildren(loading.content.cloneNode(true));
  if (!dialog.open) dialog.showModal();
  history.replaceState(history.state, "", `#${cellId}`);
  refresh();
}

function shown() {
  return document.getElementById("day-shown");
}

// One request at a time, so that an older answer never comes over a newer one.
function refresh() {
  if (!address || isWaiting) return;
  isWaiting = true;
  turn = turn.then(load);
}

async function load() {
  isWaiting = false; // What happens from now on may be missing from the answer.
  const wanted = address;
  if (!wanted) return;
  try {
    const answer = await fetch(wanted, { signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok || answer.redirected) throw new Error(`${wanted}: ${answer.status}`);
    const html = await answer.text();
    if (address === wanted) applyFragments(html);
    failed.hidden = true;
  } catch {
    failed.hidden = address !== wanted;
  }
}

document.addEventListener("alrt:applied", (event) => {
  if (event.detail?.ids.some((id) => id !== shown().id)) refresh();
});
document.addEventListener("alrt:live", (event) => event.detail.state === "live" && refresh());

dialog.addEventListener("close", () => {
  address = undefined;
  shown().replaceChildren();
  history.replaceState(history.state, "", location.pathname + location.search);
  document.getElementById(opener)?.focus({ preventScroll: true });
});
// A click beside it closes it.
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
