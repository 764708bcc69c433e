// A pushed fragment enters the page. It is merged into the element of the same id rather than put in its place, so that
// focus, selection, an open menu and a loaded picture survive, and so that what glows is what changed. Applying a
// fragment twice changes nothing.

import { formatTimes } from "../times.js";

const GLOW = 2_000;
// What the page itself puts on elements; the server knows nothing of it.
const OWN_CLASSES = ["changed", "entered"];
const OWN_ATTRIBUTES = ["data-unmatched", "data-waiting", "data-broken", "open", "tabindex"];

export function applyFragments(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fragments = document.importNode(template.content, true);
  formatTimes(fragments);
  const ids = [...fragments.children].map((fresh) => fresh.id);
  for (const fresh of [...fragments.children]) upsert(fresh);
  document.dispatchEvent(new CustomEvent("alrt:applied", { detail: { ids } }));
}

function upsert(fresh) {
  const old = document.getElementById(fresh.id);
  if ("gone" in fresh.dataset) {
    if (old) remove(old);
  } else if (!old) insert(fresh);
  else if (!same(old, fresh)) update(old, fresh);
}

function insert(fresh) {
  const list = document.getElementById(fresh.dataset.into);
  if (list && place(fresh, list)) {
    mark(fresh, "entered");
    globalThis.htmx?.process(fresh);
  }
}

function update(old, fresh) {
  const moved = old.dataset.sort !== fresh.dataset.sort;
  const current = merge(old, fresh);
  if (moved) move(current);
  globalThis.htmx?.process(current);
}

function move(element) {
  const focused = document.activeElement;
  if (!place(element, document.getElementById(element.dataset.into))) element.remove();
  else if (element.contains(focused)) focused.focus({ preventScroll: true });
}

function remove(old) {
  const hadFocus = old.contains(document.activeElement);
  const neighbour = old.nextElementSibling ?? old.previousElementSibling;
  old.remove();
  // Without a focused element the next Tab would start at the top of the page.
  if (hadFocus) neighbour?.querySelector("a, button")?.focus({ preventScroll: true });
}

// Puts an element where its sort key belongs; false where that lies beyond what is loaded.
function place(element, list) {
  const others = [...list.children].filter((child) => "sort" in child.dataset && child !== element);
  const before = list.dataset.order === "desc" ? (a, b) => a > b : (a, b) => a < b;
  const next = others.find((other) => before(element.dataset.sort, other.dataset.sort));
  if (next) next.before(element);
  else if (hasMore(list)) return false;
  else if (others.length > 0) others.at(-1).after(element);
  else list.prepend(element);
  return true;
}

// data-more names the element that tells whether there are older ones that aren't loaded.
function hasMore(list) {
  return document.getElementById(list.dataset.more)?.hasAttribute("data-older") ?? false;
}

// Merging: the old tree becomes the new one, node by node, and keeps its identity wherever it can.

function merge(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return old;
  }
  const glows = "glow" in fresh.dataset && !same(old, fresh);
  mergeAttributes(old, fresh);
  mergeChildren(old, fresh);
  if (glows) mark(old, "changed");
  return old;
}

function mergeAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "class" && !OWN_ATTRIBUTES.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "class" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const own = OWN_CLASSES.filter((name) => old.classList.contains(name));
  const classes = [...fresh.classList, ...own].join(" ");
  if ((old.getAttribute("class") ?? "") !== classes) old.setAttribute("class", classes);
}

function mergeChildren(old, fresh) {
  removeLost(old, fresh);
  let next = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const match = partner(child, next, old);
    if (!match) old.insertBefore(child, next);
    else if (match === next) next = merge(match, child).nextSibling;
    else {
      old.insertBefore(match, next);
      merge(match, child);
    }
  }
  while (next) {
    const surplus = next;
    next = next.nextSibling;
    surplus.remove();
  }
}

// First, so that those which stay need not be moved: an element that is moved loses the focus.
function removeLost(old, fresh) {
  const kept = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...old.children]) if (child.id && !kept.has(child.id)) child.remove();
}

// The old child that a new one continues: the one of the same id, else the one in its place.
function partner(child, next, parent) {
  if (child.id) return [...parent.children].find((element) => element.id === child.id);
  return next && !next.id && next.nodeName === child.nodeName ? next : undefined;
}

// Equal but for what the browser writes: times, and the page's own marks.
function same(old, fresh) {
  return bare(old).isEqualNode(bare(fresh));
}

function bare(element) {
  const copy = element.cloneNode(true);
  for (const node of [copy, ...copy.querySelectorAll("*")]) {
    node.classList.remove(...OWN_CLASSES);
    if (node.classList.length === 0) node.removeAttribute("class");
    for (const name of OWN_ATTRIBUTES) node.removeAttribute(name);
    if (node.nodeName === "TIME") node.replaceChildren();
  }
  return copy;
}

const marks = new WeakMap();

function mark(element, name) {
  clearTimeout(marks.get(element));
  element.classList.remove(name);
  void element.offsetWidth; // so that the animation starts anew
  element.classList.add(name);
  marks.set(element, setTimeout(unmark, GLOW, element, name));
}

// Nothing may stay behind: a page that was pushed to equals the same page loaded anew.
function unmark(element, name) {
  element.classList.remove(name);
  if (element.classList.length === 0) element.removeAttribute("class");
}
