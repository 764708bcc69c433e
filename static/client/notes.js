// Writing notes. The form stands beside what is saved and shown, so that pushes go on underneath; it says on which
// version it began, and what somebody else saved since then is shown instead of overwritten. What is being written
// survives a reload of the page.

const panel = document.querySelector("[data-notes]");
const form = panel.querySelector("form");
const { notes, version } = form.elements;
const edit = panel.querySelector("[data-edit-notes]");
const refused = form.querySelector("[data-refused]");
const draft = `alrt-notes-${panel.dataset.notes}`;

function shown() {
  return document.getElementById(`client-notes-${panel.dataset.notes}`);
}

function begin() {
  const saved = shown();
  open(saved.querySelector("[data-text]")?.textContent ?? "", saved.dataset.version);
  notes.focus();
  notes.setSelectionRange(notes.value.length, notes.value.length);
}

function open(text, onVersion) {
  notes.value = text;
  version.value = onVersion;
  refused.replaceChildren();
  offerMine(false);
  showForm(true);
  compare();
}

function showForm(isOpen) {
  form.hidden = !isOpen;
  edit.hidden = isOpen;
  panel.toggleAttribute("data-editing", isOpen);
}

function end() {
  sessionStorage.removeItem(draft);
  showForm(false);
  edit.focus();
}

// Somebody saved while this one writes: better known now than when saving.
function compare() {
  const saved = shown();
  const isNews = !form.hidden && saved && saved.dataset.version !== version.value;
  form.querySelector("[data-changed-meanwhile]").hidden = !isNews || refused.childElementCount > 0;
}

function keep() {
  sessionStorage.setItem(draft, JSON.stringify({ text: notes.value, version: version.value }));
}

// Both texts are there now, so saving again is a decision.
function decide() {
  const conflict = refused.querySelector("[data-conflict]");
  if (!conflict) return;
  version.value = conflict.dataset.conflict;
  offerMine(true);
  compare();
  keep();
}

function offerMine(isConflict) {
  form.querySelector("[data-save]").hidden = isConflict;
  form.querySelector("[data-save-mine]").hidden = !isConflict;
}

edit.addEventListener("click", begin);
form.addEventListener("input", keep);
form.addEventListener("alrt:refused", decide);
form.addEventListener("alrt:saved", end);
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
form.addEventListener("click", ({ target }) => {
  const theirs = refused.querySelector("[data-theirs]")?.textContent;
  if (target.closest("[data-cancel-notes]")) end();
  else if (target.closest("[data-take-theirs]")) end();
  else if (target.closest("[data-take-both]")) {
    notes.value = [theirs, notes.value].filter(Boolean).join("\n\n");
    refused.replaceChildren();
    offerMine(false);
    keep();
    notes.focus();
  }
});
document.addEventListener("alrt:applied", compare);

const kept = sessionStorage.getItem(draft);
if (kept) {
  const { text, version: onVersion } = JSON.parse(kept);
  open(text, onVersion);
}
