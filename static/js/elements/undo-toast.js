import { keepFocus } from "lib/keys.js";
import { send } from "lib/requests.js";

const SHOWN_FOR_MS = 20_000;
const KEY = "undo";

/**
 * Says what was deleted, with the way back. Where the page itself was about that, it says so on the first page.
 * Says what went wrong as well, where no composer does.
 * Hears `conversation-deleted` {title, url, isShown, restored()} and `problem` {message}; speaks `problem`.
 */
class UndoToast extends HTMLElement {
  #listening;
  #timer = 0;
  #deleted;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("conversation-deleted", ({ detail }) => this.#take(detail), { signal });
    document.addEventListener("problem", ({ detail }) => this.#complain(detail.message), { signal });
    this.querySelector("[data-undo]").addEventListener("click", () => this.#undo(), { signal });
    this.querySelector("[data-close]").addEventListener("click", () => this.#hide(), { signal });
    for (const name of ["pointerenter", "focusin"]) this.addEventListener(name, () => clearTimeout(this.#timer), { signal });
    for (const name of ["pointerleave", "focusout"]) this.addEventListener(name, () => this.#wait(), { signal });
    this.#resume();
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  #take(deleted) {
    if (!deleted.isShown) return this.#show(deleted);
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ title: deleted.title, url: deleted.url }));
    } catch {
      // Then without the way back here; the trash has it.
    }
    location.assign("/");
  }

  #resume() {
    try {
      const kept = sessionStorage.getItem(KEY);
      sessionStorage.removeItem(KEY);
      if (kept) this.#show(JSON.parse(kept));
    } catch {
      // Nothing was kept.
    }
  }

  #show(deleted) {
    this.#deleted = deleted;
    this.#tell(this.dataset.deleted.replace("{}", deleted.title));
  }

  #complain(message) {
    if (document.querySelector("ask-form") || !message) return;
    this.#deleted = null;
    this.#tell(message);
  }

  #tell(words) {
    this.querySelector("[data-words]").textContent = words;
    this.querySelector("[data-undo]").hidden = !this.#deleted;
    this.hidden = false;
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hide(), SHOWN_FOR_MS);
  }

  #hide() {
    clearTimeout(this.#timer);
    keepFocus(
      () => (this.hidden = true),
      () => document.getElementById("main"),
    );
  }

  async #undo() {
    const { url, restored } = this.#deleted;
    this.#hide();
    try {
      const response = await send(new URL("restore/", url));
      if (!response.ok) throw new Error(url);
      if (restored) restored();
      else location.assign(url);
    } catch {
      document.dispatchEvent(new CustomEvent("problem", { detail: { message: this.dataset.failed } }));
    }
  }
}

customElements.define("undo-toast", UndoToast);
