// What time it is by the server. A page that says when it was made (data-now) does not trust the machine's clock, which
// may be hours off on a screen that nobody looks after.

let ahead = 0; // by how many milliseconds the server's clock is ahead of the machine's

export function now() {
  return Date.now() + ahead;
}

/** `asked` and `answered`: the machine's time around the request; the server spoke in between. */
export function correct(served, asked = Date.now(), answered = Date.now()) {
  const moment = Date.parse(served);
  if (!Number.isNaN(moment)) ahead = moment - (asked + answered) / 2;
}

if (document.body.dataset.now) correct(document.body.dataset.now);
