// The strip of the newest stories: one that has come in glows. The server sends no more than fit the widest screen, so
// that old ones leave by themselves.

import { animate } from "./motion.js";

const GLOW = [
  { boxShadow: "0 0 0 0.35rem #3b82f6", scale: "1.04" },
  { boxShadow: "0 0 0 0.35rem #3b82f6", scale: "1", offset: 0.6 },
  {},
];

let known = new Set(stories().map((story) => story.id));

function stories() {
  return [...document.querySelectorAll(".wall-story")];
}

document.addEventListener("alrt:applied", () => {
  const shown = stories();
  for (const story of shown) if (!known.has(story.id)) animate(story, GLOW, 4_000);
  known = new Set(shown.map((story) => story.id));
});
