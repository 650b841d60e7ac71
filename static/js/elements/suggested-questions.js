/**
 * Questions worth trying: a click puts one, with its picture, into the composer.
 * Speaks `suggestion` {text} and `pictures-given` {files}.
 */
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
    this.#say("suggestion", { text: chosen.dataset.suggestion });
    if (chosen.dataset.picture) this.#give(chosen.dataset.picture);
  }

  async #give(url) {
    try {
      const data = await (await fetch(url)).blob();
      this.#say("pictures-given", { files: [new File([data], "figs.webp", { type: data.type })] });
    } catch {
      // Without a network nothing can be asked either, and the composer says so.
    }
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("suggested-questions", SuggestedQuestions);
