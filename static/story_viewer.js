// The full view of the archive's stories. It shows what the wall holds, in its order: a story that enters or leaves the
// wall by a push does so here too. At the end of what is loaded it asks for older ones.

import { word } from "./words.js";

const dialog = document.getElementById("story-viewer");
const frame = dialog.querySelector("[data-viewer-frame]");
const when = dialog.querySelector("[data-viewer-when]");
const kind = dialog.querySelector("[data-viewer-kind]");
const turns = {
  previous: dialog.querySelector("[data-viewer-previous]"),
  next: dialog.querySelector("[data-viewer-next]"),
};
const wall = document.querySelector(".archive__wall");
const undo = document.getElementById("story-undo");
const client = wall.id.replace("stories-", "");
let shown; // the card
let around = {}; // its neighbours, for when it leaves

wall.addEventListener("click", (event) => {
  const link = event.target.closest("a.story__frame");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.closest(".story"));
  dialog.showModal();
});
turns.previous.addEventListener("click", () => turn("previous"));
turns.next.addEventListener("click", () => turn("next"));
dialog.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!way) return;
  event.preventDefault();
  turn(way * (isMirrored() ? -1 : 1) > 0 ? "next" : "previous");
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog.addEventListener("close", () => {
  frame.replaceChildren();
  wall.before(undo);
  // To the story that was looked at last, which need not be the one that was opened.
  shown?.querySelector(".story__frame").focus();
  shown = undefined;
});

async function turn(way) {
  const from = shown;
  if (way === "next" && !neighbour(from, way)) await loadOlder();
  // It may have been closed or turned meanwhile.
  if (dialog.open && shown === from) show(neighbour(from, way) ?? from);
}

function show(card) {
  if (card !== shown) {
    shown = card;
    frame.replaceChildren(picture(card));
    when.replaceChildren(...[...card.querySelectorAll(".story__when time")].map((time) => time.cloneNode(true)));
    kind.textContent = card.dataset.kind;
  }
  look();
}

function picture(card) {
  const bare = card.querySelector(".story__missing");
  if (bare) return bare.cloneNode(true);
  const picture = document.createElement("img");
  picture.alt = card.querySelector("img").alt;
  picture.src = card.querySelector("a").href;
  return picture;
}

// What can be turned to. A button that has the focus keeps it: disabled ones would lose it.
function look() {
  around = { previous: neighbour(shown, "previous"), next: neighbour(shown, "next") };
  turns.previous.setAttribute("aria-disabled", !around.previous);
  turns.next.setAttribute("aria-disabled", !around.next && !olderButton());
}

function neighbour(card, way) {
  const other = way === "next" ? card.nextElementSibling : card.previousElementSibling;
  return other?.matches(".story") ? other : undefined;
}

function olderButton() {
  return wall.querySelector(".older button");
}

function loadOlder() {
  const button = olderButton();
  if (!button) return Promise.resolve();
  return new Promise((loaded) => {
    document.addEventListener("htmx:afterRequest", () => setTimeout(loaded), { once: true });
    button.click();
  });
}

document.addEventListener("alrt:applied", () => dialog.open && stay());
document.addEventListener("htmx:afterSwap", () => dialog.open && stay());

// Where the story that is shown has left the wall, its neighbour takes its place.
function stay() {
  if (shown.isConnected) look();
  else if (around.next?.isConnected) show(around.next);
  else if (around.previous?.isConnected) show(around.previous);
  else {
    shown = undefined;
    dialog.close();
    wall.closest(".archive").querySelector("h2").focus();
  }
}

function isMirrored() {
  return document.documentElement.dir === "rtl";
}

// Hiding, which a manager may.

dialog.querySelector("[data-viewer-hide]").addEventListener("click", async () => {
  const card = shown;
  const id = card.id.split("-").at(-1);
  if (!(await post(`${id}/hide`))) return say(word("hide_failed"));
  // The push will say the same, and finds it done.
  card.remove();
  // Until the push of the count: an empty wall must not say that there never was a story.
  if (!wall.querySelector(".story")) document.getElementById(`stories-count-${client}`).dataset.allHidden = "";
  say(word("story_hidden"), id);
  if (dialog.open && shown === card) stay();
});
undo.querySelector("[data-undo]").addEventListener("click", async ({ target }) => {
  const done = await post(`${target.dataset.undo}/show`);
  say(done ? word("story_shown") : word("hide_failed"));
});

// In the dialog while that is open: nothing outside of it can be reached then.
function say(text, id) {
  if (dialog.open) dialog.append(undo);
  else wall.before(undo);
  undo.hidden = false;
  undo.querySelector("[data-undo-words]").textContent = text;
  const button = undo.querySelector("[data-undo]");
  button.hidden = !id;
  if (id) button.dataset.undo = id;
}

const hidden = document.getElementById("hidden-stories");
const list = hidden.querySelector("[data-hidden-list]");

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-show-hidden]")) {
    list.replaceChildren();
    hidden.showModal();
    await fillHidden();
  }
});
hidden.addEventListener("click", async (event) => {
  if (event.target === hidden) hidden.close();
  const button = event.target.closest("[data-show-story]");
  if (button && (await post(`${button.dataset.showStory}/show`))) await fillHidden();
});

function fillHidden() {
  return htmx.ajax("GET", `/client/${client}/stories/hidden`, { target: list, swap: "innerHTML" });
}

async function post(path) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const answer = await fetch(`/client/${client}/stories/${path}`, { method: "POST", headers }).catch(() => null);
  return answer?.ok ?? false;
}
