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

/** Give the focus to something that is read, without moving the page. */
export function stand(element) {
  if (!element) return;
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
