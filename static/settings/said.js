// A word beside the button that saved; the next change takes it back.

export function say(form, text) {
  const place = form.querySelector("[data-saved]");
  place.textContent = text;
  form.addEventListener("input", () => place.replaceChildren(), { once: true });
}
