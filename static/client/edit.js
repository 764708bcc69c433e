// The dialog with label, assignee and threshold. It is filled in when it opens, no push touches it while it is open,
// and it sends only what was changed: what others changed meanwhile stays.

const dialog = document.getElementById("edit-client");
const form = dialog.querySelector("form");
const fields = [...form.querySelectorAll("[name]")];
let before = {};

dialog.addEventListener("alrt:open", () => {
  const { dataset } = document.getElementById(dialog.dataset.fillFrom);
  for (const field of fields) {
    field.value = dataset[field.name];
    // Somebody who is no longer in the team.
    if (field.selectedIndex === -1) field.value = "";
  }
  before = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  form.querySelector("[data-refused]").replaceChildren();
});

form.addEventListener("htmx:configRequest", ({ detail }) => {
  for (const { name, value } of fields) if (value === before[name]) delete detail.parameters[name];
});

dialog.addEventListener("alrt:saved", () => dialog.close());

// The way back keeps what the dashboard was searched and sorted by.
const back = document.querySelector(".back__link");
if (back) back.href = `/${sessionStorage.getItem("alrt-dashboard") ?? ""}`;
