// Below a field with a time zone: what time it is there, so that one sees at once whether it is the right one.

import { locale } from "../locale.js";
import { word } from "../words.js";

const fields = document.querySelectorAll("[list=zones]");

function show(field) {
  const place = field.parentElement.querySelector("[data-zone-clock]");
  place.textContent = field.value.trim() ? said(field.value.trim()) : "";
}

function said(zone) {
  try {
    const timeZone = zone.replaceAll(" ", "_");
    const clock = new Intl.DateTimeFormat(locale, { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit" });
    return word("zone_now", { time: clock.format() });
  } catch {
    return "";
  }
}

for (const field of fields) {
  if ("browsers" in field.dataset) {
    field.placeholder = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
  }
  show(field);
  for (const event of ["input", "alrt:filled"]) field.addEventListener(event, () => show(field));
}
setInterval(() => fields.forEach(show), 20_000);
