import { Applier } from "lib/apply.js";
import { Branch } from "lib/branch.js";
import { Elsewhere } from "lib/elsewhere.js";
import { keepFocus } from "lib/keys.js";
import { fill, fragment } from "lib/html.js";
import { Line } from "lib/line.js";
import { Turns } from "lib/turns.js";

/**
 * A conversation as the server tells it: watches it, says what the page holds, applies what comes.
 *
 * Speaks: `connection-changed` {state} and `answer-running` {attempt or ""}, both kept in its data as well, for who
 * comes later; `answer-state` {state, word}, `conversation-renamed` {title}.
 * Hears: `post-begun`, `post-ended`, `ask-accepted` {html, after}, `answer-again` {html, instead}, `answer-further` {message}.
 */
class LiveConversation extends HTMLElement {
  #listening;
  #line;
  #applier;
  #turns;
  #branch;
  #elsewhere;

  connectedCallback() {
    this.#turns = new Turns(this.querySelector("[data-turns]"), fragment);
    this.#applier = new Applier({ fragment, fill, blank: (kind) => this.#blank(kind) });
    this.#elsewhere = new Elsewhere(this.#turns.running ? "" : this.dataset.running);
    const page = { turns: this.#turns, elsewhere: this.#elsewhere, applier: this.#applier };
    this.#line = new Line(document.body.dataset, this.dataset, page);
    this.#heed();
    this.#branch = new Branch({
      turns: this.#turns,
      load: (after) => this.#line.turnsAfter(after),
      added: (answers) => this.#show(answers),
      end: (fate) => this.#line.end(fate),
    });
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("post-begun", () => this.#branch.postBegun(), { signal });
    document.addEventListener("post-ended", () => this.#branch.postEnded(), { signal });
    document.addEventListener("ask-accepted", ({ detail }) => this.#own(() => this.#accept(detail)), { signal });
    document.addEventListener("answer-again", ({ detail }) => this.#own(() => this.#again(detail)), { signal });
    document.addEventListener("answer-further", ({ detail }) => this.#own(() => this.#resume(detail.message)), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#line.look(), { signal });
    for (const name of ["online", "offline"]) addEventListener(name, () => this.#line.look(), { signal });
    addEventListener("pagehide", () => this.#line.pause(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#line.start(), { signal });
    this.#tellRunning();
    this.#line.start();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#line.pause();
  }

  #heed() {
    this.#line.addEventListener("frame", ({ detail }) => this.#receive(detail));
    this.#line.addEventListener("state", ({ detail: state }) => {
      this.dataset.connection = state;
      this.#say("connection-changed", { state });
    });
  }

  #receive(frame) {
    if (frame.type === "progress") return this.#apply(frame);
    if (frame.type === "gone") return this.#line.end("gone");
    if (frame.title) this.#say("conversation-renamed", { title: frame.title });
    const leaf = frame.leaf ?? (frame.type === "added" ? frame.message : "");
    if (leaf) this.#branch.hear(leaf);
    if (frame.type === "watching") this.#hearRunning(frame.running ?? "");
    const shown = frame.attempt && this.#turns.answer(leaf);
    if (shown && shown.dataset.attempt !== frame.attempt) this.#resume(leaf);
  }

  #hearRunning(message) {
    this.#elsewhere.hear(this.#turns.answer(message) ? "" : message);
    this.#line.holdElsewhere();
    this.#tellRunning();
  }

  // Another attempt writes on in an answer that had ended, or thought for long.
  #resume(message) {
    const answer = this.#turns.reopen(message);
    if (!answer) return;
    this.#line.hold([answer]);
    this.#line.hurry();
  }

  #apply(frame) {
    this.#line.applied();
    const answer = this.#turns.answer(frame.message);
    if (this.#elsewhere.takes(frame)) this.#tellRunning();
    if (!answer) return;
    const before = answer.dataset.state;
    const fits = keepFocus(
      () => this.#applier.apply(answer, frame),
      () => answer,
    );
    if (!fits) this.#line.hold([answer]);
    if (before !== frame.state) this.#say("answer-state", { state: frame.state, word: frame.word });
    this.#tellRunning();
  }

  // A page that hears nothing any more shows what was done on it when it is loaded anew.
  #own(show) {
    if (this.#line.isFinal) location.reload();
    else show();
  }

  // What was asked after a turn that is not the newest here: there are others between, and all are fetched, in order.
  #accept({ html, after }) {
    if (html && (after ?? this.#turns.newest) === this.#turns.newest) this.#show(this.#turns.add(html));
    else this.#branch.catchUp();
  }

  #again({ html, instead }) {
    const replace = () => html && this.#turns.replace(instead, html);
    const added = keepFocus(replace, () => this.#turns.answer(this.#turns.newest));
    return added ? this.#show(added) : this.#branch.catchUp();
  }

  #show(added) {
    this.#line.hold(added);
    // What ran here is on a branch that is not shown any more.
    if (this.dataset.running && !this.#turns.attempts.includes(this.dataset.running)) this.#line.watch();
    this.#tellRunning();
  }

  #tellRunning() {
    const attempt = this.#turns.running || this.#elsewhere.attempt;
    if (attempt === this.dataset.running) return;
    this.dataset.running = attempt;
    this.#say("answer-running", { attempt });
    if (attempt) this.#line.hurry();
  }

  #blank(kind) {
    const template = this.querySelector(`template[data-blank="${kind}"]`) ?? this.querySelector('template[data-blank="text"]');
    return document.importNode(template.content, true).firstElementChild;
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("live-conversation", LiveConversation);
