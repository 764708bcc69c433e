// One short word about what was done, with a way back. It stays until it is closed or the page is left: nobody has to
// be quick. It lies in the page's topmost open dialog, because what is under a dialog can't be reached.

const region = document.getElementById("toast");
const box = region?.querySelector(".toast__box");
const home = region?.parentElement;
let act;

export function toast(text, action) {
  if (!region) return;
  ([...document.querySelectorAll("dialog[open]")].at(-1) ?? home).append(region);
  box.querySelector("[data-toast-text]").textContent = text;
  const button = box.querySelector("[data-toast-action]");
  button.hidden = !action;
  button.textContent = action?.word ?? "";
  act = action?.act;
  box.hidden = false;
}

export function closeToast() {
  box.hidden = true;
}

region?.addEventListener("click", ({ target }) => {
  const pressed = target.closest("[data-toast-action], [data-toast-close]");
  if (!pressed) return;
  closeToast();
  if ("toastAction" in pressed.dataset) act?.();
});
