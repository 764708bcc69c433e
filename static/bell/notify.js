// Notifications of the browser, for whoever looks elsewhere. They are offered in the panel, and permission is asked for
// only after that click. The choice is this browser's; the stylesheet shows what the body says of it.

const CHOICE = "alrt-notify";
const LOOKING = "alrt-looking";

function state() {
  if (!("Notification" in globalThis)) return "none";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && localStorage.getItem(CHOICE) === "on" ? "on" : "off";
}

function show() {
  document.body.dataset.notify = state();
}

async function choose(choice) {
  if (choice === "on") await Notification.requestPermission();
  localStorage.setItem(CHOICE, choice);
  show();
  document.querySelector(`[data-notify-when="${state()}"] button`)?.focus();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-notify-set]");
  if (button) choose(button.dataset.notifySet);
});
addEventListener("storage", ({ key }) => key === CHOICE && show());
// Permission may have been changed in the browser's settings meanwhile.
document.addEventListener("visibilitychange", show);
show();

// `tag`: the same in all tabs that got the push, so that only one is shown.
export async function notify({ title, body, tag, clicked }) {
  if (state() !== "on" || !document.hidden || (await isLookedAt())) return;
  const { lang, dir } = document.documentElement;
  const shown = new Notification(title, { body, tag: `alrt-${tag}`, lang, dir });
  shown.addEventListener("click", () => {
    shown.close();
    focus();
    clicked();
  });
}

// A tab that is looked at holds a lock for as long.

let release;

function hold() {
  if (document.hidden) {
    release?.();
    release = undefined;
  } else if (!release) {
    const held = new Promise((done) => (release = done));
    navigator.locks?.request(LOOKING, { mode: "shared" }, () => held);
  }
}

async function isLookedAt() {
  const { held } = (await navigator.locks?.query()) ?? { held: [] };
  return held.some(({ name }) => name === LOOKING);
}

document.addEventListener("visibilitychange", hold);
addEventListener("pagehide", () => {
  release?.();
  release = undefined;
});
addEventListener("pageshow", hold);
hold();
