import { send } from "lib/requests.js";

const SHOWN_FOR_MS = 20_000;
const KEY = "undo";

/**
 * Says what was deleted, with the way back. Where the page itself was about that, it says so on the first page.
 * Hears `conversation-deleted` {title, url, isShown, restored()}; speaks `problem` {message}.
 */
class UndoToast extends HTMLElement {
  #listening;
  #timer = 0;
  #deleted;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("conversation-deleted", ({ detail }) => this.#take(detail), { signal });
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
    this.querySelector("[data-words]").textContent = this.dataset.deleted.replace("{}", deleted.title);
    this.hidden = false;
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hide(), SHOWN_FOR_MS);
  }

  #hide() {
    clearTimeout(this.#timer);
    this.hidden = true;
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
