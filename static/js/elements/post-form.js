import { csrfToken, post, sentenceOf, TURNS, turnsIn, uuid } from "lib/requests.js";

const LEFT_WITHIN_MS = 3_000;

/**
 * A form among the turns. It may have come over the socket, which knows no token against forged requests: it is added
 * here. With `data-again` (the id of an answer) the new answer takes that one's place without a new page; with
 * `data-further` the answer of that id is written on, by the parameters as they stand in the drawer.
 *
 * Speaks, on the document: `post-begun`, `post-ended`, `answer-again` {html, instead}, `answer-further` {message},
 * `problem` {message}.
 */
class PostForm extends HTMLElement {
  #listening;
  #isSending = false;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#return(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #submit(event) {
    const form = event.target;
    const { again, further } = this.dataset;
    if (form.elements.client_id) form.elements.client_id.value ||= uuid();
    if (!(again || further) || !document.querySelector("live-conversation")) return this.#lead(form);
    event.preventDefault();
    if (this.#isSending) return;
    this.#isSending = true;
    this.#say("post-begun");
    this.#send(again ? () => this.#again(form) : () => this.#further(form));
  }

  // The browser brought this page back after the form had led away from it.
  #return() {
    const { client_id: key } = this.querySelector("form").elements;
    if (key) key.value = "";
  }

  // The browser leads away then, or the person stops it, and nothing tells this page which: it waits for a while.
  #lead(form) {
    this.#addToken(form);
    this.#say("post-begun");
    setTimeout(() => this.#say("post-ended"), LEFT_WITHIN_MS);
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
    const response = await post(form, TURNS);
    const isDone = response.ok && !response.redirected;
    if (isDone) this.#say("answer-again", { html: await turnsIn(response), instead: this.dataset.again });
    return isDone ? "" : (await sentenceOf(response)) || this.dataset.failed;
  }

  async #further(form) {
    const response = await post(form, "application/json", chosenParameters());
    if (response.ok) this.#say("answer-further", { message: this.dataset.further });
    return response.ok ? "" : (await sentenceOf(response)) || this.dataset.failed;
  }

  // `send` resolves to what went wrong, in words.
  async #send(send) {
    try {
      const message = await send();
      if (message) this.#say("problem", { message });
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

function chosenParameters() {
  const drawer = document.getElementById("parameters");
  const isIn = ([name]) => drawer.querySelector(`[name="${name}"]`);
  return drawer ? [...new FormData(drawer.closest("form"))].filter(isIn) : [];
}

customElements.define("post-form", PostForm);
