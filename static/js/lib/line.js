import { holdOf } from "lib/apply.js";
import { Connection } from "lib/connection.js";
import { get, TURNS, withQuery } from "lib/requests.js";

const TOGETHER_MS = 500;
const AT_ONCE_AFTER = 4;

/** The way to the server, of a page that shows one conversation: it says what the page watches, holds and has applied. */
export class Line extends Connection {
  #conversation;
  #addresses;
  #turns;
  #elsewhere;
  #applier;
  #acks = new Acks((count) => this.send({ type: "ack", count }));

  /**
   * `protocol` and `release` the page was made for; the `conversation` and the addresses of its `progress` and its
   * `turns`; and what the page holds, each as in the module of its name.
   */
  constructor({ protocol, release }, { conversation, progress, turns }, page) {
    super({
      url: new URL("/ws/", location.href.replace(/^http/, "ws")).href,
      protocol,
      release,
      poll: () => this.#poll(),
      isBusy: () => page.turns.unsettled.length > 0,
    });
    this.#conversation = conversation;
    this.#addresses = { progress, turns };
    this.#turns = page.turns;
    this.#elsewhere = page.elsewhere;
    this.#applier = page.applier;
    this.addEventListener("open", () => this.#greet());
  }

  /** Hear of the conversation from now on. */
  watch() {
    this.send({ type: "watch", conversation: this.#conversation });
  }

  /** The page is looked at again, or the line may be another: is it still as it was? */
  look() {
    this.wake();
    this.watch();
  }

  /** Say what the page has of these answers; what it lacks comes. */
  hold(answers) {
    for (const answer of answers) this.send(holdOf(answer));
  }

  /** The same of what runs on another branch. */
  holdElsewhere() {
    for (const hold of this.#elsewhere.holds) this.send(hold);
  }

  /** One frame more was applied. */
  applied() {
    this.#acks.applied();
  }

  /** The HTML of the turns after a message, or of all without one. */
  async turnsAfter(after) {
    return (await get(withQuery(this.#addresses.turns, after && { after }), TURNS)).text();
  }

  #greet() {
    this.#applier.forget();
    this.#acks.restart();
    this.watch();
    this.hold(this.#turns.awaited);
  }

  async #poll() {
    this.#applier.forget();
    const holding = JSON.stringify([...this.#turns.awaited.map(holdOf), ...this.#elsewhere.holds]);
    return (await (await get(withQuery(this.#addresses.progress, { holding }), "application/json")).json()).frames;
  }
}

/** Counts applied frames and acknowledges them joined: at once after four, else twice a second. */
class Acks {
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
