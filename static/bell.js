// The member's bell, on whatever page it is. What it holds is pushed; this is what the browser adds.
//
//   bell/count.js   the number in title and icon         bell/notify.js   notifications while nobody looks
//   bell/news.js    what has just come: toast, voice     bell/snooze.js   until when
//   bell/focus.js   the keyboard in the list             bell/read.js     whoever follows an alert has read it

import "./answers.js";
import "./bell/count.js";
import "./bell/news.js";
import "./bell/read.js";
import "./bell/snooze.js";
import "./bell/focus.js";
