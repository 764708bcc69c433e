// Until when an alert sleeps: one menu for all, beside the button that asked for it.

import { bell, whenRung } from "./bell.js";
import { keepFocus } from "./focus.js";

const GAP = 4;
const DAY = 86_400_000;

const menu = document.getElementById("snooze");
const form = menu.querySelector("form");
const date = form.elements.date;
// Days are the member's, and where he has chosen no zone, his browser's.
const zone = document.body.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
let alert;

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-snooze]");
  if (button) open(button);
});

function open(button) {
  alert = button.dataset.snooze;
  menu.querySelector("[data-snooze-handle]").textContent = `@${button.dataset.handle}`;
  form.querySelector("[data-refused]").replaceChildren();
  date.removeAttribute("aria-invalid");
  // A day in UTC would be yesterday or tomorrow for some.
  date.min = day(Date.now() + DAY);
  date.max = day(Date.now() + 365 * DAY);
  date.value = date.min;
  menu.showPopover();
  place(button.getBoundingClientRect());
  form.elements.until[0].focus();
}

function day(moment) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(moment);
}

// Below the button, or above it where there is no room; on a phone the stylesheet lays it at the bottom.
function place(asked) {
  const { width, height } = menu.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const below = asked.bottom + GAP + height <= clientHeight;
  // Its end lies under the button's, whichever way the page runs.
  const end = document.documentElement.dir === "rtl" ? clientWidth - asked.left : asked.right;
  menu.style.setProperty("--top", `${Math.max(GAP, below ? asked.bottom + GAP : asked.top - GAP - height)}px`);
  menu.style.setProperty("--start", `${Math.min(Math.max(GAP, end - width), clientWidth - width - GAP)}px`);
}

form.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.path = `/alerts/${alert}/snooze`;
  detail.parameters.zone = zone;
});
form.addEventListener("alrt:saved", close);

// The button that asked has the focus again, unless its line has gone.
function close() {
  menu.hidePopover();
  if (menu.contains(document.activeElement)) document.activeElement.blur();
  keepFocus();
}

// Enter in the date would press the form's first button.
date.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  form.querySelector("[data-snooze-date]").click();
});
form.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const choices = [...form.querySelectorAll(".menu__item")];
  const at = choices.indexOf(event.target);
  if (!step || at === -1) return;
  event.preventDefault();
  (choices[at + step] ?? (step > 0 ? date : choices[at])).focus();
});

// The silence ended, or another tab was faster.
whenRung(() => {
  if (menu.matches(":popover-open") && !bell.querySelector(`[data-snooze="${alert}"]`)) close();
});
