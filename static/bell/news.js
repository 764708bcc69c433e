// What has come since this tab looked last: a toast, one sentence for screen readers however many pushes it came in,
// and a notification where nobody looks at Alrt.
//
// A tab remembers which unread alerts it has seen, over reloads too: what came while it was away is told once, and what
// was there when it was opened is not. The list is cut: an alert that only moved up into it is older than what was seen
// last, or was above it.

import { closeNews, showNews } from "../toast.js";
import { word } from "../words.js";
import { locale } from "../locale.js";
import { bell, menu, whenRung } from "./bell.js";
import { notify } from "./notify.js";
import { markRead } from "./read.js";

const QUIET = 1_000;
const KEY = `alrt-${bell.id}-${bell.dataset.team}`;
const plural = new Intl.PluralRules(locale);
const number = new Intl.NumberFormat(locale);

let told = []; // what the toast is about
let unsaid = [];
let unsaidCount = 0;
let saying;

function look() {
  const unread = [...bell.querySelectorAll("[data-news]")].map(newsOf);
  const before = remembered();
  const count = Number(bell.dataset.unread);
  remember({ ids: unread.map(({ id }) => id), last: bell.dataset.cut === "true" ? unread.at(-1) : null, count });
  forget(unread);
  if (!before) return;
  const news = unread.filter((one) => isNew(one, before));
  if (news.length > 0) tell(news, howMany(news, unread, count - before.count));
}

function newsOf({ dataset }) {
  const { news: id, raised = "", href = "", handle = "", wall = "", said } = dataset;
  return { id, raised, href, handle, wall, said };
}

function isNew(one, { ids, last }) {
  if (ids.includes(one.id)) return false;
  return !last || !one.raised || one.raised > last.raised || (one.raised === last.raised && +one.id > +last.id);
}

// Where more came than the list shows, the count tells how many.
function howMany(news, unread, risen) {
  return news.length === unread.length ? Math.max(news.length, risen) : news.length;
}

function tell(news, count) {
  told = [...news, ...told];
  show(told.length + count - news.length);
  unsaid.push(...news);
  unsaidCount += count;
  clearTimeout(saying);
  saying = setTimeout(say, QUIET);
  notify({
    title: summary(news, count),
    body: count > 1 ? handles(news) : "",
    tag: news[0].id,
    clicked: () => (count > 1 ? open() : follow(news[0])),
  });
}

function say() {
  document.querySelector("[data-toast-said]").textContent = summary(unsaid, unsaidCount);
  unsaid = [];
  unsaidCount = 0;
}

function follow({ id, href }) {
  if (!href) return;
  markRead(id);
  location.assign(href);
}

// What was read, here or in another tab, needs no toast any more.
function forget(unread) {
  if (told.length === 0) return;
  const ids = unread.map(({ id }) => id);
  const left = told.filter(({ id }) => ids.includes(id));
  if (left.length === told.length) return;
  told = left;
  if (told.length > 0) show(told.length);
  else closeNews();
}

function show(count) {
  if (menu.open) {
    told = [];
    return;
  }
  const text = summary(told, count);
  const link = count === 1 && told[0].href ? { word: word("open_client"), href: told[0].href, reads: told[0].id } : null;
  showNews(text, { link, show: open, closed: () => (told = []) });
}

function open() {
  menu.open = true;
  menu.querySelector("summary").focus();
}

// What is no client's and no wall's, such as a source that fails, is said by itself.
function summary(news, count) {
  const walls = news.filter(({ wall }) => wall);
  const others = news.filter(({ handle, wall }) => !handle && !wall);
  const clients = news.filter(({ handle }) => handle);
  return [
    ...others.map((one) => one.said),
    ...counted("walls_silent", walls, walls.length),
    ...counted("fell_silent", clients, count - walls.length - others.length),
  ].join(" ");
}

function counted(words, news, count) {
  if (count === 0) return [];
  return [count === 1 ? news[0].said : word(`${words}_${plural.select(count)}`, { count: number.format(count) })];
}

function handles(news) {
  return news.map(({ handle }) => handle && `@${handle}`).filter(Boolean).join(" ");
}

function remembered() {
  return JSON.parse(sessionStorage.getItem(KEY));
}

function remember(seen) {
  sessionStorage.setItem(KEY, JSON.stringify(seen));
}

whenRung(look);
menu.addEventListener("toggle", () => menu.open && closeNews());
look();
