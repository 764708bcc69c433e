// Removing a client, and hearing that somebody else did.

const button = document.querySelector("[data-remove]");
let leaving = false;

button?.addEventListener("htmx:beforeSend", () => (leaving = true));
button?.addEventListener("htmx:afterRequest", ({ detail }) => {
  leaving = detail.successful;
  if (!detail.successful) return;
  sessionStorage.setItem("alrt-removed", JSON.stringify({ id: button.dataset.remove, name: button.dataset.name }));
  location.assign(`/${sessionStorage.getItem("alrt-dashboard") ?? ""}`);
});

// The page of a client that is gone would stand still for ever; loaded anew it says that there is none.
document.addEventListener("alrt:applied", () => {
  if (!leaving && !document.querySelector(".client-header")) location.reload();
});
