const MESSAGE = /[0-9a-f-]{36}/;

/**
 * Around a link that leads to a question's editing: puts the question into the composer instead, where the page has
 * both. Speaks `question-edit` {message, action, text, pictures}, on the document; a composer that takes it prevents
 * its default. Hears `last-question-wanted`.
 */
class EditQuestion extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    document.addEventListener("last-question-wanted", () => this.#isLast && this.#begin(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #click(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (this.#begin()) event.preventDefault();
  }

  // Whether the composer has it now.
  #begin() {
    const action = this.querySelector("a").getAttribute("href");
    const [message] = MESSAGE.exec(action);
    const question = document.getElementById(`message-${message}`);
    if (!question) return false;
    const pictures = [...question.querySelectorAll("[data-thumbnail]")].map((picture) => ({ ...picture.dataset }));
    const text = question.querySelector("[data-text]")?.textContent ?? "";
    const detail = { message, action, text, pictures };
    return !document.dispatchEvent(new CustomEvent("question-edit", { cancelable: true, detail }));
  }

  get #isLast() {
    return this === [...document.querySelectorAll(".question edit-question")].at(-1);
  }
}

customElements.define("edit-question", EditQuestion);
