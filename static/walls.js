// The settings' list of walls: one dialog, which is filled by the server when it opens and closes once it was saved.

import "./answers.js";
import { open } from "./dialogs.js";

const dialog = document.getElementById("wall-dialog");

document.getElementById("walls-address").textContent = `${location.host}/wall`;

dialog.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id === "wall-form" && !dialog.open) open(dialog);
});
dialog.addEventListener("alrt:saved", () => dialog.close());
dialog.addEventListener("close", () => document.getElementById("wall-form").replaceChildren());
