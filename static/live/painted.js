// How long a change took to this screen, from its record in the database until the browser had painted it.
//
// By one clock, Redis's: `committed` says when the oldest change of a pass was recorded, and each report is answered with
// what that clock says then. It can't have said so before the report was sent, so that `now - sent` is the most that it
// may be ahead of this one, and no figure is ever too small. A hidden tab paints nothing, and measures nothing.

const MOST = 10; // paints in one report, chosen fairly from all since the last
const LEAST_WAIT = 10; // seconds between two reports

let applied = false;
let hides = 0;
let paints = [];
let seen = 0;
let newest;
let ahead = []; // of the newest reports; the least is the nearest
let timer;
let reported = false;

export function noteApplied() {
  applied = true;
}

export function measure(data) {
  // A wall tells of itself by its heartbeat.
  if ("unattended" in document.body.dataset) return;
  const [recorded, spread] = data.split(" ").map(Number);
  if (!applied) return;
  applied = false;
  if (document.visibilityState !== "visible") return;
  const before = hides;
  // The second frame begins after the first was painted.
  requestAnimationFrame(() => requestAnimationFrame(() => before === hides && keep({ recorded, at: now() }, spread)));
}

function keep(paint, spread) {
  seen++;
  newest = paint;
  if (paints.length < MOST) paints.push(paint);
  else if (Math.random() < MOST / seen) paints[Math.floor(Math.random() * MOST)] = paint;
  show();
  // The server says how far reports must spread so that thousands of pages don't all call at once.
  const wait = reported ? Math.max(LEAST_WAIT, spread) * (0.75 + Math.random() / 2) : 0.2 + Math.random() * spread;
  timer ??= setTimeout(report, wait * 1000);
}

function show() {
  if (ahead.length === 0 || !newest) return;
  const took = newest.at + Math.min(...ahead) - newest.recorded;
  if (took >= 0) document.dispatchEvent(new CustomEvent("alrt:painted", { detail: { took } }));
}

async function report() {
  const sent = now();
  const painted = paints.map(({ recorded, at }) => [recorded, Math.floor(sent - at)]);
  [paints, seen, timer, reported] = [[], 0, undefined, true];
  const headers = { ...JSON.parse(document.body.getAttribute("hx-headers")), "content-type": "application/json" };
  const body = JSON.stringify({ painted });
  const answer = await fetch("/live/painted", { method: "POST", headers, body }).catch(() => null);
  // An answer may be cut off in its middle.
  const said = answer?.ok && (await answer.json().catch(() => null));
  if (!said) return;
  ahead = [...ahead.slice(-4), said.now - sent];
  show();
}

// Unlike Date.now() it never jumps while the page is open.
function now() {
  return performance.timeOrigin + performance.now();
}

document.addEventListener("visibilitychange", () => hides++);
document.addEventListener("alrt:live", ({ detail: { state } }) => {
  // The machine may have slept, and its clock stood still.
  if (state !== "live") [ahead, newest, paints] = [[], undefined, []];
});
