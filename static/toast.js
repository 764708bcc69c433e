// One short word about what was done, with a way back, and one about what happened meanwhile. They stay until they are
// closed or the page is left: nobody has to be quick. They lie in the page's topmost open dialog, because what is under
// a dialog can't be reached.

const region = document.getElementById("toast");
const own = region?.querySelector(".toast__box");
const news = region?.querySelector(".toast__news");
const home = region?.parentElement;
let act;
let show;
let closed;

export function toast(text, action) {
  if (!region) return;
  raise();
  own.querySelector("[data-toast-text]").textContent = text;
  const button = own.querySelector("[data-toast-action]");
  button.hidden = !action;
  button.textContent = action?.word ?? "";
  act = action?.act;
  own.hidden = false;
}

export function closeToast() {
  own.hidden = true;
}

/** `link`: {word, href, reads} where it is about one thing; else a button calls `show`. */
export function showNews(text, { link, ...calls }) {
  if (!region) return;
  ({ show, closed } = calls);
  raise();
  news.querySelector("[data-toast-text]").textContent = text;
  const anchor = news.querySelector("[data-toast-link]");
  anchor.hidden = !link;
  anchor.textContent = link?.word ?? "";
  if (link) {
    anchor.href = link.href;
    anchor.dataset.reads = link.reads;
  } else anchor.removeAttribute("href");
  news.querySelector("[data-toast-show]").hidden = Boolean(link);
  news.hidden = false;
}

export function closeNews() {
  if (!news || news.hidden) return;
  news.hidden = true;
  closed?.();
}

function raise() {
  ([...document.querySelectorAll("dialog[open]")].at(-1) ?? home).append(region);
}

region?.addEventListener("click", ({ target }) => {
  const pressed = target.closest("[data-toast-action], [data-toast-show], [data-toast-link], [data-toast-close]");
  if (!pressed) return;
  if (news.contains(pressed)) closeNews();
  else closeToast();
  if ("toastAction" in pressed.dataset) act?.();
  if ("toastShow" in pressed.dataset) show?.();
});
