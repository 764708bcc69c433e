// A wall: nobody looks after it, for weeks. It applies pushes like any page (live.js), and sees to itself:
//
//   wall/tiles.js      which tiles there are, their pages, and the pulse of a new story
//   wall/stage.js      a new alert takes the stage           wall/ticker.js    alerts, as many at a time as fit
//   wall/clock.js      the wall's own time                   wall/heartbeat.js tells that it lives, and hears of deploys
//   wall/watchdog.js   loads anew what no longer lives       wall/screen.js    awake, and no picture burnt in
//
// Where a page can't even be loaded, wall/worker.js shows one that waits.

import "./pictures.js";
import "./times.js";
import "./wall/clock.js";
import "./wall/screen.js";
import "./wall/tiles.js";
import "./wall/feed.js";
import "./wall/ticker.js";
import "./wall/stage.js";
import "./wall/heartbeat.js";
import "./wall/watchdog.js";
import "./live.js";
