// The time in the wall's zone, by the server's clock.

import { locale } from "../locale.js";
import { now } from "../server_clock.js";

const timeZone = document.body.dataset.zone || undefined;
const hour = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { timeZone, weekday: "long", day: "numeric", month: "long" });

function show() {
  const moment = now();
  write("wall-hour", hour.format(moment));
  write("wall-day", day.format(moment));
}

function write(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}

show();
setInterval(show, 1_000);
