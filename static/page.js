// What every page needs.

import "./keys.js";
import "./language.js";
import "./menus.js";
import "./pictures.js";
import "./request_failed.js";
import "./times.js";
