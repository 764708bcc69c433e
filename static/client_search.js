// Searching happens in the browser, so that a pushed row is the same for everyone.

import { word } from "./words.js";

const field = document.getElementById("client-search");
const rows = document.getElementById("client-rows");
const empty = document.getElementById("search-empty");
const result = document.getElementById("search-result");

function search() {
  const wanted = plain(field.value).split(/\s+/).filter(Boolean);
  const all = [...rows.children];
  for (const row of all) row.toggleAttribute("data-unmatched", !matches(row, wanted));
  const shown = all.filter((row) => !row.hasAttribute("data-unmatched")).length;
  empty.hidden = shown > 0 || all.length === 0;
  say(wanted.length ? word("search_result", { shown, all: all.length }) : "");
}

function matches(row, wanted) {
  if (wanted.length === 0) return true;
  const text = plain([...row.querySelectorAll("[data-find]")].map((part) => part.textContent).join(" "));
  return wanted.every((piece) => text.includes(piece));
}

// Without accents and case: "cafe" finds "Café".
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

// Once typing pauses, else a screen reader would read every keystroke's count.
let saying;
function say(text) {
  clearTimeout(saying);
  saying = setTimeout(() => {
    if (result.textContent !== text) result.textContent = text;
  }, 500);
}

function clear() {
  field.value = "";
  search();
}

field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (field.value) clear();
  else field.blur();
});
document.getElementById("search-clear").addEventListener("click", () => {
  clear();
  field.focus();
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
  field.select();
});
document.addEventListener("alrt:applied", () => field.value && search());
// The browser puts back what was typed before a reload.
if (field.value) search();
addEventListener("pageshow", () => field.value && search());
