// Tiles: those that the wall no longer shows go, those that fit are shown, the others get their turn, and a new story
// pulses its tile. Which ones are shown is said by a rule, not on the tiles: what a push merges stays as it is.

import { animate, mayMove } from "./motion.js";

const TURN_EVERY = 15_000;
const MOST = 24;
// Columns and rows, from few clients to many; for a portrait the other way round.
const GRIDS = [
  [2, 2],
  [3, 2],
  [4, 2],
  [4, 3],
  [5, 3],
  [5, 4],
  [6, 4],
];
const PULSE = [
  { backgroundColor: "rgb(59 130 246 / 0.5)", boxShadow: "0 0 0 0.4rem rgb(59 130 246 / 0.7)" },
  { backgroundColor: "rgb(59 130 246 / 0.35)", boxShadow: "0 0 0 0.4rem rgb(59 130 246 / 0.5)", offset: 0.4 },
  {},
];

const list = document.getElementById("wall-tiles");
const mark = document.getElementById("wall-pages");
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);
const stories = new Map(tiles().map((tile) => [tile.id, tile.dataset.story]));

let page = 0;
let pages = 1;

function tiles() {
  return [...list.children];
}

function arrange() {
  const count = list.childElementCount;
  pages = Math.max(1, Math.ceil(count / MOST));
  page %= pages;
  // Equal pages: of 25 clients the last one is not alone.
  const [long, short] = GRIDS.find(([a, b]) => a * b >= Math.ceil(count / pages)) ?? GRIDS.at(-1);
  const upright = matchMedia("(orientation: portrait)").matches;
  // Upright, a tile needs half the width for its words.
  const columns = upright ? Math.min(3, Math.ceil(short * 0.6)) : long;
  const rows = Math.ceil((long * short) / columns);
  const size = long * short;
  const first = page * size;
  sheet.replaceSync(`
    .wall-tiles { --columns: ${columns}; --rows: ${rows}; }
    .wall-tiles > :not(:nth-child(n + ${first + 1}):nth-child(-n + ${first + size})) { display: none; }
  `);
  mark.hidden = pages === 1;
  const text = `${page + 1} / ${pages}`;
  if (mark.textContent !== text) mark.textContent = text;
}

function turn() {
  if (pages < 2) return;
  page = (page + 1) % pages;
  arrange();
  if (mayMove()) list.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 180, easing: "ease-out" });
}

function dropUnshown() {
  const shown = document.querySelector(".wall-shown");
  const clients = new Set(shown.dataset.clients.split(" "));
  for (const tile of tiles()) if (!clients.has(tile.dataset.client)) tile.remove();
}

function pulseNew() {
  for (const tile of tiles()) {
    const before = stories.get(tile.id);
    // Moments of one form: the later one is the greater.
    if (before !== undefined && tile.dataset.story > before) animate(tile, PULSE, 3_000);
  }
  stories.clear();
  for (const tile of tiles()) stories.set(tile.id, tile.dataset.story);
}

document.addEventListener("alrt:applied", () => {
  dropUnshown();
  pulseNew();
  arrange();
});
matchMedia("(orientation: portrait)").addEventListener("change", arrange);
setInterval(turn, TURN_EVERY);
arrange();
