// A menu closes by Esc, by a click elsewhere, and when focus leaves it; the innermost one first. What lies over menus
// (data-over-menus) belongs to them.

addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("[data-over-menus]:popover-open")) return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
addEventListener("click", (event) => closeUnless(event.target));
addEventListener("focusin", (event) => closeUnless(event.target));

function closeUnless(target) {
  if (target.closest?.("[data-over-menus]")) return;
  for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
}

function openMenus() {
  return document.querySelectorAll("details[data-menu][open]");
}
