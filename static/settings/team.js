// The team's form. It shows what is saved, sends only what was changed, and no push touches a field in which somebody
// has typed.

import { word } from "../words.js";
import { say } from "./said.js";

const form = document.getElementById("team-form");
if (form) begin();

function begin() {
  const fields = [...form.querySelectorAll("[name]")];
  const news = form.querySelector("[data-changed-meanwhile]");
  const zoneNews = form.querySelector("[data-zone-news]");
  let saved = {};
  let sent = {};

  function facts() {
    return document.getElementById(form.dataset.fillFrom).dataset;
  }

  // Fields for which `isFree` holds show what is saved.
  function fill(isFree) {
    const now = facts();
    for (const field of fields) {
      if (isFree(field)) field.value = now[field.name];
      saved[field.name] = now[field.name];
      field.dispatchEvent(new CustomEvent("alrt:filled"));
    }
    note();
  }

  function follow() {
    const now = facts();
    const theirs = fields.filter(({ name, value }) => now[name] !== saved[name] && value !== saved[name]);
    fill(({ name, value }) => value === saved[name]);
    if (theirs.some(({ name, value }) => value !== now[name])) news.hidden = false;
  }

  function note() {
    const zone = form.elements.time_zone;
    zoneNews.hidden = zone.value === saved.time_zone;
    if (fields.every(({ name, value }) => value === saved[name])) news.hidden = true;
  }

  fill(() => true);
  form.addEventListener("input", note);
  document.addEventListener("alrt:applied", follow);
  form.querySelector("[data-take-theirs]").addEventListener("click", () => {
    fill(() => true);
    fields[0].focus();
  });
  form.addEventListener("htmx:configRequest", ({ detail }) => {
    sent = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    for (const { name, value } of fields) if (value === saved[name]) delete detail.parameters[name];
  });
  form.addEventListener("alrt:saved", () => {
    fill(({ name, value }) => value === sent[name]);
    say(form, word("saved"));
  });
}
