// Dialogs: data-opens names the one that a button opens, data-close closes the one around it. Esc and giving the focus
// back are the browser's own.

document.addEventListener("click", ({ target }) => {
  const opener = target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens));
  else if (target.closest("[data-close]")) target.closest("dialog").close();
});

export function open(dialog) {
  dialog.dispatchEvent(new CustomEvent("alrt:open"));
  dialog.showModal();
}

// A click beside it closes it; not one that ends there after text was selected.
let pressed;
addEventListener("pointerdown", ({ target }) => (pressed = target));
addEventListener("click", ({ target }) => {
  if (target === pressed && target.matches?.("dialog.dialog--form")) target.close();
});
