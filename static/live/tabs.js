// One stream per browser: over HTTP/1.1 a browser opens six connections to a host, in all tabs together. The tabs elect
// a leader by a lock; it opens one stream for the pages of all and shares the frames. Without locks (an insecure
// address) each tab has a stream of its own.
//
// A leader's time is a term. What keeps the invariant:
// - A frame names the tabs whose pages and cursors its stream was opened for. For any other tab the cursor would run
//   ahead of the page.
// - Tabs listen to one term only. A frozen leader that wakes after it was robbed may still send what is long outdated.

import { Stream } from "./stream.js";

export const SILENCE = 35_000;
const SIGN_OF_LIFE = 10_000;
const ROLL_CALL = 150;
const NO_RUN = `${"0".repeat(40)}:0-0`;

export class Tabs {
  #page;
  #name;
  #id;
  #channel;
  #bid;
  #release;
  #led; // the term, while this tab leads
  #followed; // the id of the term this tab listens to
  #heard; // any sign of the leader
  #served; // a frame for this tab
  #watch;
  #joined = false;

  constructor(page, name) {
    this.#page = page;
    this.#name = name;
  }

  join() {
    if (this.#joined) return;
    this.#joined = true;
    // New at each joining: a stream that was opened for this tab before it left no longer counts.
    this.#id = newId();
    this.#heard = this.#served = Date.now();
    if (!navigator.locks || !globalThis.BroadcastChannel) {
      this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data));
    this.#hello();
    this.#compete();
    this.#watch = setInterval(() => this.#check(), 5_000);
  }

