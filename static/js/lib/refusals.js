/** Lines that say which file was not taken and why, in the list they are given. */
export class Refusals {
  #list;
  #blank;
  #home;

  /** `blank()` makes an empty line; `home` gets the focus when the last one goes. */
  constructor(list, blank, home) {
    this.#list = list;
    this.#blank = blank;
    this.#home = home;
  }

  /** Say it. With `again`, a button calls that to try once more. */
  add(name, words, again) {
    const line = this.#blank();
    line.querySelector("[data-name]").textContent = name;
    line.querySelector("[data-words]").textContent = words;
    const button = line.querySelector('[data-act="again"]');
    button.addEventListener("click", () => (leave(line, "dismiss", this.#home), again()));
    if (!again) button.remove();
    line.querySelector('[data-act="dismiss"]').addEventListener("click", () => leave(line, "dismiss", this.#home));
    this.#list.append(line);
  }

  clear() {
    this.#list.replaceChildren();
  }
}

/** Remove an item of a row. Focus goes on to the same button of its neighbour, or to `home`. */
export function leave(item, button, home) {
  const next = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  (next?.querySelector(`[data-act="${button}"]`) ?? home).focus();
}
