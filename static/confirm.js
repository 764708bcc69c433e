// hx-confirm asks in a dialog of the page's own, whose answer names what happens (data-confirm-yes).

import { open } from "./dialogs.js";

const dialog = document.getElementById("confirm");
const yes = dialog.querySelector("[data-yes]");
let goOn;

document.addEventListener("htmx:confirm", (event) => {
  const { question, elt, issueRequest } = event.detail;
  if (!question) return;
  event.preventDefault();
  dialog.querySelector("[data-question]").textContent = question;
  yes.textContent = elt.dataset.confirmYes;
  goOn = () => issueRequest(true);
  open(dialog);
});

yes.addEventListener("click", () => {
  dialog.close();
  goOn();
});
