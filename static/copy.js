// A button that copies what the field beside it holds.

import { word } from "./words.js";

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = button.parentElement.querySelector("input");
  field.select();
  // The clipboard is only there at secure addresses.
  if (navigator.clipboard) await navigator.clipboard.writeText(field.value).catch(() => document.execCommand("copy"));
  else document.execCommand("copy");
  button.querySelector("[data-copy-word]").textContent = word("copied");
});
