// The machine's side of a wall: the screen stays on, and no picture burns in.

const SHIFT_EVERY = 60_000;
const FAR = 0.25; // rem

let number = 0;

// Eight steps on a small circle, one a minute: nobody notices, and no pixel shows the same line for long.
function shift() {
  const angle = (number++ * Math.PI) / 4;
  const { style } = document.documentElement;
  style.setProperty("--wall-shift-x", `${(FAR * Math.cos(angle)).toFixed(3)}rem`);
  style.setProperty("--wall-shift-y", `${(FAR * Math.sin(angle)).toFixed(3)}rem`);
}

// The browser takes the lock away whenever the page is hidden.
async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  await navigator.wakeLock?.request("screen").catch(() => {});
}

setInterval(shift, SHIFT_EVERY);
stayAwake();
document.addEventListener("visibilitychange", stayAwake);

if ("serviceWorker" in navigator) {
  // A new version of the page brings its own copy of what it shows while no server answers.
  const address = `/wall/worker.js?version=${encodeURIComponent(document.body.dataset.version)}`;
  navigator.serviceWorker.register(address, { scope: "/wall" }).catch(() => {});
}
