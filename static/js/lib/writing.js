import { uuid } from "lib/requests.js";

const SAVE_AFTER_MS = 300;
const PREFIX = "draft:";
// The composer saves once more when the page goes: not after the person has signed out.
let isForgotten = false;

/**
 * What is being written: the next question, or an earlier one in other words. Each is kept in this browser as a draft
 * of its own. A send is tried with one id for as long as the content is the same, also after a reload, so that a lost
 * reply never makes two questions of one; other content gets an id of its own, for the lost reply may have been a yes.
 */
export class Writing {
  #user;
  #read;
  #draft;
  #tried = null;
  #id = "";
  #saving = 0;
  #kept = "";

  /** `read()` gives the content: `text`, `pictures` as in lib/tiles.js, and `rest`, all else that would be sent. */
  constructor(user, read) {
    this.#user = user;
    this.#read = read;
  }

  /** Write on under this name. Gives what is kept there, `{text, pictures}`, or null. */
  open(name) {
    clearTimeout(this.#saving);
    this.#draft = new Draft(this.#user, name);
    const { text = "", pictures = [], id = "", rest } = this.#draft.read();
    this.#kept = JSON.stringify(id ? { text, pictures, rest, id } : { text, pictures });
    this.#id = id;
    this.#tried = id ? same({ text, pictures, rest }) : null;
    return text || pictures.length ? { text, pictures } : null;
  }

  changed() {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  /**
   * Keep it now. Before anything was opened nothing is known, and what was kept stays; also where nothing was changed
   * since: another tab may have written on.
   */
  save() {
    clearTimeout(this.#saving);
    if (!this.#draft) return;
    const { text, pictures, rest } = this.#read();
    const isTried = this.#tried === same({ text, pictures, rest });
    const content = isTried ? { text, pictures, rest, id: this.#id } : { text, pictures };
    if (JSON.stringify(content) === this.#kept) return;
    this.#kept = JSON.stringify(content);
    this.#draft.write(content);
  }

  /** The id to send the content with, now. */
  idToTry() {
    const content = same(this.#read());
    if (this.#tried !== content) this.#id = uuid();
    this.#tried = content;
    this.save();
    return this.#id;
  }

  /** It was sent, or given up. */
  forget() {
    clearTimeout(this.#saving);
    this.#tried = null;
    this.#kept = JSON.stringify({ text: "", pictures: [] });
    this.#draft?.write({});
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

/**
 * What a person was writing, by conversation, in this browser: `{text, pictures, id, rest}`.
 * A browser that keeps nothing (blocked or full storage) just has no drafts.
 */
class Draft {
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

function same({ text, pictures, rest }) {
  return JSON.stringify([text, pictures.map(({ id }) => id), rest]);
}
