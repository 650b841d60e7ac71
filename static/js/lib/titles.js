import { isPressed } from "lib/keys.js";

/**
 * Puts a box for writing another title in the place of the link in this line of the list; nothing where one is already.
 * Enter and leaving it save, where it was changed: `save(link, title)`; Escape does not. Then it goes, and the link has
 * the focus that it had.
 */
export function rename(line, label, save) {
  const link = line.querySelector("a");
  if (line.querySelector("input")) return;
  const title = link.textContent;
  const box = Object.assign(document.createElement("input"), { className: "side__rename", value: title });
  Object.assign(box, { maxLength: 200, dir: "auto", autocomplete: "off", ariaLabel: label });
  let isOver = false;
  const end = async (isMeant) => {
    if (isOver) return;
    isOver = true;
    const hadFocus = document.activeElement === box;
    try {
      if (isMeant && box.value.trim() && box.value !== title) await save(link, box.value);
    } finally {
      box.remove();
      line.classList.remove("side__item--renamed");
      if (hadFocus) link.focus();
    }
  };
  box.addEventListener("keydown", (event) => {
    if (isPressed("Enter", event)) end(true);
    else if (isPressed("Escape", event)) end(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("blur", () => end(true));
  line.classList.add("side__item--renamed");
  line.prepend(box);
  box.focus();
  box.select();
}
