/**
 * The way to the server: a websocket that heals itself, and polling where none can be had.
 *
 * Events: `open` (the server said hello: say what you watch and hold), `frame` (detail: the frame) and `state`
 * (detail: live, reconnecting, offline, polling, outdated, signed-out or gone; the last three are final).
 */
const PING_AFTER_MS = 15_000;
const PONG_WITHIN_MS = 5_000;
const PONG_WITHIN_AFTER_WAKING_MS = 2_500;
const OPEN_WITHIN_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const STABLE_AFTER_MS = 10_000;
const POLL_RUNNING_MS = 1_000;
const POLL_IDLE_MS = 5_000;
const SLEPT_AFTER_MS = 10_000;
const FAILURES_BEFORE_POLLING = 2;

const RESTART = 1012;
const SIGNED_OUT = 4401;
const NOT_FOUND = 4404;
const TOO_MANY = 4408;
const FLOOD = 4429;

export class Connection extends EventTarget {
  #url;
  #release;
  #poll;
  #isBusy;
  #socket = null;
  #state = "";
  #isFinal = false;
  #isPaused = true;
  #greeted = false;
  #openedAt = 0;
  #heardAt = 0;
  #pongDue = Infinity;
  #failures = 0;
  #tries = 0;
  #yields = false;
  #ticking = 0;
  #tickedAt = 0;
  #retry = 0;
  #pollTimer = 0;
  #isPolling = false;
  #polls = 0;

  /**
   * `url` of the socket; `protocol` and `release` the page was made for; `poll()` resolves to frames and rejects with
   * an error whose `fate` is a final state when there is no use in going on; `isBusy()` whether an answer runs.
   */
  constructor({ url, protocol, release, poll, isBusy }) {
    super();
    this.#url = url;
    this.#release = `${protocol} ${release}`;
    this.#poll = poll;
    this.#isBusy = isBusy;
  }

  get state() {
    return this.#state;
  }

  /** Whether nothing will be heard any more. */
  get isFinal() {
    return this.#isFinal;
  }

  start() {
    if (!this.#isPaused || this.#isFinal) return;
    this.#isPaused = false;
    this.#tries = 0;
    this.#tickedAt = Date.now();
    this.#ticking = setInterval(() => this.#tick(), 1_000);
    this.#open();
  }

  /** Let go of everything until `start`: the page is being put away. */
  pause() {
    this.#isPaused = true;
    clearInterval(this.#ticking);
    clearTimeout(this.#retry);
    this.#stopPolling();
    this.#drop();
  }

  /** The page was hidden, asleep or offline: believe nothing, ask at once. */
  wake() {
    if (this.#isFinal || this.#isPaused) return;
    this.#yields = false;
    if (this.#greeted) {
      this.#ping(PONG_WITHIN_AFTER_WAKING_MS);
    } else {
      this.#tries = 0;
      this.#open();
      if (this.#isPolling) this.#pollNow();
    }
  }

  /** Something runs from now on: a poll that waits for quiet times would be late. */
  hurry() {
    if (this.#isPolling) this.#pollNow();
  }

  /** Send a frame; false when there is no socket to send it on. */
  send(frame) {
    if (!this.#greeted) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** There is no use in going on: `state` is outdated, signed-out or gone. */
  end(state) {
    if (this.#isFinal) return;
    this.#isFinal = true;
    this.pause();
    this.#become(state);
  }

  #open() {
    clearTimeout(this.#retry);
    this.#drop();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#openedAt = performance.now();
    socket.addEventListener("message", ({ data }) => socket === this.#socket && this.#hear(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => socket === this.#socket && this.#lose(code));
  }

  // A closing handshake on a dead line takes minutes: the socket is forgotten first, then closed.
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#greeted = false;
    this.#pongDue = Infinity;
    socket?.close();
  }

  #hear(frame) {
    this.#heardAt = performance.now();
    this.#pongDue = Infinity;
    if (frame.type === "hello") this.#greet(frame);
    else if (frame.type !== "pong") this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #greet(hello) {
    if (`${hello.protocol} ${hello.release}` !== this.#release) return this.end("outdated");
    this.#greeted = true;
    this.#failures = 0;
    this.#stopPolling();
    this.#become("live");
    this.dispatchEvent(new CustomEvent("open"));
  }

  #lose(code) {
    const lived = this.#greeted ? performance.now() - this.#openedAt : 0;
    if (!this.#greeted) this.#failures += 1;
    this.#drop();
    if (code === SIGNED_OUT) return this.end("signed-out");
    if (code === NOT_FOUND) return this.end("outdated");
    if (lived > STABLE_AFTER_MS) this.#tries = 0;
    if (code === FLOOD) this.#tries = 6;
    if (!this.#isPolling) this.#become(navigator.onLine ? "reconnecting" : "offline");
    // Too many tabs: this one was the oldest. It polls until somebody looks at it again.
    if (code === TOO_MANY) this.#yields = true;
    if (this.#yields || this.#failures >= FAILURES_BEFORE_POLLING) this.#startPolling();
    if (!this.#yields) this.#retry = setTimeout(() => this.#open(), this.#delay(code));
  }

  #delay(code) {
    if (code === RESTART) return 200 + Math.random() * 1_300;
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#tries);
    this.#tries += 1;
    return longest * (0.5 + Math.random() / 2);
  }

  #tick() {
    const now = performance.now();
    const slept = Date.now() - this.#tickedAt > SLEPT_AFTER_MS;
    this.#tickedAt = Date.now();
    if (slept) this.wake();
    else if (now > this.#pongDue) this.#lose(0);
    else if (this.#greeted && this.#pongDue === Infinity && now - this.#heardAt > PING_AFTER_MS) this.#ping(PONG_WITHIN_MS);
    else if (this.#socket && !this.#greeted && now - this.#openedAt > OPEN_WITHIN_MS) this.#lose(0);
  }

  #ping(within) {
    this.#pongDue = Math.min(this.#pongDue, performance.now() + within);
    this.send({ type: "ping" });
  }

  #startPolling() {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#pollNow();
  }

  #stopPolling() {
    this.#isPolling = false;
    clearTimeout(this.#pollTimer);
  }

  // Of two polls that overlap only the later one counts: what the earlier one says may be older.
  async #pollNow() {
    clearTimeout(this.#pollTimer);
    const poll = ++this.#polls;
    let next = POLL_IDLE_MS;
    try {
      const frames = await this.#poll();
      if (!this.#isPolling || poll !== this.#polls) return;
      this.#reach();
      for (const frame of frames) this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
      if (this.#isBusy()) next = POLL_RUNNING_MS;
    } catch (problem) {
      if (problem.fate) return this.end(problem.fate);
      if (poll !== this.#polls) return;
      if (this.#isPolling) this.#become(navigator.onLine ? "reconnecting" : "offline");
    }
    clearTimeout(this.#pollTimer);
    if (this.#isPolling) this.#pollTimer = setTimeout(() => this.#pollNow(), next);
  }

  // The server answers (again): perhaps the socket can be had as well.
  #reach() {
    if (this.#state === "polling") return;
    this.#become("polling");
    if (this.#yields || this.#tries < 3) return;
    this.#tries = 0;
    this.#open();
  }

  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
