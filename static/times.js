// Writes every <time> in the page's language and the viewer's zone. The server can't: a pushed fragment is the same
// for all viewers, and "2 min ago" is only true for a minute.

import { locale } from "./locale.js";
import { now } from "./server_clock.js";
import { word } from "./words.js";

const zone = document.body.dataset.zone || undefined;

const formats = {
  full: format({ dateStyle: "full", timeStyle: "short" }),
  hour: format({ hour: "2-digit", minute: "2-digit" }),
  day: format({ day: "numeric", month: "short" }),
  dayOfYear: format({ day: "numeric", month: "short", year: "numeric" }),
};
// Only for comparing days; Swedish writes dates as ISO does.
const isoDay = new Intl.DateTimeFormat("sv-SE", { timeZone: zone });
const ago = new Intl.RelativeTimeFormat(locale, { style: "short" });
const namedDay = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function formatTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) write(element);
}

export function clock(moment) {
  return formats.hour.format(moment);
}

function write(element) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  const text = textFor(element, moment);
  if (element.textContent !== text) element.textContent = text;
  const title = formats.full.format(moment);
  if (element.title !== title) element.title = title;
}

function textFor(element, moment) {
  if ("relative" in element.dataset) return relative(moment, "upcoming" in element.dataset);
  if ("hour" in element.dataset) return formats.hour.format(moment);
  return day(moment);
}

function relative(moment, upcoming) {
  const distance = moment - now();
  const length = Math.abs(distance);
  if (upcoming && distance <= 0) return word("now");
  // The server's clock may be ahead of the browser's: a moment just ahead is "just now" as well.
  if (!upcoming && distance > -MINUTE) return word("just_now");
  if (length < HOUR) return ago.format(towardsZero(distance, MINUTE) || 1, "minute");
  if (length < DAY) return ago.format(towardsZero(distance, HOUR), "hour");
  if (length < 7 * DAY) return ago.format(towardsZero(distance, DAY), "day");
  return date(moment);
}

function towardsZero(distance, unit) {
  return Math.trunc(distance / unit);
}

function day(moment) {
  const distance = Math.round((Date.parse(isoDay.format(moment)) - Date.parse(isoDay.format(now()))) / DAY);
  return Math.abs(distance) <= 1 ? namedDay.format(distance, "day") : date(moment);
}

function date(moment) {
  const thisYear = isoDay.format(moment).slice(0, 4) === isoDay.format(now()).slice(0, 4);
  return (thisYear ? formats.day : formats.dayOfYear).format(moment);
}

function format(options) {
  return new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
}

formatTimes(document);
setInterval(() => formatTimes(document), 10_000);
// A hidden tab's timers are slow, and a sleeping machine's stand still.
document.addEventListener("visibilitychange", () => formatTimes(document));
// Answers to the page's own requests; pushed fragments are written before they are compared with the page.
document.addEventListener("htmx:afterSwap", () => formatTimes(document));
