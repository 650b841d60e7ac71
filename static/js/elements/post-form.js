import { csrfToken, post, sentenceOf, TURNS, turnsIn, uuid } from "lib/requests.js";

/**
 * A form among the turns. It may have come over the socket, which knows no token against forged requests: it is added
 * here. With `data-again` (the id of an answer) the new answer takes that one's place without a new page.
 *
 * Speaks, on the document: `post-begun`, `post-ended`, `answer-again` {html, instead}, `problem` {message}.
 */
class PostForm extends HTMLElement {
  #listening;
  #isSending = false;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    addEventListener("pageshow", () => this.#return(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #submit(event) {
    if (this.#isSending) return event.preventDefault();
    this.#isSending = true;
    const form = event.target;
    const isAgain = this.dataset.again && document.querySelector("live-conversation");
    this.#say("post-begun");
    if (!isAgain) return this.#addToken(form);
    event.preventDefault();
    this.#again(form);
  }

  // The browser brought this page back after the form had led away from it.
  #return() {
    if (this.#isSending) this.#say("post-ended");
    this.#isSending = false;
  }

  #addToken(form) {
    if (form.elements.csrfmiddlewaretoken) return;
    const token = Object.assign(document.createElement("input"), {
      type: "hidden",
      name: "csrfmiddlewaretoken",
      value: csrfToken(),
    });
    form.append(token);
  }

  async #again(form) {
    form.elements.client_id.value ||= uuid();
    try {
      const response = await post(form, TURNS);
      const isDone = response.ok && !response.redirected;
      if (isDone) this.#say("answer-again", { html: await turnsIn(response), instead: this.dataset.again });
      else this.#say("problem", { message: (await sentenceOf(response)) || this.dataset.failed });
    } catch {
      this.#say("problem", { message: this.dataset.failed });
    } finally {
      this.#isSending = false;
      this.#say("post-ended");
    }
  }

  // On the document: this form may be gone from the page by now, with the answer it was part of.
  #say(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

customElements.define("post-form", PostForm);
