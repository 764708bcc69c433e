// `?` shows the keys. What has the focus gets it back from the dialog itself.

const dialog = document.getElementById("keys");

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "?" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  event.preventDefault();
  dialog.showModal();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-keys]");
  if (!button) return;
  // The menu closes, and its button is what can have the focus afterwards.
  button.closest("details")?.querySelector("summary").focus();
  dialog.showModal();
});
// A click beside it closes it; its own padding is none, so that only the ground answers as the dialog itself.
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
