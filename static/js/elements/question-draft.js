import { fieldsOf } from "lib/requests.js";
import { isCovered, isPressed } from "lib/keys.js";
import { Writing } from "lib/writing.js";

const NOTHING = { text: "", pictures: [] };

// As high as its text, in browsers that do not know `field-sizing`.
function grow(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

/**
 * What is being written in the composer, kept over reloads: the next question, or an earlier one in other words. The
 * element itself is the line that says so then, and leads back.
 *
 * Speaks `pictures-shown` {pictures} and `pictures-sent` {pictures}, to the tray; `problem` {message}.
 * Hears `suggestion` {text}, `question-edit` {message, action, text, pictures}, `pictures-changed`, `ask-tried`,
 * `ask-done`.
 */
class QuestionDraft extends HTMLElement {
  #listening;
  #form;
  #text;
  #action;
  #writing;
  #suggested = "";

  connectedCallback() {
    this.#form = this.closest("form");
    this.#text = this.#form.elements.text;
    this.#action = this.#form.getAttribute("action");
    this.#writing = new Writing(document.body.dataset.user, () => this.#content());
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", (event) => event.target.closest("a") && this.#cancel(event), { signal });
    this.#text.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#form.addEventListener("input", () => this.#changed(), { signal });
    this.#form.addEventListener("pictures-changed", () => this.#writing.changed(), { signal });
    document.addEventListener("suggestion", ({ detail }) => this.#suggest(detail.text), { signal });
    document.addEventListener("question-edit", (event) => this.#edit(event), { signal });
    document.addEventListener("ask-tried", () => this.#try(), { signal });
    document.addEventListener("ask-done", () => this.#done(), { signal });
    addEventListener("pagehide", () => this.#writing.save(), { signal });
    // Only then can the tray show pictures.
    customElements.whenDefined("picture-tray").then(() => this.#restore());
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  // What the page came with goes before what was kept, but for a question that is edited on a page of its own.
  #restore() {
    const kept = this.#writing.open(this.dataset.name);
    const { text, pictures } = this.#content();
    if (kept && (!(text || pictures.length) || this.dataset.name.startsWith("edit-"))) this.#show(kept);
    grow(this.#text);
  }

  #edit(event) {
    event.preventDefault();
    if (this.#text.readOnly) return;
    if (this.#form.querySelector("[data-strip] > :not([data-id])")) return this.#complain(this.dataset.leaving);
    this.#writing.save();
    const { message, action, text, pictures } = event.detail;
    this.#form.dataset.edited = message;
    this.#form.action = action;
    this.hidden = false;
    this.#show(this.#writing.open(`edit-${message}`) ?? { text, pictures });
    this.#text.focus();
  }

  // On a page of its own the link leads back by itself. What is being sent cannot be called back.
  #cancel(event) {
    if (this.#text.readOnly) return event.preventDefault();
    const isHere = Boolean(this.#form.dataset.edited);
    this.#show(NOTHING);
    this.#done();
    if (!isHere) return;
    event.preventDefault();
    this.#text.focus();
  }

  // Pictures that were given after it was sent belong to what is written next.
  #done() {
    this.#writing.forget();
    const next = this.#form.dataset.edited ? this.#leaveEditing() : null;
    this.#show(next ?? NOTHING, "pictures-sent");
  }

  // Gives the next question as far as it was written.
  #leaveEditing() {
    delete this.#form.dataset.edited;
    this.#form.action = this.#action;
    this.hidden = true;
    return this.#writing.open(this.dataset.name);
  }

  #try() {
    this.#form.elements.client_id.value = this.#writing.idToTry();
  }

  #key(event) {
    if (isPressed("Escape", event) && !isCovered() && this.#form.dataset.edited) this.#cancel(event);
  }

  // What was written stays before it; only one suggestion gives way to another.
  #suggest(text) {
    if (this.#text.readOnly) return;
    const written = this.#text.value;
    const isOwn = written.trim() && written !== this.#suggested;
    this.#text.value = isOwn ? `${written.trimEnd()}\n\n${text}` : text;
    this.#suggested = text;
    this.#changed();
    this.#text.focus();
  }

  #changed() {
    grow(this.#text);
    this.#writing.changed();
  }

  #show({ text, pictures }, how = "pictures-shown") {
    this.#text.value = text;
    grow(this.#text);
    this.#form.querySelector("picture-tray").dispatchEvent(new CustomEvent(how, { detail: { pictures } }));
  }

  #complain(message) {
    this.dispatchEvent(new CustomEvent("problem", { bubbles: true, detail: { message } }));
  }

  #content() {
    const rest = fieldsOf(this.#form);
    for (const name of ["text", "client_id", "images"]) rest.delete(name);
    const pictures = [...this.#form.querySelectorAll("[data-strip] > [data-id]")].map(({ dataset }) => ({ ...dataset }));
    return { text: this.#text.value, pictures, rest: String(rest) };
  }
}

customElements.define("question-draft", QuestionDraft);
