// Loading anew, spread over time and never in a loop: each reload in a row waits longer, until the page has been live
// for a while.

const KEY = "alrt-reloads";
const LONGEST_WAIT = 60_000;
let planned = false;

export function reloadWithin(longest) {
  if (planned) return;
  planned = true;
  const before = Number(sessionStorage.getItem(KEY)) || 0;
  sessionStorage.setItem(KEY, before + 1);
  const least = before === 0 ? 0 : Math.min(LONGEST_WAIT, 1_000 * 2 ** before);
  setTimeout(() => location.reload(), least + Math.random() * (longest || 0));
}

export function forgetReloads() {
  sessionStorage.removeItem(KEY);
}
