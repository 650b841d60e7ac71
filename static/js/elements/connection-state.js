const SPEAK_AFTER_MS = 2_000;
const TROUBLES = new Set(["reconnecting", "offline", "outdated", "signed-out", "gone"]);

/**
 * Shows how the page stands with the server. Troubles that last are spoken, and their end. Where the page has no
 * conversation that lives, it shows whether the browser is offline.
 */
class ConnectionState extends HTMLElement {
  #listening;
  #timer = 0;
  #spoken = "";

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("connection-changed", ({ detail }) => this.#show(detail.state), { signal });
    const live = this.closest("live-conversation");
    if (live) this.#show(live.dataset.connection);
    else this.#watchLine(signal);
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  #watchLine(signal) {
    const usual = this.dataset.state;
    const look = () => this.#show(navigator.onLine ? usual : "offline");
    for (const name of ["online", "offline"]) addEventListener(name, look, { signal });
    if (!navigator.onLine) look();
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
