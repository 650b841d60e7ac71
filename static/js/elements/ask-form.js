import { Draft } from "lib/drafts.js";
import { post, sentenceOf, TURNS, uuid } from "lib/requests.js";

const SAVE_AFTER_MS = 300;

/**
 * The composer. A question is sent with the page's `client_id` until it is accepted, so that a lost reply never makes
 * two of it; what is not accepted stays in the box, with a sentence that says why.
 *
 * Speaks: `ask-accepted` {html}. Hears: `answer-running` {attempt}, `suggestion` {text}, `problem` {message}.
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
    addEventListener("pageshow", ({ persisted }) => persisted && this.#release(), { signal });
    this.#restore();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#isSending || !this.#text.value.trim()) return;
    if (this.#triedText !== null && this.#triedText !== this.#text.value) this.#renewId();
    this.#triedText = this.#text.value;
    this.#save();
    this.#hold();
    this.#complain("");
    const isNew = this.dataset.draft === "new";
    try {
      const response = await post(this.#form, isNew ? "application/json" : TURNS);
      if (!response.ok || response.redirected) return this.#refused(response);
      await this.#accepted(response, isNew);
    } catch {
      this.#refuse(this.dataset.unreachable);
    }
  }

  async #accepted(response, isNew) {
    const isTurns = response.headers.get("Content-Type")?.startsWith("text/");
    const body = await (isTurns ? response.text() : response.json());
    this.#text.value = "";
    this.#triedText = null;
    this.#draft.write({});
    if (isNew) return location.assign(body.url);
    this.#renewId();
    this.#release();
    this.#grow();
    this.dispatchEvent(new CustomEvent("ask-accepted", { bubbles: true, detail: { html: isTurns ? body : "" } }));
  }

  async #refused(response) {
    const words = { 401: this.dataset.signedOut, 413: this.dataset.tooLarge, 429: this.dataset.tooMany };
    const usual = response.redirected ? this.dataset.signedOut : words[response.status];
    this.#refuse(usual ?? ((await sentenceOf(response)) || this.dataset.refused));
  }

  #refuse(message) {
    this.#release();
    this.#complain(message);
    this.#text.focus();
  }

  #hold() {
    this.#isSending = true;
    this.#text.readOnly = true;
    this.querySelector("[data-submit]").setAttribute("aria-disabled", "true");
  }

  #release() {
    this.#isSending = false;
    this.#text.readOnly = false;
    this.querySelector("[data-submit]").removeAttribute("aria-disabled");
  }

  #renewId() {
    this.#form.elements.client_id.value = uuid();
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
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    if (event.isComposing || event.keyCode === 229) return;
    const isTouch = matchMedia("(pointer: coarse)").matches;
    if (isTouch && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #suggest(text) {
    this.#text.value = text;
    this.#changed();
    this.#text.focus();
  }

  #changed() {
    this.#grow();
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
      if (id) {
        this.#triedText = text;
        this.#form.elements.client_id.value = id;
      }
    }
    this.#grow();
  }

  // Browsers that know `field-sizing` do this by themselves.
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}

customElements.define("ask-form", AskForm);
