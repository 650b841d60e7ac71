import { isPressed } from "lib/keys.js";

const ZOOMS = [0, 1, 2, 4];

/** Opens a question's pictures large: zoom by button, click, `+` and `-`; the arrows lead to the others on the page. */
class PictureViewer extends HTMLElement {
  #listening;
  #dialog;
  #picture;
  #room;
  #shown;
  #zoom = 0;

  connectedCallback() {
    this.#dialog = this.querySelector("dialog");
    this.#picture = this.querySelector("[data-picture]");
    this.#room = this.querySelector("[data-room]");
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("click", (event) => this.#click(event), { signal });
    this.#dialog.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#dialog.addEventListener("close", () => this.#shown?.focus(), { signal });
    this.#picture.addEventListener("click", () => this.#magnify(this.#zoom ? 0 : 1), { signal });
    this.#picture.addEventListener("load", () => this.#magnify(0), { signal });
    this.querySelector("[data-close]").addEventListener("click", () => this.#dialog.close(), { signal });
    this.querySelector("[data-zoom]").addEventListener("click", () => this.#magnify(this.#zoom ? 0 : 1), { signal });
    for (const step of this.querySelectorAll("[data-step]")) {
      step.addEventListener("click", () => this.#go(Number(step.dataset.step)), { signal });
    }
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #click(event) {
    const link = event.target.closest(".pictures__link");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#show(link);
    this.#dialog.showModal();
    this.#room.focus();
  }

  #show(link) {
    this.#shown = link;
    const { name, width, height } = link.dataset;
    this.#picture.src = new URL("..", link.href);
    Object.assign(this.#picture, { alt: name, width, height });
    this.querySelector("[data-name]").textContent = name;
    this.querySelector("[data-seen]").href = link.href;
    const links = this.#links;
    const place = links.indexOf(link);
    this.querySelector("[data-place]").textContent = links.length > 1 ? `${place + 1}/${links.length}` : "";
    for (const step of this.querySelectorAll("[data-step]")) step.hidden = !links[place + Number(step.dataset.step)];
    this.#magnify(0);
  }

  #go(step) {
    const links = this.#links;
    const next = links[links.indexOf(this.#shown) + step];
    if (next) this.#show(next);
  }

  // Step 0 fits the window; the others are multiples of the picture's own size.
  #magnify(zoom) {
    this.#zoom = Math.max(0, Math.min(zoom, ZOOMS.length - 1));
    this.#picture.style.width = this.#zoom ? `${ZOOMS[this.#zoom] * Number(this.#shown?.dataset.width)}px` : "";
    this.#dialog.classList.toggle("viewer--large", this.#zoom > 0);
    this.querySelector("[data-zoom]").setAttribute("aria-pressed", String(this.#zoom > 0));
  }

  #key(event) {
    if (isPressed("ArrowLeft", event) && !this.#zoom) this.#go(-1);
    else if (isPressed("ArrowRight", event) && !this.#zoom) this.#go(1);
    else if (event.key === "+" || event.key === "=") this.#magnify(this.#zoom + 1);
    else if (event.key === "-") this.#magnify(this.#zoom - 1);
    else return;
    event.preventDefault();
  }

  get #links() {
    return [...document.querySelectorAll(".pictures__link")];
  }
}

customElements.define("picture-viewer", PictureViewer);
