import { keepFocus } from "lib/keys.js";

const END_PX = 40;

/**
 * Keeps the page at its end while the reader is there, and offers the way back while something runs.
 *
 * Only the reader changes whether the page follows: a scroll counts as theirs when neither this element nor a change
 * of the page's or the window's height explains it, also while the page grows quickly.
 */
class FollowEnd extends HTMLElement {
  #listening;
  #growth;
  #button;
  #isFollowing = true;
  #isRunning = false;
  #seen = { top: 0, page: 0, view: 0 };

  connectedCallback() {
    this.#button = this.querySelector("button");
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    this.#button.addEventListener("click", () => this.#goToEnd(), { signal });
    document.addEventListener("ask-accepted", () => this.#follow(), { signal });
    document.addEventListener("answer-again", () => this.#follow(), { signal });
    document.addEventListener("answer-running", ({ detail }) => this.#run(Boolean(detail.attempt)), { signal });
    this.#growth = new ResizeObserver(() => this.#grown());
    this.#growth.observe(document.querySelector("main"));
    this.#isRunning = Boolean(this.closest("live-conversation").dataset.running);
    this.#begin();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#growth.disconnect();
  }

  // A conversation opens at its newest turn; an address of a message, a reload and the way back open where they say.
  #begin() {
    const [entry] = performance.getEntriesByType("navigation");
    if (!location.hash && entry?.type === "navigate") this.#toEnd();
    this.#isFollowing = this.#isAtEnd();
    this.#look();
  }

  // A page that shrinks or a window that grows pulls the reader up; else only the reader goes up, and be it by a line.
  // The end may have moved on since it was reached: the one that was last seen counts.
  #scrolled() {
    const before = this.#seen;
    this.#look();
    const now = this.#seen;
    const isPushed = now.page < before.page || now.view > before.view;
    if (now.top < before.top && !isPushed) this.#isFollowing = false;
    if (now.top > before.top && before.page - now.top - now.view < END_PX) this.#isFollowing = true;
    this.#show();
  }

  #grown() {
    if (this.#isFollowing) this.#toEnd();
    // Not where the reader is: a scroll of theirs may be under way, and its event still to come.
    else this.#seen.page = document.documentElement.scrollHeight;
    this.#show();
  }

  #goToEnd() {
    const newest = () => [...document.querySelectorAll("[data-turns] > [data-message]")].at(-1);
    keepFocus(() => this.#follow(), newest);
  }

  #follow() {
    this.#isFollowing = true;
    this.#toEnd();
    this.#show();
  }

  #run(isRunning) {
    this.#isRunning = isRunning;
    this.#show();
  }

  #show() {
    this.#button.hidden = this.#isFollowing || !this.#isRunning || this.#isAtEnd();
  }

  #toEnd() {
    window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    this.#look();
  }

  #look() {
    const root = document.documentElement;
    this.#seen = { top: window.scrollY, page: root.scrollHeight, view: window.innerHeight };
  }

  #isAtEnd() {
    const root = document.documentElement;
    return root.scrollHeight - window.scrollY - window.innerHeight < END_PX;
  }
}

customElements.define("follow-end", FollowEnd);
