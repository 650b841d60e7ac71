import { mend } from "lib/tail.js";

/**
 * How a `progress` frame changes an answer on the page. Pure but for the elements it is given; HTML is parsed by the
 * functions it is given. See chatapp/events.py for the frames.
 */
const RUNNING = new Set(["queued", "waiting", "thinking", "answering"]);

/** Whether an attempt in this state is still being written. */
export const isRunning = (state) => RUNNING.has(state);

/**
 * The new tail: the first `keep` UTF-16 units of the last one and `text` after them.
 * Null when the last tail is shorter than that: the two sides are out of step.
 */
export function splice(last, keep, text) {
  return keep > last.length ? null : last.slice(0, keep) + text;
}

/** The `hold` frame of an answer: what the page shows of it, counted from its elements. */
export function holdOf(article) {
  const parts = {};
  for (const part of article.querySelectorAll("[data-part]")) {
    parts[part.dataset.part] = blocksOf(roomOf(part)).length;
  }
  return { type: "hold", message: article.dataset.message, revision: article.dataset.revision, parts };
}

/** Applies frames to answers, and remembers the tails that were sent on one connection. */
export class Applier {
  #tails = new Map();
  #outcomes = new Map();
  #fragment;
  #fill;
  #blank;

  /**
   * `fragment(html)` gives a fragment, `fill(element, html)` sets an element's content,
   * `blank(kind)` a new, empty element for a part of that kind, or (`running`) for the line that says what goes on.
   */
  constructor({ fragment, fill, blank }) {
    this.#fragment = fragment;
    this.#fill = fill;
    this.#blank = blank;
  }

  /** A new connection: the server sends each tail whole again. */
  forget() {
    this.#tails.clear();
  }

  /** Bring the answer up to date. False when the frame does not fit what the page holds: hold it anew then. */
  apply(article, frame) {
    const { attempt, revision, state, settled, delayed } = frame;
    Object.assign(article.dataset, { attempt, state });
    article.toggleAttribute("data-delayed", Boolean(delayed));
    for (const part of frame.parts ?? []) {
      if (!this.#applyPart(article, part, `${frame.message} ${part.position}`)) return false;
    }
    // Only what fits is held: else the page would say that it has what it lacks.
    Object.assign(article.dataset, { revision, settled: String(Boolean(settled)) });
    this.#tellPanes(article, frame);
    this.#applyWords(article, frame);
    return true;
  }

  #applyPart(article, frame, key) {
    const room = roomOf(this.#part(article, frame));
    if (frame.whole) return true;
    const held = blocksOf(room);
    const last = this.#tails.get(key) ?? "";
    const tail = frame.tail == null ? null : splice(last, frame.tail_keep ?? 0, frame.tail);
    if ((frame.since ?? 0) > held.length || (frame.tail != null && tail === null)) {
      this.#tails.delete(key);
      return false;
    }
    const surplus = held.slice(frame.since ?? 0);
    const html = close(room, last, surplus.length ? "" : (frame.html ?? "")) ?? frame.html ?? "";
    const oldTail = tailOf(room);
    replaceBlocks(room, surplus, blocksOf(this.#fragment(html)), oldTail);
    this.#applyTail(room, oldTail, tail, frame.tail_keep ?? 0, key);
    return true;
  }

  #applyTail(room, element, tail, keep, key) {
    if (tail === null) {
      element?.remove();
      this.#tails.delete(key);
      return;
    }
    const isSame = element && this.#tails.get(key) === tail;
    this.#tails.set(key, tail);
    if (isSame || (element && mend(element, tail, keep, this.#fragment))) return;
    if (!element) {
      element = room.ownerDocument.createElement("div");
      element.className = "tail";
      room.append(element);
    }
    this.#fill(element, tail);
  }

  #part(article, { position, kind }) {
    const parts = [...article.querySelectorAll("[data-part]")];
    const found = parts.find((part) => Number(part.dataset.part) === position);
    if (found?.dataset.kind === kind) return found;
    const made = this.#blank(kind);
    made.dataset.part = position;
    made.dataset.kind = kind;
    if (found) {
      found.replaceWith(made);
    } else {
      const next = parts.find((part) => Number(part.dataset.part) > position);
      article.querySelector("[data-parts]").insertBefore(made, next ?? null);
    }
    return made;
  }

  #tellPanes(article, frame) {
    const parts = article.querySelectorAll("[data-part]");
    for (const pane of article.querySelectorAll('[data-kind="thinking"]')) {
      const told = (frame.parts ?? []).find((part) => part.position === Number(pane.dataset.part));
      const isNewest = pane === parts[parts.length - 1];
      const detail = {
        label: told?.label,
        folded: told?.folded ?? false,
        running: frame.state === "thinking" && isNewest,
        elapsed: frame.elapsed_ms,
      };
      pane.dispatchEvent(new CustomEvent("thinking-progress", { detail }));
    }
  }

  #applyWords(article, frame) {
    const notice = article.querySelector("[data-notice]");
    notice.textContent = frame.notice ?? "";
    notice.hidden = !frame.notice;
    this.#applyLine(article, frame);
    // A running answer has none but the offer of a long thought: what an earlier attempt came to is over.
    const outcome = frame.outcome ?? (isRunning(frame.state) ? "" : null);
    if (outcome !== null && this.#outcomes.get(frame.message) !== outcome) {
      this.#outcomes.set(frame.message, outcome);
      this.#fillOutcome(article.querySelector("[data-outcome]"), outcome);
    }
  }

  // The cost may come after the rest: details that are being read stay open.
  #fillOutcome(room, outcome) {
    const isOpen = room.querySelector("details[open]");
    this.#fill(room, outcome);
    if (isOpen) room.querySelector("details")?.setAttribute("open", "");
  }

  #applyLine(article, frame) {
    let line = article.querySelector(".answer__running");
    if (!isRunning(frame.state)) return line?.remove();
    if (!line) {
      line = this.#blank("running");
      article.querySelector("[data-parts]").after(line);
    }
    line.querySelector("[data-word]").textContent = frame.word;
    line.querySelector("[data-elapsed]").dataset.elapsed = frame.elapsed_ms;
  }
}

function roomOf(part) {
  return part.matches("[data-blocks]") ? part : part.querySelector("[data-blocks]");
}

function blocksOf(room) {
  return [...room.children].filter((child) => child.classList.contains("block"));
}

function tailOf(room) {
  const last = room.lastElementChild;
  return last?.classList.contains("tail") ? last : null;
}

// The tail that closes as it stood becomes a block as it is: a long table is not parsed once more. Gives the HTML of the
// blocks after it; undefined when it closes in another form, or not at all.
function close(room, last, html) {
  const closed = `<div class="block">${last}</div>`;
  const tail = tailOf(room);
  if (!tail || !last || !html.startsWith(closed)) return undefined;
  tail.className = "block";
  return html.slice(closed.length);
}

// A block that comes again with the same content stays, and with it what the reader has selected there.
function replaceBlocks(room, surplus, fresh, before) {
  for (const block of fresh) {
    const old = surplus.shift();
    if (!old) room.insertBefore(block, before);
    else if (!isSame(old, block)) old.replaceWith(block);
  }
  for (const old of surplus) old.remove();
}

// Buttons that scripts added to a block are no part of it.
function isSame(shown, fresh) {
  if (!shown.querySelector("[data-added]")) return shown.isEqualNode(fresh);
  const bare = shown.cloneNode(true);
  for (const added of bare.querySelectorAll("[data-added]")) added.remove();
  return bare.isEqualNode(fresh);
}
