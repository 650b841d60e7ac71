import { clearDrafts } from "lib/writing.js";

/** Around the form for signing out: forgets what was being written, for the next person at this browser. */
class SignOut extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    // Without a connection nobody is signed out.
    this.addEventListener("submit", () => navigator.onLine && clearDrafts(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }
}

customElements.define("sign-out", SignOut);
