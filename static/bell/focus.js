// The keyboard in the list: up and down go from alert to alert, and where the one that had the focus goes away, the
// next one has it.

import { bell, menu, whenRung } from "./bell.js";

let last; // where the focus was: the line's place in the list, and what was to be done there

menu.addEventListener("focusin", ({ target }) => {
  const line = target.closest("[data-alert]");
  last = { at: lines().indexOf(line), act: target.dataset.act };
});

export function keepFocus() {
  const focused = document.activeElement;
  if (!menu.open || !last || (focused && focused !== document.body)) return;
  const all = lines();
  const line = last.at === -1 ? null : (all[last.at] ?? all.at(-1));
  (line?.querySelector(`[data-act="${last.act}"]`) ?? line?.querySelector("a, button") ?? menu.querySelector("summary")).focus();
}

function lines() {
  return [...bell.querySelectorAll("[data-alert]")];
}

menu.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.closest("input") || !menu.open) return;
  event.preventDefault();
  const all = lines();
  const at = all.indexOf(event.target.closest("[data-alert]"));
  const line = all[at === -1 ? (step > 0 ? 0 : all.length - 1) : at + step];
  const act = event.target.dataset.act;
  (line?.querySelector(`[data-act="${act}"]`) ?? line?.querySelector("a, button"))?.focus();
});

whenRung(keepFocus);
