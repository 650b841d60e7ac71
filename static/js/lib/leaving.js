/** Remove an item of a row. Focus goes on to the same button of its neighbour, or to `home`. */
export function leave(item, button, home) {
  const next = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  (next?.querySelector(`[data-act="${button}"]`) ?? home).focus();
}
