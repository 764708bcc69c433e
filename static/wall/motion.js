const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** Leaves nothing behind in the page; without motion, one still picture for as long. */
export function animate(element, frames, duration) {
  const shown = reduced.matches ? [frames[0], frames[0]] : frames;
  element.animate(shown, { duration: reduced.matches ? 2_000 : duration, easing: "ease-out" });
}

export function mayMove() {
  return !reduced.matches;
}
