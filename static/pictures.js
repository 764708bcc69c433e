// A picture that can't be had shows what lies under it (a letter, a word) instead of the browser's broken frame.

addEventListener("error", ({ target }) => mark(target, true), true);
addEventListener("load", ({ target }) => mark(target, false), true);

function mark(target, broken) {
  if (target instanceof HTMLImageElement) target.toggleAttribute("data-broken", broken);
}

// Those that failed before this script ran. A lazy one that has not begun counts as complete, but has no source yet.
for (const picture of document.images) {
  if (picture.complete && picture.currentSrc && picture.naturalWidth === 0) mark(picture, true);
}
