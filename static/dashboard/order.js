// The orders that rows can have, from what each row says of itself. Where two are equal the handle decides.

const SIGNALS = ["GREEN", "YELLOW", "RED", "GREY"];

function byHandle(a, b) {
  // By code point, as the server sorts.
  return a.dataset.sort < b.dataset.sort ? -1 : a.dataset.sort > b.dataset.sort ? 1 : 0;
}

function byMost(name) {
  return (a, b) => Number(b.dataset[name]) - Number(a.dataset[name]) || byHandle(a, b);
}

function byNewest(a, b) {
  return a.dataset.story < b.dataset.story ? 1 : a.dataset.story > b.dataset.story ? -1 : byHandle(a, b);
}

// Opportunities first, and the longest silence first among them.
function bySignal(a, b) {
  return SIGNALS.indexOf(a.dataset.signal) - SIGNALS.indexOf(b.dataset.signal) || byMost("silent")(a, b);
}

export const ORDERS = {
  handle: byHandle,
  signal: bySignal,
  story: byNewest,
  today: byMost("today"),
  followers: byMost("followers"),
};

// The rows that must move, as few as possible, to come from one order to the other: all but the longest run that is
// in the right order already. Only rows that *counts* says yes to are looked at.
export function moved(from, to, counts) {
  const rank = new Map(to.map((row, index) => [row, index]));
  const rows = from.filter(counts);
  const ends = []; // ends[n]: the row that ends the best run of n + 1 rows
  const before = new Map();
  for (const row of rows) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rank.get(ends[middle]) < rank.get(row)) low = middle + 1;
      else high = middle;
    }
    before.set(row, ends[low - 1]);
    ends[low] = row;
  }
  const stay = new Set();
  for (let row = ends.at(-1); row; row = before.get(row)) stay.add(row);
  return rows.filter((row) => !stay.has(row));
}
