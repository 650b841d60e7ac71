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

/**
 * Change the page, and give the focus to `place()` when what held it went. A reader who works by keys or by ear then
 * goes on from there, not from the top of the page.
 */
export function keepFocus(change, place) {
  const focused = document.activeElement;
  const result = change();
  if (focused && focused !== document.body && !focused.checkVisibility()) stand(place());
  return result;
}

// Give the focus to something that is read, without moving the page.
function stand(element) {
  if (!element) return;
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
