import { post, sentenceOf, TURNS, turnsIn } from "lib/requests.js";
import { isPressed, isSending } from "lib/keys.js";

/**
 * The composer: asks what is written in it. What is not accepted stays in the box, with a sentence that says why. When
 * pictures are still on their way, the question waits for them.
 *
 * Speaks: `ask-tried`, `ask-done`, `ask-refused`; `post-begun`, `post-ended`; `ask-accepted` {html, after: the turn it follows, null when that is not said}, for an earlier
 * question asked in other words `answer-again` {html, instead}; `last-question-wanted`.
 * Hears: `answer-running` {attempt}, `problem` {message}, `pictures-changed`, `picture-refused`.
 */
class AskForm extends HTMLElement {
  #listening;
  #form;
  #text;
  #isSending = false;
  #isPatient = false;

  connectedCallback() {
    this.#form = this.querySelector("[data-ask]");
    this.#text = this.#form.elements.text;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.#form.addEventListener("input", () => this.#wait(false), { signal });
    this.#text.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("pictures-changed", () => this.#wait(this.#isPatient), { signal });
    this.addEventListener("picture-refused", () => this.#wait(false), { signal });
    document.addEventListener("answer-running", ({ detail }) => this.#showRunning(detail.attempt), { signal });
    document.addEventListener("problem", ({ detail }) => this.#complain(detail.message), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#lock(false), { signal });
    // Whoever has just asked writes on; whoever comes to read keeps the keys that scroll.
    if (this.classList.contains("composer--running")) this.#text.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#isSending || this.#isEmpty) return;
    if (this.#areLeaving) return this.#wait(true);
    this.#lock(true);
    this.#complain("");
    this.#say("ask-tried");
    this.#say("post-begun");
    const { edited } = this.#form.dataset;
    try {
      const response = await post(this.#form, this.#stays ? TURNS : "application/json");
      if (!response.ok || response.redirected) return await this.#refused(response);
      await this.#accepted(response, edited);
    } catch {
      this.#refuse(this.dataset.unreachable);
    } finally {
      this.#say("post-ended");
    }
  }

  async #accepted(response, instead) {
    const html = this.#stays ? await turnsIn(response) : "";
    const { url } = this.#stays ? {} : await response.json();
    this.#say("ask-done");
    if (url) return location.assign(url);
    this.#lock(false);
    if (instead) this.#say("answer-again", { html, instead });
    else this.#say("ask-accepted", { html, after: response.headers.get("Ponder-After") });
  }

  async #refused(response) {
    const { signedOut, missing, tooLarge, tooMany } = this.dataset;
    const words = { 401: signedOut, 404: missing, 413: tooLarge, 429: tooMany };
    const usual = response.redirected ? signedOut : words[response.status];
    // Something that was there is gone: perhaps a picture.
    if (response.status === 404) this.#say("ask-refused");
    this.#refuse(usual ?? ((await sentenceOf(response)) || this.dataset.refused));
  }

  #refuse(message) {
    this.#lock(false);
    this.#complain(message);
    this.#text.focus();
  }

  #lock(isLocked) {
    this.#isSending = isLocked;
    this.#text.readOnly = isLocked;
    this.querySelector("[data-submit]").setAttribute("aria-disabled", String(isLocked));
  }

  #complain(message) {
    const line = this.querySelector("[data-error]");
    line.textContent = message;
    line.hidden = !message;
  }

  #showRunning(attempt) {
    const focused = document.activeElement;
    this.classList.toggle("composer--running", Boolean(attempt));
    if (this.contains(focused) && !focused.checkVisibility()) this.#text.focus({ preventScroll: true });
  }

  #key(event) {
    if (isSending(event)) this.#form.requestSubmit();
    else if (isPressed("ArrowUp", event) && this.#isEmpty) this.#say("last-question-wanted");
    else return;
    event.preventDefault();
  }

  // Ask when all pictures are there; whoever writes on after all has not asked yet.
  #wait(isPatient) {
    this.#isPatient = isPatient && this.#areLeaving;
    const line = this.querySelector("[data-status]");
    line.textContent = this.#areLeaving ? (isPatient ? this.dataset.patient : this.dataset.leaving) : "";
    if (isPatient && !this.#areLeaving) this.#form.requestSubmit();
  }

  get #areLeaving() {
    return Boolean(this.querySelector("[data-strip] > :not([data-id])"));
  }

  get #isEmpty() {
    return !this.#text.value.trim() && !this.querySelector("[data-strip] > *");
  }

  get #stays() {
    return Boolean(this.closest("live-conversation"));
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("ask-form", AskForm);
