// Between two scroll events of one movement there is less.
const REST_MS = 200;

/**
 * Whether what scrolls is kept at its end. Only the reader changes that: up is away from the end, be it by a line;
 * down to where the end was when the movement began is back at it, for a movement takes time and the text grows
 * meanwhile. Heights are those that were last painted: what grew since, the reader has not seen.
 */
export class End {
  #box;
  #near;
  #view;
  #seen = { top: 0, height: 0, view: 0 };
  #movement = { at: 0, goal: 0 };
  isKept = true;

  /**
   * @param {Element} box what scrolls
   * @param {number} near how far from the end still is at it, in pixels
   * @param {() => number} view how much of it is seen, in pixels
   */
  constructor(box, near, view = () => box.clientHeight) {
    this.#box = box;
    this.#near = near;
    this.#view = view;
  }

  get isReached() {
    return this.#isBelow(this.#box.scrollHeight);
  }

  go() {
    this.#box.scrollTo({ top: this.#box.scrollHeight, behavior: "instant" });
    this.look();
  }

  look() {
    this.#seen = this.#now();
  }

  /** After a change of what is inside; call it again and again. */
  grown() {
    if (this.isKept) this.go();
    requestAnimationFrame(() => (this.#seen.height = this.#box.scrollHeight));
  }

  // A text that shrinks or a box that grows pulls the reader up; that is not theirs.
  scrolled({ timeStamp }) {
    const before = this.#seen;
    this.look();
    const moved = this.#seen.top - before.top;
    const isPushed = this.#seen.height < before.height || this.#seen.view > before.view;
    if (moved < 0) this.#movement.at = 0;
    if (moved < 0 && !isPushed) this.isKept = false;
    if (moved <= 0) return;
    if (timeStamp - this.#movement.at > REST_MS) this.#movement.goal = before.height;
    this.#movement.at = timeStamp;
    if (this.#isBelow(this.#movement.goal)) this.isKept = true;
  }

  #now() {
    return { top: this.#box.scrollTop, height: this.#box.scrollHeight, view: this.#view() };
  }

  #isBelow(height) {
    return height - this.#box.scrollTop - this.#view() < this.#near;
  }
}
