/** Whether this key press sends what was written. Enter of an input method never does, nor Enter on touch keyboards. */
export function isSending(event) {
  if (event.key !== "Enter" || event.shiftKey || event.altKey) return false;
  if (event.isComposing || event.keyCode === 229) return false;
  return event.ctrlKey || event.metaKey || !matchMedia("(pointer: coarse)").matches;
}

/** Whether this is that key alone, and not one of an input method. */
export function isPressed(key, event) {
  const isPlain = !(event.shiftKey || event.altKey || event.ctrlKey || event.metaKey);
  return event.key === key && isPlain && !event.isComposing && event.keyCode !== 229;
}

/** Whether something lies over the page, which keys belong to then: Escape closes that, and nothing beneath acts. */
export function isCovered() {
  return Boolean(document.querySelector(":popover-open, :modal"));
}

/** Make a text box as high as its text, in browsers that do not know `field-sizing`. */
export function grow(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}
