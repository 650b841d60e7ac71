import { End } from "lib/end.js";

const NEAR_PX = 24;
const NEWEST_CHARS = 300;

/**
 * The thinking pane. In the preference Auto it folds when the answer starts; the first toggle by hand wins for this
 * message from then on, also after a reload. Open and running it stays at the newest line until the reader scrolls up.
 * Hears `thinking-progress` {label, folded, running, elapsed}, sent to it directly.
 */
class ThinkingPane extends HTMLElement {
  #listening;
  #pane;
  #text;
  #end;
  #isTouched = false;

  connectedCallback() {
    this.#pane = this.querySelector("details");
    this.#text = this.querySelector("[data-blocks]");
    this.#end = new End(this.#text, NEAR_PX);
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#pane.firstElementChild.addEventListener("click", () => this.#touch(), { signal });
    this.#pane.addEventListener("toggle", () => this.#refresh(), { signal });
    this.#text.addEventListener("scroll", (event) => this.#end.scrolled(event), { signal, passive: true });
    this.addEventListener("thinking-progress", ({ detail }) => this.#progress(detail), { signal });
    this.#remember();
    this.#refresh();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get #isRunning() {
    return this.classList.contains("thinking--running");
  }

  #progress({ label, folded, running, elapsed }) {
    this.classList.toggle("thinking--running", running);
    if (label) this.querySelector("[data-label]").textContent = label;
    const clock = this.querySelector("[data-elapsed]");
    if (running && clock) clock.dataset.elapsed = elapsed;
    else clock?.remove();
    if (folded && this.#pane.open && !this.#isTouched && document.body.dataset.preference === "auto") this.#fold();
    this.#refresh();
  }

  #refresh() {
    if (this.#pane.open && this.#isRunning) this.#end.grown();
    const isShort = !this.#pane.open && this.#isRunning;
    this.querySelector("[data-newest]").textContent = isShort ? this.#newest() : "";
  }

  #newest() {
    const last = [...this.#text.children].reverse().find((child) => child.textContent.trim());
    const lines = (last?.textContent ?? "").trim().split(/\n+|(?<=[.!?])\s+|(?<=[。！？])/);
    return lines[lines.length - 1].slice(0, NEWEST_CHARS);
  }

  // Text below a pane that folds by itself stays where the reader has it.
  #fold() {
    const isAbove = this.getBoundingClientRect().top < 0;
    const before = this.getBoundingClientRect().bottom;
    this.#pane.open = false;
    if (isAbove) window.scrollBy({ top: this.getBoundingClientRect().bottom - before, behavior: "instant" });
  }

  get #key() {
    return `pane:${this.closest("[data-message]")?.dataset.message}:${this.dataset.part}`;
  }

  // The click comes before the pane moves.
  #touch() {
    this.#isTouched = true;
    this.#end.isKept = true;
    try {
      sessionStorage.setItem(this.#key, this.#pane.open ? "folded" : "open");
    } catch {
      // Not kept over a reload, then.
    }
  }

  #remember() {
    let kept = null;
    try {
      kept = sessionStorage.getItem(this.#key);
    } catch {
      // Nothing was kept.
    }
    if (!kept) return;
    this.#isTouched = true;
    this.#pane.open = kept === "open";
  }
}

customElements.define("thinking-pane", ThinkingPane);
