const TAG = /<(\/?)([a-z][\w-]*)(?:[^>"]|"[^"]*")*>/gi;
const VOID = new Set(["br", "col", "hr", "img", "input", "wbr"]);

/**
 * Where a text of HTML can be taken up again that is kept up to `keep`: the `end` of its last whole tag there, and the
 * `open` elements at that point, from the outermost, each as its own tag and the number of whole elements in it so far.
 * The first has no tag: it holds the text.
 */
export function seam(html, keep) {
  const kept = html.slice(0, keep);
  const open = [{ tag: "", whole: 0 }];
  let end = 0;
  for (const { 0: tag, 1: slash, 2: name, index } of kept.matchAll(TAG)) {
    end = index + tag.length;
    if (slash) open.pop();
    else if (!VOID.has(name.toLowerCase()) && !tag.endsWith("/>")) {
      open.push({ tag, whole: 0 });
      continue;
    }
    if (!open.length) return null;
    open.at(-1).whole += 1;
  }
  return { end, open };
}

/**
 * Make `html`, the first `keep` units of which `element` shows already, its content. What is whole in there stays: it
 * is not parsed again, and a reader's selection in it lives on. False, with nothing changed, when that cannot be.
 */
export function mend(element, html, keep, fragment) {
  const found = keep && seam(html, keep);
  const path = found && follow(element, found.open);
  if (!path) return false;
  let fresh = fragment(found.open.map(({ tag }) => tag).join("") + html.slice(found.end));
  for (const { room, last } of path) {
    cut(room, last);
    // What is open here is in the page already: only what comes after it is new.
    const isOpen = room !== path.at(-1).room;
    const rest = [...fresh.childNodes].slice(isOpen ? 1 : 0);
    if (isOpen) fresh = fresh.firstChild;
    room.append(...rest);
  }
  return true;
}

// The open elements in the page, each with the last node in it that stays.
function follow(element, open) {
  const path = [];
  let room = element;
  for (const [depth, { whole }] of open.entries()) {
    const isInnermost = depth === open.length - 1;
    const children = [...room.children].filter((child) => !child.hasAttribute("data-added"));
    const last = children[isInnermost ? whole - 1 : whole];
    if (!last && (whole || !isInnermost)) return null;
    path.push({ room, last });
    room = last;
  }
  return path;
}

// Without a last one that stays only what scripts added does.
function cut(room, last) {
  const added = [...room.childNodes].findLast((node) => node.nodeType === 1 && node.hasAttribute("data-added"));
  const stays = last ?? added;
  while (room.lastChild && room.lastChild !== stays) room.lastChild.remove();
}
