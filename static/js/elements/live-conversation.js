import { Acks } from "lib/acks.js";
import { Applier, holdOf } from "lib/apply.js";
import { Branch } from "lib/branch.js";
import { Connection } from "lib/connection.js";
import { Elsewhere } from "lib/elsewhere.js";
import { keepFocus } from "lib/focus.js";
import { fill, fragment } from "lib/html.js";
import { get, TURNS, withQuery } from "lib/requests.js";
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
  #connection;
  #applier;
  #turns;
  #branch;
  #elsewhere;
  #acks;

  connectedCallback() {
    this.#turns = new Turns(this.querySelector("[data-turns]"), fragment);
    this.#applier = new Applier({ fragment, fill, blank: (kind) => this.#blank(kind) });
    this.#connection = this.#connect();
    this.#branch = new Branch({
      turns: this.#turns,
      load: async (after) => (await get(withQuery(this.dataset.turns, after && { after }), TURNS)).text(),
      added: (answers) => this.#show(answers),
      end: (fate) => this.#connection.end(fate),
    });
    this.#acks = new Acks((count) => this.#connection.send({ type: "ack", count }));
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("post-begun", () => this.#branch.postBegun(), { signal });
    document.addEventListener("post-ended", () => this.#branch.postEnded(), { signal });
    document.addEventListener("ask-accepted", ({ detail }) => this.#own(() => this.#accept(detail)), { signal });
    document.addEventListener("answer-again", ({ detail }) => this.#own(() => this.#again(detail)), { signal });
    document.addEventListener("answer-further", ({ detail }) => this.#own(() => this.#resume(detail.message)), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake(), { signal });
    for (const name of ["online", "offline"]) addEventListener(name, () => this.#wake(), { signal });
    addEventListener("pagehide", () => this.#connection.pause(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#connection.start(), { signal });
    this.#elsewhere = new Elsewhere(this.#turns.running ? "" : this.dataset.running);
    this.#tellRunning();
    this.#connection.start();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#connection.pause();
  }

  #connect() {
    const { protocol, release } = document.body.dataset;
    const connection = new Connection({
      url: new URL("/ws/", location.href.replace(/^http/, "ws")).href,
      protocol,
      release,
      poll: () => this.#poll(),
      isBusy: () => this.#turns.unsettled.length > 0,
    });
    connection.addEventListener("open", () => this.#greet());
    connection.addEventListener("frame", ({ detail }) => this.#receive(detail));
    connection.addEventListener("state", ({ detail: state }) => {
      this.dataset.connection = state;
      this.#say("connection-changed", { state });
    });
    return connection;
  }

  #greet() {
    this.#applier.forget();
    this.#acks.restart();
    this.#watch();
    this.#hold(this.#turns.awaited);
  }

  #wake() {
    this.#connection.wake();
    this.#watch();
  }

  #watch() {
    this.#connection.send({ type: "watch", conversation: this.dataset.conversation });
  }

  #hold(answers) {
    for (const answer of answers) this.#connection.send(holdOf(answer));
  }

  async #poll() {
    this.#applier.forget();
    const holding = JSON.stringify([...this.#turns.awaited.map(holdOf), ...this.#elsewhere.holds]);
    return (await (await get(withQuery(this.dataset.progress, { holding }), "application/json")).json()).frames;
  }

  #receive(frame) {
    if (frame.type === "progress") return this.#apply(frame);
    if (frame.type === "gone") return this.#connection.end("gone");
    if (frame.title) this.#say("conversation-renamed", { title: frame.title });
    const leaf = frame.leaf ?? (frame.type === "added" ? frame.message : "");
    if (leaf) this.#branch.hear(leaf);
    if (frame.type === "watching") this.#hearRunning(frame.running ?? "");
    const shown = frame.attempt && this.#turns.answer(leaf);
    if (shown && shown.dataset.attempt !== frame.attempt) this.#resume(leaf);
  }

  #hearRunning(message) {
    this.#elsewhere.hear(this.#turns.answer(message) ? "" : message);
    for (const hold of this.#elsewhere.holds) this.#connection.send(hold);
    this.#tellRunning();
  }

  // Another attempt writes on in an answer that had ended, or thought for long.
  #resume(message) {
    const answer = this.#turns.reopen(message);
    if (!answer) return;
    this.#hold([answer]);
    this.#connection.hurry();
  }

  #apply(frame) {
    this.#acks.applied();
    const answer = this.#turns.answer(frame.message);
    if (this.#elsewhere.takes(frame)) this.#tellRunning();
    if (!answer) return;
    const before = answer.dataset.state;
    const fits = keepFocus(
      () => this.#applier.apply(answer, frame),
      () => answer,
    );
    if (!fits) this.#hold([answer]);
    if (before !== frame.state) this.#say("answer-state", { state: frame.state, word: frame.word });
    this.#tellRunning();
  }

  // A page that hears nothing any more shows what was done on it when it is loaded anew.
  #own(show) {
    if (this.#connection.isFinal) location.reload();
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
    this.#hold(added);
    // What ran here is on a branch that is not shown any more.
    if (this.dataset.running && !this.#turns.attempts.includes(this.dataset.running)) this.#watch();
    this.#tellRunning();
  }

  #tellRunning() {
    const attempt = this.#turns.running || this.#elsewhere.attempt;
    if (attempt === this.dataset.running) return;
    this.dataset.running = attempt;
    this.#say("answer-running", { attempt });
    if (attempt) this.#connection.hurry();
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
