const TOGETHER_MS = 250;
const AT_ONCE_AFTER = 4;

/** Counts applied frames and acknowledges them joined: at once after four, else four times a second. */
export class Acks {
  #applied = 0;
  #acknowledged = 0;
  #timer = 0;
  #send;

  /** `send(count)` tells the server how many frames were applied on this connection so far. */
  constructor(send) {
    this.#send = send;
  }

  /** A new connection counts from nothing. */
  restart() {
    clearTimeout(this.#timer);
    this.#timer = this.#applied = this.#acknowledged = 0;
  }

  applied() {
    this.#applied += 1;
    if (this.#applied - this.#acknowledged >= AT_ONCE_AFTER) this.#tell();
    else this.#timer ||= setTimeout(() => this.#tell(), TOGETHER_MS);
  }

  #tell() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#acknowledged = this.#applied;
    this.#send(this.#applied);
  }
}
