import { Draft } from "lib/drafts.js";
import { post, sentenceOf, TURNS, turnsIn, uuid } from "lib/requests.js";
import { grow, isSending } from "lib/typing.js";

const SAVE_AFTER_MS = 300;

/**
 * The composer. A question is sent with the page's `client_id` until it is accepted, so that a lost reply never makes
 * two of it; what is not accepted stays in the box, with a sentence that says why.
 *
 * Speaks: `post-begun`, `post-ended`, `ask-accepted` {html}.
 * Hears: `answer-running` {attempt}, `suggestion` {text}, `problem` {message}.
 */
class AskForm extends HTMLElement {
  #listening;
  #form;
  #text;
  #draft;
  #triedText = null;
  #isSending = false;
  #saving = 0;

  connectedCallback() {
    this.#form = this.querySelector("[data-ask]");
    this.#text = this.#form.elements.text;
    this.#draft = new Draft(document.body.dataset.user, this.dataset.draft);
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.#text.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#text.addEventListener("input", () => this.#changed(), { signal });
    document.addEventListener("answer-running", ({ detail }) => this.#showRunning(detail.attempt), { signal });
    document.addEventListener("suggestion", ({ detail }) => this.#suggest(detail.text), { signal });
    document.addEventListener("problem", ({ detail }) => this.#complain(detail.message), { signal });
    addEventListener("pagehide", () => this.#save(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#lock(false), { signal });
    this.#restore();
    // Whoever has just asked writes on; whoever comes to read keeps the keys that scroll.
    if (this.classList.contains("composer--running")) this.#text.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#isSending || !this.#text.value.trim()) return;
    // A lost reply to other words may have been a yes: these need an id of their own.
    if (this.#triedText !== null && this.#triedText !== this.#text.value) this.#form.elements.client_id.value = uuid();
    this.#triedText = this.#text.value;
    this.#save();
    this.#lock(true);
    this.#complain("");
    this.#say("post-begun");
    const isNew = this.dataset.draft === "new";
    try {
      const response = await post(this.#form, isNew ? "application/json" : TURNS);
      if (!response.ok || response.redirected) return await this.#refused(response);
      await this.#accepted(response, isNew);
    } catch {
      this.#refuse(this.dataset.unreachable);
    } finally {
      this.#say("post-ended");
    }
  }

  async #accepted(response, isNew) {
    const { url } = isNew ? await response.json() : {};
    const html = isNew ? "" : await turnsIn(response);
    this.#text.value = "";
    this.#triedText = null;
    this.#draft.write({});
    if (isNew) return location.assign(url);
    this.#form.elements.client_id.value = uuid();
    this.#lock(false);
    grow(this.#text);
    this.#say("ask-accepted", { html });
  }

  async #refused(response) {
    const words = { 401: this.dataset.signedOut, 413: this.dataset.tooLarge, 429: this.dataset.tooMany };
    const usual = response.redirected ? this.dataset.signedOut : words[response.status];
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
    const hadFocus = this.contains(document.activeElement);
    this.classList.toggle("composer--running", Boolean(attempt));
    if (hadFocus) this.#text.focus({ preventScroll: true });
  }

  #key(event) {
    if (!isSending(event)) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #suggest(text) {
    this.#text.value = text;
    this.#changed();
    this.#text.focus();
  }

  #changed() {
    grow(this.#text);
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), SAVE_AFTER_MS);
  }

  #save() {
    clearTimeout(this.#saving);
    const id = this.#triedText === this.#text.value ? this.#form.elements.client_id.value : undefined;
    this.#draft.write({ text: this.#text.value, id });
  }

  #restore() {
    const { text, id } = this.#draft.read();
    if (!this.#text.value && text) {
      this.#text.value = text;
      if (id) [this.#triedText, this.#form.elements.client_id.value] = [text, id];
    }
    grow(this.#text);
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("ask-form", AskForm);
