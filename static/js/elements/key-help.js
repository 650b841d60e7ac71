import { isCovered, isPressed } from "lib/keys.js";

const OFF = "keys-off";
// What the page's head covers.
const HEAD_PX = 80;
const WRITTEN = "input, textarea, select, [contenteditable]";

/** Keys of a single letter, for who has turned them off in this browser none; and the list of all keys, on `?`. */
class KeyHelp extends HTMLElement {
  #listening;
  #acts = {
    "/": () => document.getElementById("composer-text")?.focus(),
    n: () => location.assign("/"),
    t: () => [...document.querySelectorAll(".thinking__head")].at(-1)?.click(),
    j: () => this.#turn(1),
    k: () => this.#turn(-1),
  };

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    const single = this.querySelector("[data-single]");
    single.checked = !this.#isOff;
    single.addEventListener("change", () => this.#keep(single.checked), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #key(event) {
    if (event.defaultPrevented || event.target.closest(WRITTEN) || document.querySelector(":modal")) return;
    if (event.key === "?" && !event.ctrlKey && !event.metaKey && !event.isComposing) {
      this.querySelector("[popover]").togglePopover();
    } else {
      const act = Object.keys(this.#acts).find((key) => isPressed(key, event));
      if (!act || this.#isOff || isCovered()) return;
      this.#acts[act]();
    }
    event.preventDefault();
  }

  // From the turn that has the focus; else from the one at the top of the window, which is read.
  #turn(step) {
    const turns = [...document.querySelectorAll("[data-turns] > [data-message]")];
    const focused = turns.findIndex((turn) => turn.contains(document.activeElement));
    const read = turns.findIndex((turn) => turn.getBoundingClientRect().bottom > HEAD_PX);
    const turn = turns[focused < 0 ? read : focused + step];
    if (!turn) return;
    turn.tabIndex = -1;
    turn.focus({ preventScroll: true });
    turn.scrollIntoView({ block: "start" });
  }

  get #isOff() {
    try {
      return localStorage.getItem(OFF) === "1";
    } catch {
      return false;
    }
  }

  #keep(isOn) {
    try {
      if (isOn) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    } catch {
      // Then for this page only.
    }
  }
}

customElements.define("key-help", KeyHelp);
