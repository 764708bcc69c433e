// A language that was chosen in one tab holds for the browser's other tabs.

const KEY = "alrt-language";
const language = document.documentElement.lang;

// Only for pages of one member: between a visitor's and a member's, two languages could chase each other.
if (document.body.dataset.session) {
  localStorage.setItem(KEY, language);
  addEventListener("storage", follow);
  addEventListener("pageshow", follow);
}

function follow() {
  if ((localStorage.getItem(KEY) ?? language) !== language) location.reload();
}
