import { isPressed } from "lib/typing.js";

/**
 * A box for writing another title in the place of `title`. Enter and leaving it save, where it was changed; Escape does
 * not. Then it goes: `close()` is called, and `home` has the focus that the box had.
 */
export function titleBox({ title, label, save, close, home }) {
  const box = Object.assign(document.createElement("input"), { className: "side__rename", value: title });
  Object.assign(box, { maxLength: 200, dir: "auto", autocomplete: "off", ariaLabel: label });
  let isOver = false;
  const end = async (isMeant) => {
    if (isOver) return;
    isOver = true;
    const hadFocus = document.activeElement === box;
    try {
      if (isMeant && box.value.trim() && box.value !== title) await save(box.value);
    } finally {
      box.remove();
      close();
      if (hadFocus) home.focus();
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
  return box;
}
