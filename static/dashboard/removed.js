// Whoever has removed a client comes here from its page, and can take it back.

import { toast } from "../toast.js";
import { word } from "../words.js";

const REMOVED = "alrt-removed";

const removed = sessionStorage.getItem(REMOVED);
sessionStorage.removeItem(REMOVED);
if (removed) {
  const { id, name } = JSON.parse(removed);
  const restore = () => htmx.ajax("POST", `/client/${id}/restore`, { source: document.getElementById("toast"), swap: "none" });
  toast(word("removed", { name }), { word: word("undo"), act: restore });
}
