// A request of the page's own that failed says so beside the button that made it.

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  addEventListener(failure, (event) => show(event, true));
}
addEventListener("htmx:beforeSend", (event) => show(event, false));

function show(event, failed) {
  const note = event.target.parentElement?.querySelector(":scope > [data-request-failed]");
  if (note) note.hidden = !failed;
}
