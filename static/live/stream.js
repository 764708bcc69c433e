// One EventSource, kept alive. A new one is made for each attempt: after an answer other than 200 the browser gives up
// for good, and by itself it would come back with the address, and so the cursor, of long ago.

const KINDS = ["fragments", "committed", "seen", "reload", "ended"];
const HEARTBEAT = 15_000;
const SILENCE = 35_000; // two heartbeats, and a little for the road
const FIRST_FRAME = 10_000; // a page joins within two seconds; longer means a dead road
const SHORTEST_WAIT = 300;
const WAIT_AFTER_SILENCE = 3_000; // a server that fell silent did so for all pages in the same second
const LONGEST_WAIT = 10_000;

export class Stream {
  #source;
  #retry;
  #watch;
  #failures = 0;
  #heard = 0;
  #proven = false;

  constructor({ address, onFrame, onTrouble }) {
    this.address = address;
    this.onFrame = onFrame;
    this.onTrouble = onTrouble;
  }

  open() {
    this.close();
    const source = new EventSource(this.address());
    this.#source = source;
    this.#heard = Date.now();
    this.#proven = false;
    for (const kind of KINDS) source.addEventListener(kind, ({ data }) => this.#take(source, { kind, data }));
    source.addEventListener("error", () => this.#fail(source));
    this.#watch = setInterval(() => this.#check(source), 1_000);
  }

  close() {
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    this.#source?.close();
    this.#source = this.#retry = undefined;
  }

  /** Opens anew with what `address` says now, unless an attempt is due anyway. */
  refresh() {
    if (this.#source) this.open();
  }

  /** There may be a road again, or the old one may have died in the machine's sleep. */
  hurry() {
    if (this.#retry || Date.now() - this.#heard > HEARTBEAT + 5_000) this.open();
  }

  #take(source, frame) {
    if (source !== this.#source) return;
    this.#heard = Date.now();
    this.#proven = true;
    // Not at "open": a server that accepts and then drops must not be called on again at once.
    if (frame.kind === "seen") this.#failures = 0;
    this.onFrame(frame);
  }

  #check(source) {
    const silent = Date.now() - this.#heard;
    if (silent > (this.#proven ? SILENCE : FIRST_FRAME)) this.#fail(source, WAIT_AFTER_SILENCE);
  }

  #fail(source, shortest = SHORTEST_WAIT) {
    if (source !== this.#source) return;
    this.close();
    this.#failures++;
    const longest = Math.min(LONGEST_WAIT, shortest * 2 ** (this.#failures - 1));
    // The jitter keeps a thousand pages from coming back in the same instant.
    this.#retry = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
    this.onTrouble();
    if (this.#failures > 1) this.#askForSession();
  }

  // EventSource does not tell a 401 or 404 from a cut wire.
  async #askForSession() {
    const asked = new URL(this.address(), location.href).search;
    const answer = await fetch(`/live/session${asked}`, { cache: "no-store" }).catch(() => null);
    if (answer?.status === 401) this.onFrame({ kind: "ended", data: "session" });
    // None of the pages may be seen any more: loaded anew, each says why.
    else if (answer?.status === 404) this.onFrame({ kind: "reload", data: "0" });
  }
}
