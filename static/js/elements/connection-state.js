const SPEAK_AFTER_MS = 2_000;
const TROUBLES = new Set(["reconnecting", "offline", "outdated", "signed-out", "gone"]);

/** Shows how the page stands with the server. Troubles that last are spoken, and their end. */
class ConnectionState extends HTMLElement {
  #listening;
  #timer = 0;
  #spoken = "";

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("connection-changed", ({ detail }) => this.#show(detail.state), { signal });
    this.#show(this.closest("live-conversation")?.dataset.connection);
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  #show(state) {
    if (!state) return;
    this.dataset.state = state;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#speak(state), SPEAK_AFTER_MS);
  }

  #speak(state) {
    if (state === this.#spoken || (!this.#spoken && !TROUBLES.has(state))) return;
    this.#spoken = TROUBLES.has(state) ? state : "";
    this.querySelector("[data-spoken]").textContent = this.querySelector(`[data-when="${state}"]`)?.innerText ?? "";
  }
}

customElements.define("connection-state", ConnectionState);
