// Loading anew, spread over time and never in a loop: each reload in a row waits longer, until the page has been live
// for a while. And only once there is something to load: in place of a page that could not be had, the browser would
// show one that never comes back by itself.

const KEY = "alrt-reloads";
const LONGEST_WAIT = 60_000;
const SHORTEST_RETRY = 500;
const LONGEST_RETRY = 5_000;
let planned = false;

export function reloadWithin(longest) {
  if (planned) return;
  planned = true;
  const before = Number(sessionStorage.getItem(KEY)) || 0;
  sessionStorage.setItem(KEY, before + 1);
  const least = before === 0 ? 0 : Math.min(LONGEST_WAIT, 1_000 * 2 ** before);
  setTimeout(reload, least + Math.random() * (longest || 0));
}

// The browser's own error page would stay for ever: the page goes only once the server has answered.
async function reload() {
  await untilServed();
  location.reload();
}

export async function untilServed() {
  for (let wait = SHORTEST_RETRY; !(await isServed()); wait = Math.min(2 * wait, LONGEST_RETRY)) {
    await new Promise((go) => setTimeout(go, wait * (0.5 + Math.random() / 2)));
  }
}

// Asks for what a page needs, Redis and the database, at the cost of no page; being signed out is an answer, too. Where
// nobody sits in front, the page itself must be there.
async function isServed() {
  const isUnattended = "unattended" in document.body.dataset;
  const address = isUnattended ? location.href : `/live/session${new URL(document.body.dataset.stream, location.href).search}`;
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(15_000) }).catch(() => null);
  return answer !== null && (isUnattended ? answer.ok : answer.status < 500);
}

export function forgetReloads() {
  sessionStorage.removeItem(KEY);
}
