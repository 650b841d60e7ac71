import { End } from "lib/end.js";
import { keepFocus } from "lib/keys.js";

const NEAR_PX = 40;

/** Keeps the page at its end while the reader is there, and offers the way back while something runs. */
class FollowEnd extends HTMLElement {
  #listening;
  #growth;
  #button;
  // A phone's bar of addresses comes and goes: only the window's own height counts it.
  #end = new End(document.documentElement, NEAR_PX, () => window.innerHeight);
  #isRunning = false;

  connectedCallback() {
    this.#button = this.querySelector("button");
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    addEventListener("scroll", (event) => this.#scrolled(event), { signal, passive: true });
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
    if (!location.hash && entry?.type === "navigate") this.#end.go();
    this.#end.isKept = this.#end.isReached;
    this.#end.look();
  }

  #scrolled(event) {
    this.#end.scrolled(event);
    this.#show();
  }

  #grown() {
    this.#end.grown();
    this.#show();
  }

  #goToEnd() {
    const newest = () => [...document.querySelectorAll("[data-turns] > [data-message]")].at(-1);
    keepFocus(() => this.#follow(), newest);
  }

  #follow() {
    this.#end.isKept = true;
    this.#end.go();
    this.#show();
  }

  #run(isRunning) {
    this.#isRunning = isRunning;
    this.#show();
  }

  #show() {
    this.#button.hidden = this.#end.isKept || !this.#isRunning || this.#end.isReached;
  }
}

customElements.define("follow-end", FollowEnd);
