// Alerts: as many as fit, and every few seconds the next ones. Nothing crawls: it could not be read from afar.

const TURN_EVERY = 8_000;

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);
let first = 0;

function turn() {
  const items = [...document.querySelectorAll(".wall-alert")];
  const line = items[first]?.offsetTop;
  // What no longer fits wraps into a line that is not shown.
  const next = items.findIndex((item, number) => number > first && item.offsetTop > line);
  begin(next === -1 ? 0 : next);
}

function begin(number) {
  if (number === first) return;
  first = number;
  sheet.replaceSync(first ? `.wall-alert:nth-child(-n + ${first}) { display: none; }` : "");
}

document.addEventListener("alrt:applied", () => {
  if (first >= document.querySelectorAll(".wall-alert").length) begin(0);
});
setInterval(turn, TURN_EVERY);
