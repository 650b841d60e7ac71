/** Questions worth trying: a click puts one into the composer. Speaks `suggestion` {text}. */
class SuggestedQuestions extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    this.addEventListener("click", (event) => this.#choose(event), { signal: this.#listening.signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #choose(event) {
    const chosen = event.target.closest("[data-suggestion]");
    if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("suggestion", { bubbles: true, detail: { text: chosen.dataset.suggestion } }));
  }
}

customElements.define("suggested-questions", SuggestedQuestions);
