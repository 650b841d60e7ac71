import { letDrag } from "lib/dragging.js";
import { leave } from "lib/leaving.js";
import { Refusals } from "lib/refusals.js";
import { Tiles } from "lib/tiles.js";
import { Uploads } from "lib/upload.js";

const AT_ONCE = 3;
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
  #leaving = new Map();
  #sent = [];

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#strip = this.querySelector("[data-strip]");
    this.#input = this.closest("form").querySelector("[data-pick]");
    const blank = (name) => this.querySelector(`template[data-blank="${name}"]`).content.firstElementChild;
    const line = () => document.importNode(blank("refusal"), true);
    this.#refusals = new Refusals(this.querySelector("[data-refusals]"), line, this.#input);
    this.#tiles = new Tiles(this.#strip, () => document.importNode(blank("tile"), true));
    this.#uploads = new Uploads(this.dataset.url, AT_ONCE);
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
    letDrag(this.#strip, () => this.#changed(), signal);
    // What came with the page is for ticking off, without scripts.
    this.#show([...this.#strip.children].map((kept) => ({ ...kept.dataset })));
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#letGo();
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
    const leaving = new AbortController();
    this.#leaving.set(tile, leaving);
    this.#changed();
    const bar = tile.querySelector("progress");
    // All of it gone is not the end: then the site looks at it.
    const progress = (part) => (part < 1 ? (bar.value = part) : bar.removeAttribute("value"));
    try {
      const picture = await this.#uploads.send(file, { progress, signal: leaving.signal });
      if (tile.isConnected) this.#tiles.settle(tile, picture);
    } catch (problem) {
      tile.remove();
      const again = problem.isPassing && (() => this.#send(file));
      if (!leaving.signal.aborted) this.#refuse(file.name, this.#wordsFor(problem), again);
    } finally {
      this.#leaving.delete(tile);
      this.#changed();
    }
  }

  #wordsFor({ status, message }) {
    const usual = { 0: this.dataset.unreachable, 401: this.dataset.signedOut, 429: this.dataset.busy }[status];
    return usual ?? (message || this.dataset.refused);
  }

  #refuse(name, words, again) {
    this.#refusals.add(name, words, again);
    this.#say("picture-refused");
  }

  #act(button) {
    const tile = button?.closest(".tile");
    if (!tile) return;
    const { act } = button.dataset;
    if (act === "remove") {
      this.#leaving.get(tile)?.abort();
      leave(tile, act, this.#input);
    } else {
      this.#tiles.shift(tile, STEPS[act]);
      // At its end of the row the button is hidden; the other one is as near.
      if (!button.checkVisibility()) tile.querySelector(`[data-act="${OPPOSITES[act]}"]`).focus();
    }
    this.#changed();
  }

  #show(pictures) {
    this.#letGo();
    this.#refusals.clear();
    this.#tiles.show(pictures);
    this.#changed();
  }

  #go(pictures) {
    this.#tiles.replace(this.#sent, pictures);
    this.#changed();
  }

  #letGo() {
    for (const leaving of this.#leaving.values()) leaving.abort();
  }

  // A file that the browser itself cannot show is shown by its name.
  #miss(img) {
    const tile = img.closest(".tile");
    if (tile.dataset.id) this.#check(tile);
    else img.hidden = true;
  }

  // A picture that the site has no more goes.
  async #check(tile) {
    const response = await fetch(tile.dataset.thumbnail, { cache: "no-store" }).catch(() => null);
    if (response?.status !== 404 || !tile.isConnected) return;
    tile.remove();
    this.#refuse(tile.dataset.name, this.dataset.gone);
    this.#changed();
  }

  #changed() {
    this.#strip.hidden = !this.#tiles.count;
    this.#say("pictures-changed");
  }

  #say(name) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }
}

customElements.define("picture-tray", PictureTray);
