// Stands in for a page that could not be loaded, and gives way as soon as it can.

import { untilServed } from "../live/reload.js";

await untilServed();
location.reload();
