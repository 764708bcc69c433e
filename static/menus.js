// A menu closes by Esc, by a click elsewhere, and when focus leaves it.

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
addEventListener("click", (event) => closeUnless(event.target));
addEventListener("focusin", (event) => closeUnless(event.target));

function closeUnless(target) {
  for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
}

function openMenus() {
  return document.querySelectorAll("details[data-menu][open]");
}