  leave() {
    if (!this.#joined) return;
    this.#joined = false;
    clearInterval(this.#watch);
    this.#say({ kind: "bye", tab: this.#id });
    this.#resign();
    this.#bid?.abort();
    this.#channel?.close();
    this.#bid = this.#channel = this.#followed = undefined;
  }

  /** Reconnect at once where there is no connection. */
  hurry() {
    if (this.#led) this.#led.hurry();
    else this.#say({ kind: "hurry" });
  }

  async #compete({ steal = false } = {}) {
    const bid = new AbortController();
    this.#bid?.abort();
    this.#bid = bid;
    const how = steal ? { steal } : { signal: bid.signal };
    try {
      await navigator.locks.request(this.#name, how, () => this.#bid === bid && this.#leadUntilReleased());
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
    // Still its bid, and yet no longer the leader: robbed.
    if (this.#bid === bid) {
      this.#resign();
      this.#compete();
    }
  }

  #leadUntilReleased() {
    this.#lead();
    return new Promise((release) => (this.#release = release));
  }

  #lead() {
    this.#led = new Term({
      address: this.#page.address,
      say: (message) => this.#say(message),
      deliver: (frame, tabs) => tabs.includes(this.#id) && this.#page.receive(frame),
      trouble: () => this.#page.trouble(),
    });
    this.#followed = this.#led.id;
    this.#led.admit(this.#card());
  }

  #resign() {
    this.#led?.end();
    this.#led = this.#followed = undefined;
    this.#release?.();
  }

  #hear(message) {
    if (message.kind === "roll-call") {
      if (this.#led) this.#resign(); // robbed, and this is how it learns
      this.#followed = message.term;
      this.#hello();
    } else if (message.kind === "hello") this.#led?.admit(message.card);
    else if (message.kind === "bye") this.#led?.dismiss(message.tab);
    else if (message.kind === "hurry") this.#led?.hurry();
    else this.#hearTerm(message);
  }

  #hearTerm(message) {
    const toMe = message.tabs?.includes(this.#id);
    if (toMe) this.#followed ??= message.term;
    if (this.#led || message.term !== this.#followed) return;
    this.#heard = Date.now();
    if (message.kind === "frame" && toMe) {
      this.#served = Date.now();
      this.#page.receive(message.frame);
    } else if (message.kind === "trouble") this.#page.trouble();
    else if (message.kind === "ended") {
      this.#followed = undefined;
      this.#hello();
    }
  }

  #check() {
    if (this.#led) return;
    if (Date.now() - this.#served > SILENCE) {
      this.#served = Date.now();
      this.#hello();
    }
    // A leader may be frozen, and a frozen tab keeps its lock.
    if (Date.now() - this.#heard < SILENCE) return;
    this.#heard = Date.now();
    setTimeout(() => this.#joined && !this.#led && this.#compete({ steal: true }), Math.random() * 2_000);
  }

  #hello() {
    this.#say({ kind: "hello", card: this.#card() });
  }

  #card() {
    return { tab: this.#id, names: this.#page.names, cursor: this.#page.cursor, language: this.#page.language };
  }

  #say(message) {
    this.#channel?.postMessage(message);
  }
}

class Term {
  id = newId();
  #members = new Map();
  #included = [];
  #stream;
  #starts;
  #refresh;
  #sign;

  constructor({ address, say, deliver, trouble }) {
    this.address = address;
    this.say = say;
    this.deliver = deliver;
    this.trouble = trouble;
    this.#stream = new Stream({
      address: () => this.#streamAddress(),
      onFrame: (frame) => this.#share(frame),
      onTrouble: () => this.#shareTrouble(),
    });
    say({ kind: "roll-call", term: this.id });
    this.#starts = setTimeout(() => this.#stream.open(), ROLL_CALL);
    // Frames may be long in coming while the server is away: without a sign the followers would rob each other.
    this.#sign = setInterval(() => say({ kind: "here", term: this.id }), SIGN_OF_LIFE);
  }

  admit(card) {
    this.#members.set(card.tab, card);
    this.#refreshSoon(50);
  }

  dismiss(tab) {
    // Not at once: most tabs that go come back as the next page.
    if (this.#members.delete(tab)) this.#refreshSoon(2_000);
  }

  hurry() {
    this.#stream.hurry();
  }

  end() {
    clearTimeout(this.#starts);
    clearTimeout(this.#refresh);
    clearInterval(this.#sign);
    this.#stream.close();
    this.say({ kind: "ended", term: this.id });
  }

  // A browser that restores its tabs admits many at once.
  #refreshSoon(delay) {
    clearTimeout(this.#refresh);
    this.#refresh = setTimeout(() => this.#stream.refresh(), delay);
  }

  #streamAddress() {
    const members = [...this.#members.values()];
    this.#included = members.map((member) => member.tab);
    const names = new Set(members.flatMap((member) => member.names));
    const query = new URLSearchParams([...names].map((name) => ["page", name]));
    query.set("since", oldest(members.map((member) => member.cursor)));
    // A stream has one language. Tabs of two, where it was just changed, must all load anew.
    const languages = new Set(members.map((member) => member.language));
    if (languages.size > 1) query.set("since", NO_RUN);
    query.set("language", [...languages][0]);
    return `${this.address}?${query}`;
  }

  #share(frame) {
    const tabs = this.#included;
    if (frame.kind === "seen") {
      for (const tab of tabs) if (this.#members.has(tab)) this.#members.get(tab).cursor = frame.data;
    }
    this.say({ kind: "frame", term: this.id, tabs, frame });
    this.deliver(frame, tabs);
  }

  #shareTrouble() {
    this.say({ kind: "trouble", term: this.id });
    this.trouble();
  }
}

// Cursors of different runs can't be compared, and joining by the newer would leave the other tab stale; a page that was
// made without a cursor must not borrow another's. A run that never was makes the server answer `reload`.
function oldest(cursors) {
  const runs = new Set(cursors.map((cursor) => cursor.split(":")[0]));
  if (runs.size > 1 || runs.has("")) return NO_RUN;
  return cursors.reduce((oldest, cursor) => (isOlder(cursor, oldest) ? cursor : oldest));
}

function isOlder(one, other) {
  const [milliseconds, sequence] = entry(one);
  const [otherMilliseconds, otherSequence] = entry(other);
  return milliseconds < otherMilliseconds || (milliseconds === otherMilliseconds && sequence < otherSequence);
}

function entry(cursor) {
  return cursor.split(":")[1].split("-").map(Number);
}

// randomUUID exists only at secure addresses.
function newId() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}
