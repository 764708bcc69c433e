// Whoever follows an alert to its client has read it: in this tab, in a new one, from the toast or a notification.

export function markRead(alert) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  // Outlives the page, which is about to be left.
  fetch(`/alerts/${alert}/read`, { method: "POST", headers, keepalive: true }).catch(() => {});
}

function read({ target }) {
  const link = target.closest("a[data-reads]");
  if (link) markRead(link.dataset.reads);
}

document.addEventListener("click", read);
document.addEventListener("auxclick", (event) => event.button === 1 && read(event));
