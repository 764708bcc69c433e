// What every page needs.

import "./menus.js";
import "./pictures.js";
import "./request_failed.js";
import "./times.js";
