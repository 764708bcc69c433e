// The members' list is the same for everybody: which line is the viewer's own, and which invitation is over, is marked
// here, after each push.

const viewer = document.body.dataset;
const role = document.querySelector("#invite-form [name=role]");

function mark() {
  const own = document.querySelector(`[data-member="${viewer.user}"]`);
  own?.toggleAttribute("data-own", true);
  // Another role is another page.
  if (own && own.dataset.memberRole !== viewer.role) location.reload();
  for (const invitation of document.querySelectorAll("[data-expires]")) {
    invitation.toggleAttribute("data-over", Date.parse(invitation.dataset.expires) <= Date.now());
  }
  // The link as it is to be sent.
  for (const link of document.querySelectorAll("[data-address]")) {
    link.value = new URL(link.getAttribute("value"), location.href).href;
  }
}

mark();
document.addEventListener("alrt:applied", mark);
setInterval(mark, 60_000);

function mean() {
  document.querySelector("[data-role-meaning]").textContent = role.selectedOptions[0].dataset.meaning;
}

role?.addEventListener("change", mean);

// What was made is the next thing to look at; the form is ready for another one.
for (const form of document.querySelectorAll("#invite-form, #token-form")) {
  form.addEventListener("alrt:saved", () => {
    form.reset();
    if (role) mean();
    const made = document.getElementById(form.id === "invite-form" ? "invited" : "token-made");
    made.querySelector("[data-copy]").focus();
  });
}
