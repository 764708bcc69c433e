// How many alerts are unread, in the page's title and in its icon: seen in a tab that is not looked at.

import { bell, whenRung } from "./bell.js";

const MOST = 999;
const title = document.title;
const icon = document.querySelector("link[rel=icon]");
const plain = icon.href;
let drawn; // the plain icon's source, once it was needed

function show() {
  const unread = Number(bell.dataset.unread);
  document.title = unread > 0 ? `(${unread > MOST ? `${MOST}+` : unread}) ${title}` : title;
  draw(unread);
}

async function draw(unread) {
  if (unread === 0) {
    icon.href = plain;
    return;
  }
  drawn ??= await fetch(plain).then((answer) => answer.text());
  // While it was fetched, another number may have come.
  if (Number(bell.dataset.unread) !== unread) return;
  icon.href = `data:image/svg+xml,${encodeURIComponent(drawn.replace("</svg>", `${badge(unread)}</svg>`))}`;
}

function badge(unread) {
  const text = unread > 99 ? "99+" : String(unread);
  const width = [0, 18, 22, 27][text.length];
  return (
    `<rect x="${32 - width}" width="${width}" height="18" rx="9" fill="#dc2626"/>` +
    `<text x="${32 - width / 2}" y="14" fill="#fff" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="${text.length > 2 ? 12 : 14}">${text}</text>`
  );
}

whenRung(show);
show();
