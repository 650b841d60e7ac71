const PREFIX = "draft:";
// The composer saves once more when the page goes: not after the person has signed out.
let isForgotten = false;

/**
 * What a person was writing, by conversation, in this browser: `{text, pictures, id, rest}`; see lib/writing.js.
 * A browser that keeps nothing (blocked or full storage) just has no drafts.
 */
export class Draft {
  #key;

  constructor(user, conversation) {
    this.#key = `${PREFIX}${user}:${conversation}`;
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.#key)) ?? {};
    } catch {
      return {};
    }
  }

  write(draft) {
    if (isForgotten) return;
    try {
      if (draft.text || draft.pictures?.length) localStorage.setItem(this.#key, JSON.stringify(draft));
      else localStorage.removeItem(this.#key);
    } catch {
      // Not kept, then.
    }
  }
}

/** Forget all drafts, and those of this page for good: the next person at this browser must not find them. */
export function clearDrafts() {
  isForgotten = true;
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX)) localStorage.removeItem(key);
    }
  } catch {
    // There are none.
  }
}
