import { csrfToken, sentenceOf } from "lib/requests.js";

const STALLED_AFTER_MS = 120_000;
const AT_ONCE = 3;

/** Why a file was not taken: `message` is a sentence, or "" when nothing is known; `status` 0 is no answer at all. */
export class NotTaken extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }

  /** The same file may well be taken when it is sent again. */
  get isPassing() {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }
}

/** Sends files to one address, a few at a time and in the order given, each for somebody who may call it back. */
export class Uploads {
  #url;
  #running = 0;
  #waiting = [];
  #leaving = new Map();

  constructor(url) {
    this.#url = url;
  }

  /**
   * What the site says of the file, null when it was called back. `progress(part)` hears how much of it has gone, 0 to
   * 1. Rejects with NotTaken.
   */
  async send(file, owner, progress) {
    const leaving = new AbortController();
    const { signal } = leaving;
    this.#leaving.set(owner, leaving);
    try {
      return await this.#sendInTurn(file, progress, signal);
    } catch (problem) {
      if (signal.aborted) return null;
      throw problem;
    } finally {
      this.#leaving.delete(owner);
    }
  }

  /** What is sent for this owner is not wanted any more. */
  callBack(owner) {
    this.#leaving.get(owner)?.abort();
  }

  callAllBack() {
    for (const leaving of this.#leaving.values()) leaving.abort();
  }

  async #sendInTurn(file, progress, signal) {
    await this.#turn(signal);
    try {
      return await sendOne(this.#url, file, progress, signal);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(signal) {
    while (this.#running >= AT_ONCE) await new Promise((done) => this.#waiting.push(done));
    this.#running += 1;
    if (!signal.aborted) return;
    this.#running -= 1;
    this.#waiting.shift()?.();
    throw signal.reason;
  }
}

/** Whether the site says that it has nothing at this address any more. */
export async function isGone(url) {
  const response = await fetch(url, { cache: "no-store" }).catch(() => null);
  return response?.status === 404;
}

// Not `fetch`: it does not tell how much has gone.
function sendOne(url, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const lost = () => reject(new NotTaken(""));
    const give = () => answerOf(request).then(resolve, reject);
    const alive = watch(() => request.abort());
    request.upload.addEventListener("progress", ({ loaded, total }) => (alive.beat(), progress(loaded / total)));
    request.addEventListener("load", give);
    for (const name of ["error", "abort"]) request.addEventListener(name, lost);
    request.addEventListener("loadend", alive.end);
    signal.addEventListener("abort", () => (reject(signal.reason), request.abort()), { once: true });
    const body = new FormData();
    body.append("file", file, file.name);
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.send(body);
  });
}

async function answerOf(request) {
  const response = new Response(request.responseText, { status: request.status || 500 });
  if (!response.ok) throw new NotTaken(await sentenceOf(response), response.status);
  return response.json().catch(() => Promise.reject(new NotTaken("", 502)));
}

// Calls `stalled` when nothing has moved for long.
function watch(stalled) {
  let timer = 0;
  const end = () => clearTimeout(timer);
  const beat = () => {
    end();
    timer = setTimeout(stalled, STALLED_AFTER_MS);
  };
  beat();
  return { beat, end };
}
