// Answers to what people change. data-answer="merge": the answer enters the page as a push would, so that nothing that
// is open or has the focus is replaced; "event": only listeners of `alrt:saved` read it. What was refused is said in
// the form, beside what was typed; any other failure is said by a toast. The menu that was answered closes, unless it
// stays (data-stays) because there may be more to do in it.

import { applyFragments } from "./live/apply.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

const REFUSED = [409, 422];

document.addEventListener("htmx:beforeSend", ({ detail: { elt } }) => refusal(elt)?.replaceChildren());

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, requestConfig } = detail;
  const asker = requestConfig.elt;
  if (REFUSED.includes(xhr.status)) refuse(detail, asker);
  else if (xhr.status < 300 && asker.dataset.answer) {
    detail.shouldSwap = false;
    if (asker.dataset.answer === "merge") applyFragments(xhr.responseText);
    asker.closest("details[data-menu]:not([data-stays])")?.removeAttribute("open");
    asker.dispatchEvent(new CustomEvent("alrt:saved", { bubbles: true, detail: xhr.responseText }));
  }
});

function refuse(detail, asker) {
  const box = refusal(asker);
  if (!box) return;
  detail.shouldSwap = false;
  detail.isError = false;
  box.innerHTML = detail.xhr.responseText;
  const field = asker.querySelector(`[name="${box.querySelector("[data-field]")?.dataset.field}"]`);
  field?.setAttribute("aria-invalid", "true");
  field?.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
  asker.dispatchEvent(new CustomEvent("alrt:refused", { bubbles: true, detail: detail.xhr.status }));
}

function refusal(asker) {
  // A button of a list names the place where all of them are answered.
  return asker.querySelector("[data-refused]") ?? document.getElementById(asker.dataset.refusedIn);
}

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail: { elt } }) => {
    // Some buttons say it themselves (request_failed.js).
    if (!elt.parentElement?.querySelector(":scope > [data-request-failed]")) toast(word("not_saved"));
  });
}
