// What scripts say comes translated with the page, in base.html's <template id="words">.

const words = new Map(
  [...document.getElementById("words").content.querySelectorAll("[data-word]")].map((element) => [
    element.dataset.word,
    element.textContent,
  ]),
);

export function word(name, values = {}) {
  return words.get(name).replace(/\{(\w+)\}/g, (_, key) => values[key]);
}
