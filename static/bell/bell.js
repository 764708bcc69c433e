// The bell's element stays the same through every push.

export const bell = document.querySelector("[data-bell]");
export const menu = bell.querySelector("details");

/** Calls back whenever a push or an answer has brought the bell. */
export function whenRung(act) {
  document.addEventListener("alrt:applied", ({ detail }) => detail.ids.includes(bell.id) && act());
}
