import { csrfToken, sentenceOf } from "lib/requests.js";

const STALLED_AFTER_MS = 120_000;

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

/** Sends files to one address, so many at a time and in the order given. */
export class Uploads {
  #url;
  #most;
  #running = 0;
  #waiting = [];

  constructor(url, most) {
    this.#url = url;
    this.#most = most;
  }

  /**
   * What the site says of the file. `progress(part)` hears how much of it has gone, 0 to 1. Rejects with NotTaken, or
   * with the signal's reason.
   */
  async send(file, { progress, signal }) {
    await this.#turn(signal);
    try {
      return await sendOne(this.#url, file, progress, signal);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(signal) {
    while (this.#running >= this.#most) await new Promise((done) => this.#waiting.push(done));
    this.#running += 1;
    if (!signal.aborted) return;
    this.#running -= 1;
    this.#waiting.shift()?.();
    throw signal.reason;
  }
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
