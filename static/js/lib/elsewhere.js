import { isRunning } from "lib/apply.js";

/** An answer that is being written on a branch the page does not show: it can be stopped, and nothing asked before. */
export class Elsewhere {
  #message = "";
  #attempt;

  /** `attempt` is one that the page was told of, "" for none. */
  constructor(attempt) {
    this.#attempt = attempt;
  }

  /** The attempt that runs there, "" when none does. */
  get attempt() {
    return this.#attempt;
  }

  /** The frames that ask for news of it: one or none. */
  get holds() {
    return this.#message ? [{ type: "hold", message: this.#message, revision: "", parts: {} }] : [];
  }

  /** It is this message; "": there is none. */
  hear(message) {
    this.#message = message;
    if (!message) this.#attempt = "";
  }

  /** Whether this frame is about it. */
  takes(frame) {
    if (!this.#message || frame.message !== this.#message) return false;
    this.#attempt = isRunning(frame.state) ? frame.attempt : "";
    return true;
  }
}
