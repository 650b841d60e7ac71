import { Acks } from "lib/acks.js";
import { Applier, holdOf, isRunning } from "lib/apply.js";
import { Connection } from "lib/connection.js";
import { fill, fragment } from "lib/html.js";
import { get, TURNS } from "lib/requests.js";

/**
 * A conversation as the server tells it: watches it, says what the page holds, applies what comes.
 *
 * Speaks: `connection-changed` {state} and `answer-running` {attempt or ""}, both kept in its data as well, for who
 * comes later; `answer-state` {state, word}, `conversation-renamed` {title}, `turns-added`.
 * Hears: `ask-accepted` {html}, `answer-again` {html, instead}.
 */
class LiveConversation extends HTMLElement {
  #listening;
  #connection;
  #applier;
  #acks;
  #isFetching = false;
  #fetchAgain = false;

  connectedCallback() {
    this.#applier = new Applier({ fragment, fill, blank: (kind) => this.#blank(kind) });
    this.#connection = this.#connect();
    this.#acks = new Acks((count) => this.#connection.send({ type: "ack", count }));
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("ask-accepted", ({ detail }) => this.#accept(detail.html), { signal });
    document.addEventListener("answer-again", ({ detail }) => this.#replace(detail), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake(), { signal });
    addEventListener("online", () => this.#wake(), { signal });
    addEventListener("pagehide", () => this.#connection.pause(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#connection.start(), { signal });
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
      isBusy: () => this.#unsettled().length > 0,
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
    for (const answer of this.#unsettled()) this.#connection.send(holdOf(answer));
  }

  #wake() {
    this.#connection.wake();
    this.#watch();
  }

  #watch() {
    this.#connection.send({ type: "watch", conversation: this.dataset.conversation });
  }

  async #poll() {
    this.#applier.forget();
    const holding = JSON.stringify(this.#unsettled().map(holdOf));
    const response = await get(`${this.dataset.progress}?${new URLSearchParams({ holding })}`, "application/json");
    return (await response.json()).frames;
  }

  #receive(frame) {
    if (frame.type === "progress") this.#apply(frame);
    else if (frame.type === "gone") this.#connection.end("gone");
    else if (frame.title) this.#say("conversation-renamed", { title: frame.title });
    const newest = frame.leaf ?? (frame.type === "added" ? frame.message : null);
    if (newest && newest !== this.#last()?.dataset.message) this.#catchUp();
  }

  #apply(frame) {
    this.#acks.applied();
    const answer = this.querySelector(`[data-message="${CSS.escape(frame.message)}"].answer`);
    if (!answer) return;
    const before = answer.dataset.state;
    if (!this.#applier.apply(answer, frame)) this.#connection.send(holdOf(answer));
    if (before !== frame.state) this.#say("answer-state", { state: frame.state, word: frame.word });
    this.#tellRunning();
  }

  // Turns came, here or elsewhere: fetch what follows the last one shown, one request at a time.
  async #catchUp() {
    this.#fetchAgain = true;
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      while (this.#fetchAgain) {
        this.#fetchAgain = false;
        const after = this.#last()?.dataset.message ?? "";
        const response = await get(`${this.dataset.turns}?${new URLSearchParams({ after })}`, TURNS);
        this.#append(await response.text());
      }
    } catch (problem) {
      if (problem.fate) this.#connection.end(problem.fate);
      // Else the site is out of reach: the connection says so, and compares when it is back.
    } finally {
      this.#isFetching = false;
    }
  }

  // A page that may have missed turns fetches them all, in order; else the reply is what is new.
  #accept(html) {
    if (html && this.#connection.state === "live") this.#append(html);
    else this.#catchUp();
  }

  #append(html) {
    const turns = this.querySelector("[data-turns]");
    for (const turn of [...fragment(html).children]) {
      if (document.getElementById(turn.id)) continue;
      turns.append(turn);
      if (turn.dataset.settled === "false") this.#connection.send(holdOf(turn));
    }
    this.#say("turns-added");
    this.#tellRunning();
  }

  #replace({ html, instead }) {
    const old = this.querySelector(`[data-message="${CSS.escape(instead)}"].answer`);
    const turns = [...this.querySelectorAll("[data-message]")];
    for (const turn of turns.slice(turns.indexOf(old))) turn.remove();
    this.#append(html);
  }

  #tellRunning() {
    const running = [...this.querySelectorAll(".answer")].find((answer) => isRunning(answer.dataset.state));
    const attempt = running?.dataset.attempt ?? "";
    if (attempt === this.dataset.running) return;
    this.dataset.running = attempt;
    this.#say("answer-running", { attempt });
  }

  #blank(kind) {
    const template = this.querySelector(`template[data-blank="${kind === "thinking" ? kind : "text"}"]`);
    return document.importNode(template.content, true).firstElementChild;
  }

  #last() {
    return [...this.querySelectorAll("[data-turns] > [data-message]")].at(-1);
  }

  #unsettled() {
    return [...this.querySelectorAll('.answer[data-settled="false"]')];
  }

  #say(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("live-conversation", LiveConversation);
