// The heatmap: one tab stop, arrow keys from day to day, a tooltip, and a day that opens.

import { openDay } from "./day_dialog.js";

const section = document.querySelector("[data-heatmap]");
const tip = document.getElementById("heatmap-tip");
let stop; // the id of the cell that Tab reaches
let tipped; // the id of the cell that the tooltip tells of

function cells() {
  return [...section.querySelectorAll("[data-heatmap-days] > *")];
}

// Keys

section.addEventListener("keydown", (event) => {
  const cell = cellOf(event);
  if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") hideTip();
  const target = neighbour(cell, event.key);
  if (!target) return;
  event.preventDefault();
  target.focus();
});

function neighbour(cell, key) {
  const all = cells();
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  const onwards = getComputedStyle(cell).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const back = onwards === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  const steps = { ArrowUp: -1, ArrowDown: 1, [back]: -7, [onwards]: 7 };
  return key in steps ? all[all.indexOf(cell) + steps[key]] : undefined;
}

section.addEventListener("focusin", (event) => {
  const cell = cellOf(event);
  if (cell) moveStop(cell);
  if (cell?.matches(":focus-visible")) showTip(cell);
});
section.addEventListener("focusout", hideTip);

function moveStop(cell) {
  stop = cell.id;
  for (const other of cells()) {
    const index = other === cell ? 0 : -1;
    if (other.getAttribute("tabindex") !== String(index)) other.tabIndex = index;
  }
}

// Cells that were pushed are new, or the one that Tab reached is gone.
function restoreStop() {
  const all = cells();
  moveStop(all.find((cell) => cell.id === stop) ?? today(all));
}

function today(all) {
  return all.find((cell) => cell.hasAttribute("aria-current")) ?? all.at(-1);
}

// The tooltip: the lines of the cell's label. A finger opens the day instead.

section.addEventListener("pointerover", (event) => {
  const cell = cellOf(event);
  if (cell && event.pointerType === "mouse") showTip(cell);
});
section.addEventListener("pointerout", (event) => cellOf(event) && hideTip());
addEventListener("scroll", hideTip, { capture: true, passive: true });

function showTip(cell) {
  tipped = cell.id;
  const lines = cell.getAttribute("aria-label").replace(/\.$/, "").split(".\n");
  tip.replaceChildren(...lines.map(line));
  tip.hidden = false;
  place(tip, cell.getBoundingClientRect());
}

function line(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}

function place(element, around) {
  const { offsetWidth: width, offsetHeight: height } = element;
  const middle = around.left + around.width / 2 - width / 2;
  const above = around.top - height - 8;
  element.style.left = `${Math.max(8, Math.min(middle, document.documentElement.clientWidth - width - 8))}px`;
  element.style.top = `${above < 56 ? around.bottom + 8 : above}px`;
}

function hideTip() {
  tipped = undefined;
  tip.hidden = true;
}

// The day

section.addEventListener("click", (event) => {
  const cell = cellOf(event);
  if (cell) open(cell);
});

function open(cell) {
  hideTip();
  moveStop(cell);
  openDay(section.dataset.heatmap + cell.value, cell.id);
}

function cellOf(event) {
  return event.target.closest("[data-heatmap-days] > *");
}

document.addEventListener("alrt:applied", ({ detail }) => {
  // What is pushed whole are the last 52 weeks. A year that is shown instead is drawn anew: its days may be others now.
  const { id } = section.querySelector(".heatmap");
  if (detail.ids.some((pushed) => id.startsWith(`${pushed}-`))) location.reload();
  restoreStop();
  const cell = tipped && document.getElementById(tipped);
  if (cell) showTip(cell);
});

restoreStop();
showNewest();

// Where the year is wider than the page, it begins at today.
function showNewest() {
  const scroller = section.querySelector("[data-heatmap-scroller]");
  const cell = today(cells());
  const overhang = cell.getBoundingClientRect().right - scroller.getBoundingClientRect().right;
  const missing = cell.getBoundingClientRect().left - scroller.getBoundingClientRect().left;
  const isRtl = getComputedStyle(scroller).direction === "rtl";
  if (isRtl ? missing < 0 : overhang > 0) scroller.scrollLeft += isRtl ? missing - 16 : overhang + 16;
}

// The address names the open day, so that it is open again after the page was loaded anew.
const named = location.hash && document.getElementById(location.hash.slice(1));
if (named && cells().includes(named)) open(named);
