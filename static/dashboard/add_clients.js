// Adding clients: a dry run, the list itself, and how far the first checks are.

import { word } from "../words.js";

const ADDING = "alrt-adding";
const LINGER = 6_000;

const dialog = document.getElementById("add-clients");
const progress = document.getElementById("add-progress");

if (dialog) {
  const form = dialog.querySelector("#add-form");
  const plan = dialog.querySelector("#add-plan");
  // A plan is about what was in the form when it was checked.
  form.addEventListener("input", () => plan.replaceChildren());
  form.addEventListener("alrt:refused", () => plan.replaceChildren());
  form.elements.handles.addEventListener("input", () => (form.elements.file.value = ""));
  document.addEventListener("htmx:afterSwap", ({ target }) => target === plan && plan.querySelector("h3").focus());
  dialog.addEventListener("alrt:saved", ({ detail }) => {
    dialog.close();
    form.reset();
    plan.replaceChildren();
    begin(addedIn(detail));
  });
}

function addedIn(html) {
  const answer = new DOMParser().parseFromString(html, "text/html").querySelector("[data-added]");
  return answer.dataset.added.split(" ").filter(Boolean);
}

function begin(ids) {
  sessionStorage.setItem(ADDING, ids.join(" "));
  show();
}

// Kept over a reload, and counted from the rows themselves. A row that is not there yet is not checked yet either; one
// that was seen and has gone (removed again) is done with.
const seen = new Set();

function show() {
  const ids = (sessionStorage.getItem(ADDING) ?? "").split(" ").filter(Boolean);
  progress.hidden = ids.length === 0;
  if (ids.length === 0) return;
  const known = seen.size;
  const checked = ids.filter(isDone).length;
  // Whoever added them waits for them, wherever the pointer was left by the dialog.
  if (seen.size > known) document.dispatchEvent(new CustomEvent("alrt:arrange"));
  progress.querySelector("progress").max = ids.length;
  progress.querySelector("progress").value = checked;
  const words = progress.querySelector("[data-progress]");
  const text = word("checked_of", { checked, all: ids.length });
  if (words.textContent !== text) words.textContent = text;
  if (checked === ids.length) finish();
}

function isDone(id) {
  const row = document.getElementById(`client-row-${id}`);
  if (!row) return seen.has(id);
  seen.add(id);
  return row.querySelector("[data-outcome]").dataset.outcome !== "never";
}

function finish() {
  sessionStorage.removeItem(ADDING);
  document.removeEventListener("alrt:applied", show);
  setTimeout(() => {
    document.addEventListener("alrt:applied", show);
    show();
  }, LINGER);
}

document.addEventListener("alrt:applied", show);
show();
