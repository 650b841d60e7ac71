const COMPARE_AGAIN_MS = 2_000;

/** Keeps the turns on the page the same as the branch the server shows, whose end it hears of. */
export class Branch {
  #turns;
  #load;
  #added;
  #end;
  #leaf = "";
  #posts = 0;
  #isFetching = false;
  #isWanted = false;

  /**
   * `turns`, see lib/turns.js; `load(after)` resolves to the HTML of the turns after a message, or of all without one,
   * and rejects with a `fate` when that has no use any more; `added(answers)` takes those of which there may be news
   * among what came; `end(fate)` gives the page up.
   */
  constructor({ turns, load, added, end }) {
    this.#turns = turns;
    this.#load = load;
    this.#added = added;
    this.#end = end;
  }

  /** The server's branch ends at `leaf`. */
  hear(leaf) {
    this.#leaf = leaf;
    this.#compare();
  }

  /** While a post of our own is on its way nothing is fetched: its reply brings the very turns. */
  postBegun() {
    this.#posts += 1;
  }

  postEnded() {
    this.#posts -= 1;
    this.#compare();
  }

  /** Fetch what is missing now. What a request on its way brings may be older, so there is one more after it. */
  catchUp() {
    this.#isWanted = this.#isFetching;
    this.#fetch();
  }

  // One request at a time.
  async #fetch() {
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      this.#added(await this.#missing());
    } catch (problem) {
      if (problem.fate) this.#end(problem.fate);
    } finally {
      this.#isFetching = false;
    }
    if (this.#isWanted) this.catchUp();
    else if (this.#isBehind) setTimeout(() => this.#compare(), COMPARE_AGAIN_MS);
  }

  get #isBehind() {
    return this.#leaf && this.#leaf !== this.#turns.newest;
  }

  #compare() {
    if (this.#isBehind && !this.#posts) this.#fetch();
  }

  // Where the newest turn shown is on another branch now, all turns of the branch are asked for.
  async #missing() {
    try {
      return this.#turns.add(await this.#load(this.#turns.newest));
    } catch (problem) {
      if (problem.fate !== "outdated") throw problem;
      const added = this.#turns.change(await this.#load());
      if (!added) throw problem;
      return added;
    }
  }
}
