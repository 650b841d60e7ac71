import { isRunning } from "lib/apply.js";

const isUnsettled = (turn) => turn.dataset.settled === "false";
const isAwaited = (turn) => isUnsettled(turn) || Boolean(turn.querySelector("[data-outcome] [data-pending]"));

/** The turns that a page shows, in order and each once, in the element it is given. */
export class Turns {
  #room;
  #fragment;

  /** `room` holds the turns; `fragment(html)` parses HTML. */
  constructor(room, fragment) {
    this.#room = room;
    this.#fragment = fragment;
  }

  /** The id of the newest turn, "" when there is none. */
  get newest() {
    return this.#all.at(-1)?.dataset.message ?? "";
  }

  /** Answers that may still grow. */
  get unsettled() {
    return this.#all.filter(isUnsettled);
  }

  /** Answers that the server may still have news of: what a settled one cost may be told later. */
  get awaited() {
    return this.#all.filter(isAwaited);
  }

  /** The attempt that is being written, "" when none is. */
  get running() {
    return this.#all.find((turn) => isRunning(turn.dataset.state))?.dataset.attempt ?? "";
  }

  get attempts() {
    return this.#all.map((turn) => turn.dataset.attempt);
  }

  answer(message) {
    return this.#all.find((turn) => turn.dataset.message === message && turn.dataset.attempt);
  }

  /** The server may have news of this answer again: it is written on. Gives it; undefined when it is not shown. */
  reopen(message) {
    const answer = this.answer(message);
    if (answer) answer.dataset.settled = "false";
    return answer;
  }

  /** Add what is not shown yet, in its place; gives the answers among it that there may be news of. */
  add(html) {
    return this.#place([...this.#fragment(html).children]);
  }

  /** Another branch is shown from now on: keep what both have, then show the rest of `html`. Null when nothing is. */
  change(html) {
    const coming = [...this.#fragment(html).children];
    const shown = this.#all;
    const placeOf = ({ id }) => coming.findIndex((turn) => turn.id === id);
    const common = shown.findLastIndex((turn) => placeOf(turn) >= 0);
    if (common < 0) return null;
    for (const turn of shown.slice(common + 1)) turn.remove();
    // What comes before is on this page, or on an earlier one.
    return this.#place(coming.slice(placeOf(shown[common]) + 1));
  }

  /** One turn, and all after it, gives way to the turns in `html`. Null when that turn is not shown. */
  replace(message, html) {
    const shown = this.#all;
    const place = shown.findIndex((turn) => turn.dataset.message === message);
    if (place < 0) return null;
    for (const turn of shown.slice(place)) turn.remove();
    return this.add(html);
  }

  // Before the next of them that is shown; after all when there is none.
  #place(turns) {
    const shown = new Map(this.#all.map((turn) => [turn.id, turn]));
    const fresh = turns.filter((turn) => !shown.has(turn.id));
    let next = null;
    for (const turn of turns.reverse()) {
      const old = shown.get(turn.id);
      if (!old && next) next.before(turn);
      else if (!old) this.#room.append(turn);
      next = old ?? turn;
    }
    return fresh.filter(isAwaited);
  }

  get #all() {
    return [...this.#room.querySelectorAll(":scope > [data-message]")];
  }
}
