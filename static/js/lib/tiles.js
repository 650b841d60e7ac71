/**
 * The pictures of a question that is being written, as tiles in the room they are given: some taken by the site (they
 * carry an id), some on their way. A picture is `{id, name, thumbnail, width, height}`, all of them texts.
 */
export class Tiles {
  #room;
  #blank;

  /** `blank()` makes an empty tile. */
  constructor(room, blank) {
    this.#room = room;
    this.#blank = blank;
  }

  get count() {
    return this.#room.children.length;
  }

  /** The tiles whose pictures the site has taken. */
  get taken() {
    return this.#all.filter((tile) => tile.dataset.id);
  }

  /** A tile for a file on its way, shown as far as the browser can show it. */
  add(file) {
    const tile = this.#named(file.name);
    const preview = URL.createObjectURL(file);
    const img = tile.querySelector("img");
    const letGo = () => URL.revokeObjectURL(preview);
    for (const name of ["load", "error"]) img.addEventListener(name, letGo, { once: true });
    img.src = preview;
    return tile;
  }

  /** So much of what this tile shows has gone, 0 to 1. All of it is not the end: then the site looks at it. */
  progress(tile, part) {
    const bar = tile.querySelector("progress");
    if (part < 1) bar.value = part;
    else bar.removeAttribute("value");
  }

  /** The site has taken what this tile shows. A picture that is here already is not shown twice. */
  settle(tile, { id, name, thumbnail, width, height }) {
    if (this.taken.some((other) => other !== tile && other.dataset.id === id)) return tile.remove();
    Object.assign(tile.dataset, { id, name, thumbnail, width, height });
    Object.assign(tile.querySelector("input"), { value: id, disabled: false });
    Object.assign(tile.querySelector("img"), { src: thumbnail, width, height, hidden: false });
    tile.querySelector("progress").hidden = true;
  }

  /** Show these pictures and nothing else. */
  show(pictures) {
    this.replace(this.#all, pictures);
  }

  /** Show these pictures instead of some tiles, before the others. */
  replace(tiles, pictures) {
    for (const tile of tiles) tile.remove();
    const others = this.#all;
    for (const picture of pictures) this.settle(this.#named(picture.name), picture);
    this.#room.append(...others);
  }

  /** Move a tile by one place, -1 or 1. Its neighbour does the walking, so that focus stays where it is. */
  shift(tile, by) {
    if (by < 0) tile.previousElementSibling && tile.after(tile.previousElementSibling);
    else tile.nextElementSibling && tile.before(tile.nextElementSibling);
  }

  #named(name) {
    const tile = this.#blank();
    for (const place of tile.querySelectorAll("[data-name]")) place.textContent = name;
    this.#room.append(tile);
    return tile;
  }

  get #all() {
    return [...this.#room.children];
  }
}
