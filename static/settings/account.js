// Name, language, zone and password of the viewer. The first three are written all over the page, which is loaded anew.

import { word } from "../words.js";
import { say } from "./said.js";

const SAVED = "alrt-account-saved";
const you = document.getElementById("you-form");
const password = document.getElementById("password-form");

you.addEventListener("alrt:saved", () => {
  sessionStorage.setItem(SAVED, "");
  location.reload();
});

if (sessionStorage.getItem(SAVED) !== null) {
  sessionStorage.removeItem(SAVED);
  say(you, word("saved"));
}

password.addEventListener("alrt:saved", () => {
  password.reset();
  say(password, word("password_changed"));
});
