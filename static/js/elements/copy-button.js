import { copy, textOf } from "lib/copy.js";

const SAID_FOR_MS = 2_000;

/** Copies the text of what `data-find` selects within the nearest `data-within`, as it is shown. */
class CopyButton extends HTMLElement {
  #listening;
  #timer = 0;

  connectedCallback() {
    this.#listening = new AbortController();
    this.addEventListener("click", () => this.#copy(), { signal: this.#listening.signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  async #copy() {
    const found = this.closest(this.dataset.within).querySelectorAll(this.dataset.find);
    const text = [...found].map(textOf).filter(Boolean).join("\n\n");
    if (!(await copy(text))) return;
    this.toggleAttribute("copied", true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.removeAttribute("copied"), SAID_FOR_MS);
  }
}

customElements.define("copy-button", CopyButton);
