import { post } from "lib/requests.js";
import { isCovered, isPressed } from "lib/keys.js";

const ATTEMPT = /[0-9a-f-]{36}/;

/**
 * Around the form that stops the running answer: sends it without a new page; Escape does the same.
 * Speaks `problem` {message}. Hears `answer-running` {attempt}.
 */
class StopAnswer extends HTMLElement {
  #listening;
  #form;
  #attempt = "";

  connectedCallback() {
    this.#form = this.querySelector("form");
    this.#attempt = this.closest("live-conversation")?.dataset.running ?? "";
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#form.addEventListener("submit", (event) => this.#submit(event), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("answer-running", ({ detail }) => (this.#attempt = detail.attempt), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async #submit(event) {
    event.preventDefault();
    if (!this.#attempt) return;
    this.#form.action = this.#form.action.replace(ATTEMPT, this.#attempt);
    try {
      const response = await post(this.#form, "application/json");
      this.#say(response.ok ? "" : this.dataset.failed);
    } catch {
      this.#say(this.dataset.failed);
    }
  }

  #key(event) {
    const isOurs = isPressed("Escape", event) && !event.defaultPrevented;
    if (isOurs && this.#attempt && !isCovered()) this.#form.requestSubmit();
  }

  #say(message) {
    this.dispatchEvent(new CustomEvent("problem", { bubbles: true, detail: { message } }));
  }
}

customElements.define("stop-answer", StopAnswer);
