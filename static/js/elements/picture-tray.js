import { leave, Refusals } from "lib/refusals.js";
import { Tiles } from "lib/tiles.js";
import { isGone, Uploads } from "lib/upload.js";

const STEPS = { earlier: -1, later: 1 };
const OPPOSITES = { earlier: "later", later: "earlier" };

/**
 * The pictures of the question that is being written: each is sent to the site as soon as it is given, and the form
 * carries the ids of those that were taken. One that is refused goes, with a sentence; the others stay.
 *
 * Speaks `pictures-changed`, `picture-refused`.
 * Hears `pictures-given` {files}, `ask-tried`, `ask-refused`; sent to it directly `pictures-shown` {pictures}: show
 * these, and `pictures-sent` {pictures}: show these instead of those that were asked with.
 */
class PictureTray extends HTMLElement {
  #listening;
  #strip;
  #refusals;
  #input;
  #tiles;
  #uploads;
  #dragging;
  #sent = [];

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#strip = this.querySelector("[data-strip]");
    this.#input = this.closest("form").querySelector("[data-pick]");
    const template = (name) => this.querySelector(`template[data-blank="${name}"]`).content.firstElementChild;
    const blank = (name) => () => document.importNode(template(name), true);
    this.#refusals = new Refusals(this.querySelector("[data-refusals]"), blank("refusal"), this.#input);
    this.#tiles = new Tiles(this.#strip, blank("tile"));
    this.#uploads = new Uploads(this.dataset.url);
    // From here on its files are sent at once, not with the form.
    this.#input.removeAttribute("name");
    this.#input.addEventListener("change", () => this.#take([...this.#input.files]), { signal });
    this.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")), { signal });
    this.addEventListener("error", ({ target }) => this.#miss(target), { signal, capture: true });
    this.addEventListener("pictures-shown", ({ detail }) => this.#show(detail.pictures), { signal });
    this.addEventListener("pictures-sent", ({ detail }) => this.#go(detail.pictures), { signal });
    document.addEventListener("ask-tried", () => (this.#sent = this.#tiles.taken), { signal });
    document.addEventListener("ask-refused", () => this.#tiles.taken.forEach((tile) => this.#check(tile)), { signal });
    document.addEventListener("pictures-given", ({ detail }) => this.#take(detail.files), { signal });
    // What came with the page is for ticking off, without scripts.
    this.#show([...this.#strip.children].map((kept) => ({ ...kept.dataset })));
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#dragging = null;
    this.#uploads.callAllBack();
  }

  #take(files) {
    this.#input.value = "";
    this.#refusals.clear();
    const free = Math.max(0, Number(this.dataset.most) - this.#tiles.count);
    if (files.length > free) this.#refuse("", this.dataset.tooMany);
    for (const file of files.slice(0, free)) this.#send(file);
  }

  async #send(file) {
    if (file.size > Number(this.dataset.mostBytes)) return this.#refuse(file.name, this.dataset.tooLarge);
    const tile = this.#tiles.add(file);
    this.#changed();
    try {
      const picture = await this.#uploads.send(file, tile, (part) => this.#tiles.progress(tile, part));
      if (!picture) tile.remove();
      else if (tile.isConnected) this.#tiles.settle(tile, picture);
    } catch (problem) {
      tile.remove();
      this.#refuse(file.name, this.#wordsFor(problem), problem.isPassing && (() => this.#send(file)));
    } finally {
      this.#changed();
    }
  }

  #wordsFor({ status, message }) {
    const { unreachable, signedOut, busy, refused } = this.dataset;
    return { 0: unreachable, 401: signedOut, 429: busy }[status] ?? (message || refused);
  }

  #refuse(...line) {
    this.#refusals.add(...line);
    this.#say("picture-refused");
  }

  #act(button) {
    const tile = button?.closest(".tile");
    if (!tile) return;
    const { act } = button.dataset;
    if (act === "remove") {
      this.#uploads.callBack(tile);
      leave(tile, act, this.#input);
    } else {
      this.#tiles.shift(tile, STEPS[act]);
      // At its end of the row the button is hidden; the other one is as near.
      if (!button.checkVisibility()) tile.querySelector(`[data-act="${OPPOSITES[act]}"]`).focus();
    }
    this.#changed();
  }

  #show(pictures) {
    this.#uploads.callAllBack();
    this.#refusals.clear();
    this.#tiles.show(pictures);
    this.#changed();
  }

  #go(pictures) {
    this.#tiles.replace(this.#sent, pictures);
    this.#changed();
  }

  // A file that the browser itself cannot show is shown by its name.
  #miss(img) {
    const tile = img.closest(".tile");
    if (tile.dataset.id) this.#check(tile);
    else img.hidden = true;
  }

  // A picture that the site has no more goes.
  async #check(tile) {
    if (!(await isGone(tile.dataset.thumbnail)) || !tile.isConnected) return;
    tile.remove();
    this.#refuse(tile.dataset.name, this.dataset.gone);
    this.#changed();
  }

  #changed() {
    this.#strip.hidden = !this.#tiles.count;
    if (this.#tiles.count > 1) this.#letDrag();
    this.#say("pictures-changed");
  }

  // Only several pictures have an order. Where the module cannot be fetched, the buttons move them still.
  #letDrag() {
    this.#dragging ??= import("lib/dragging.js")
      .then(({ letDrag }) => letDrag(this.#strip, () => this.#changed(), this.#listening.signal))
      .catch(() => (this.#dragging = null));
  }

  #say(name) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }
}

customElements.define("picture-tray", PictureTray);
