/** Lets the children of `room` be dragged to other places among themselves; `moved()` is called at the end. */
export function letDrag(room, moved, signal) {
  let dragged = null;

  room.addEventListener("dragstart", (event) => {
    dragged = [...room.children].find((child) => child.contains(event.target));
    event.dataTransfer.effectAllowed = "move";
    // Nothing that another place could take.
    event.dataTransfer.setData("application/x-ponder", "");
    dragged.toggleAttribute("data-dragged", true);
  }, { signal });

  room.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const other = [...room.children].find((child) => child.contains(event.target));
    if (!other || other === dragged) return;
    const { left, width } = other.getBoundingClientRect();
    const isLeft = event.clientX < left + width / 2;
    const isBefore = isLeft === (getComputedStyle(room).direction === "ltr");
    if (isBefore && other.previousElementSibling !== dragged) other.before(dragged);
    if (!isBefore && other.nextElementSibling !== dragged) other.after(dragged);
  }, { signal });

  room.addEventListener("drop", (event) => dragged && event.preventDefault(), { signal });

  room.addEventListener("dragend", () => {
    dragged?.removeAttribute("data-dragged");
    dragged = null;
    moved();
  }, { signal });
}
