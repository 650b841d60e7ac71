/** Tells a screen reader what becomes of the answer, in a word each time; never the text as it grows. */
class StateAnnouncer extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("answer-state", ({ detail }) => this.#announce(detail), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #announce({ state, word }) {
    if (state === "queued" || state === "waiting") return;
    this.textContent = state === "done" ? this.dataset.ready : word;
  }
}

customElements.define("state-announcer", StateAnnouncer);
