// Search, filters and order, all in the browser, so that a pushed row is the same for everyone. They stand in the
// address, which can be shared. While the pointer or the focus is in the list nothing in it jumps: the new order waits,
// and a button says so.

import { word } from "../words.js";
import { moved, ORDERS } from "./order.js";

const REMEMBERED = "alrt-dashboard";

const rows = document.getElementById("client-rows");
const filters = document.getElementById("filters");
const fields = [...filters.querySelectorAll("[name]")];
const search = document.getElementById("client-search");
const empty = document.getElementById("search-empty");
const result = document.getElementById("search-result");
const found = document.getElementById("found");
const changes = document.getElementById("changes");
const toggle = document.getElementById("filters-toggle");

// The rows that have their place; others have just come.
const placed = new WeakSet();

function arrange({ asked = false } = {}) {
  const all = [...rows.children];
  const wanted = criteria();
  const shown = new Set(all.filter((row) => matches(row, wanted)));
  const ordered = [...all].sort(ORDERS[value("sort") || "handle"]);
  const waiting = asked || !isHeld() ? 0 : hold(all, shown, ordered);
  sayWaiting(waiting);
  if (waiting > 0) return;
  for (const row of all) {
    placed.add(row);
    row.toggleAttribute("data-unmatched", !shown.has(row));
    row.removeAttribute("data-waiting");
  }
  reorder(ordered);
  empty.hidden = shown.size > 0 || all.length === 0;
  sayFound(shown.size, all.length);
}

function isHeld() {
  return (rows.matches(":hover") && matchMedia("(hover: hover)").matches) || rows.contains(document.activeElement);
}

// How many rows would come, go or move.
function hold(all, shown, ordered) {
  const changed = new Set(moved(all, ordered, (row) => placed.has(row) && isSeen(row)));
  for (const row of all) {
    if (!placed.has(row)) row.setAttribute("data-waiting", "");
    if (isSeen(row) !== shown.has(row)) changed.add(row);
  }
  return changed.size;
}

function isSeen(row) {
  return !row.hasAttribute("data-unmatched") && !row.hasAttribute("data-waiting");
}

function reorder(ordered) {
  const focused = document.activeElement;
  let next = rows.firstElementChild;
  for (const row of ordered) {
    if (row === next) next = next.nextElementSibling;
    else rows.insertBefore(row, next);
  }
  if (rows.contains(focused) && focused !== document.activeElement) focused.focus({ preventScroll: true });
}

// What is wanted

function criteria() {
  return {
    pieces: plain(value("q")).split(/\s+/).filter(Boolean),
    status: value("status"),
    signal: value("signal"),
    label: plain(value("label").trim()),
    assignee: value("assignee"),
  };
}

function matches(row, { pieces, status, signal, label, assignee }) {
  const { dataset } = row;
  if (status && dataset.lead !== status) return false;
  if (signal && dataset.signal !== signal) return false;
  if (assignee && (dataset.assignee || "nobody") !== assignee) return false;
  if (label && !plain(dataset.label).includes(label)) return false;
  if (pieces.length === 0) return true;
  const text = plain([...row.querySelectorAll("[data-find]")].map((part) => part.textContent).join(" "));
  return pieces.every((piece) => text.includes(piece));
}

// Without accents and case: "cafe" finds "Café".
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function value(name) {
  return fields.find((field) => field.name === name).value;
}

function isFiltered() {
  return fields.some((field) => field.name !== "sort" && field.value.trim());
}

// What is said

// Once typing pauses, else a screen reader would read every keystroke's count.
let saying;
function sayFound(shown, all) {
  const text = isFiltered() ? word("search_result", { shown, all }) : "";
  found.hidden = !text || shown === 0;
  found.querySelector("[data-found]").textContent = text;
  toggle.toggleAttribute("data-active", fields.some((field) => field !== search && field.value.trim()));
  clearTimeout(saying);
  saying = setTimeout(() => {
    if (result.textContent !== text) result.textContent = text;
  }, 500);
}

function sayWaiting(count) {
  changes.hidden = count === 0;
  const text = count === 1 ? word("change_waits") : word("changes_wait", { count });
  if (count > 0 && changes.textContent !== text) changes.textContent = text;
}

// The address

function readAddress() {
  const params = new URLSearchParams(location.search);
  for (const field of fields) field.value = params.get(field.name) ?? "";
  // A choice that there no longer is.
  for (const field of fields) if (field.selectedIndex === -1) field.value = "";
  remember();
}

function writeAddress(isStep) {
  const params = new URLSearchParams();
  for (const field of fields) if (field.value.trim()) params.set(field.name, field.value.trim());
  const address = params.size > 0 ? `?${params}` : location.pathname;
  if (address !== (location.search || location.pathname)) {
    history[isStep ? "pushState" : "replaceState"](null, "", address);
  }
  remember();
}

// For the way back from a client's page.
function remember() {
  sessionStorage.setItem(REMEMBERED, location.search);
}

// Each choice is a step that the back button takes back; letters are not.
let writing;
function typed() {
  clearTimeout(writing);
  writing = setTimeout(writeAddress, 300, false);
  arrange({ asked: true });
}

function chosen() {
  clearTimeout(writing);
  writeAddress(true);
  arrange({ asked: true });
}

function clear() {
  for (const field of fields) if (field.name !== "sort") field.value = "";
  chosen();
}

// The labels that there are, to choose from.
function listLabels() {
  const labels = new Set([...rows.children].map((row) => row.dataset.label).filter(Boolean));
  const options = [...labels].sort().map((label) => new Option("", label));
  document.getElementById("labels").replaceChildren(...options);
}

for (const field of fields) {
  if (field.localName === "select") field.addEventListener("change", chosen);
  else field.addEventListener("input", typed);
}
filters.querySelector("[list]").addEventListener("focus", listLabels);
search.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!search.value) search.blur();
  search.value = "";
  typed();
});
for (const id of ["search-clear", "found-clear"]) {
  document.getElementById(id).addEventListener("click", () => {
    clear();
    search.focus();
  });
}
changes.addEventListener("click", () => arrange({ asked: true }));
toggle.addEventListener("click", () => {
  toggle.setAttribute("aria-expanded", String(toggle.getAttribute("aria-expanded") !== "true"));
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  event.preventDefault();
  search.focus();
  search.select();
});
document.addEventListener("alrt:applied", () => arrange());
document.addEventListener("alrt:arrange", () => arrange({ asked: true }));
rows.addEventListener("pointerleave", () => arrange());
rows.addEventListener("focusout", ({ relatedTarget }) => rows.contains(relatedTarget) || arrange());
addEventListener("popstate", show);
addEventListener("pageshow", show);

function show() {
  readAddress();
  arrange({ asked: true });
}

show();
