import { send, sentenceOf } from "lib/requests.js";
import { isPressed } from "lib/keys.js";

const renaming = () => import("lib/titles.js");

/**
 * The list of conversations: rename and delete in place, by a menu or by F2 and Delete, and arrows that walk through it.
 *
 * Speaks, on the document: `conversation-deleted` {title, url, restored()} and `problem` {message}.
 * Hears `conversation-renamed` {title}, of the conversation that is shown.
 */
class ConversationList extends HTMLElement {
  #listening;
  #menu;
  #item;
  #deleting = new Set();

  connectedCallback() {
    this.#menu = this.querySelector("[data-menu]");
    for (const link of this.#links) this.#addAct(link);
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    // Whoever comes near a line may rename it: the box is there before it is asked for.
    this.addEventListener("focusin", () => renaming().catch(() => {}), { signal, once: true });
    document.addEventListener("conversation-renamed", ({ detail }) => this.#retitle(detail.title), { signal });
    this.#menu.addEventListener("click", ({ target }) => this.#do(target.closest("[data-do]")?.dataset.do), { signal });
    this.#menu.addEventListener("keydown", (event) => this.#menuKey(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
    for (const act of this.querySelectorAll(".side__item > .side__act")) act.remove();
  }

  #addAct(link) {
    const act = this.querySelector("[data-act]").content.firstElementChild.cloneNode(true);
    act.addEventListener("click", () => this.#open(link.parentElement, act));
    link.after(act);
    this.#name(link);
  }

  #retitle(title) {
    const link = this.querySelector('.side__link[aria-current="page"]');
    if (link) this.#show(link, title);
  }

  #name(link) {
    link.nextElementSibling.setAttribute("aria-label", this.dataset.more.replace("{}", link.textContent));
  }

  #open(item, act) {
    this.#item = item;
    const { bottom, right } = act.getBoundingClientRect();
    this.#menu.showPopover({ source: act });
    const { offsetWidth, offsetHeight } = this.#menu;
    this.#menu.style.inset = "auto";
    this.#menu.style.left = `${Math.max(8, Math.min(right - offsetWidth, innerWidth - offsetWidth - 8))}px`;
    this.#menu.style.top = `${Math.min(bottom, innerHeight - offsetHeight - 8)}px`;
    this.#menu.querySelector("button").focus();
  }

  #do(what) {
    if (!what) return;
    this.#menu.hidePopover();
    if (what === "rename") this.#rename(this.#item);
    else this.#delete(this.#item);
  }

  #menuKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...this.#menu.querySelectorAll("button")];
    const place = buttons.indexOf(document.activeElement) + step;
    buttons.at(place % buttons.length).focus();
  }

  #key(event) {
    const link = event.target.closest(".side__link");
    if (!link) return;
    if (isPressed("F2", event)) this.#rename(link.parentElement);
    else if (isPressed("Delete", event) && !event.repeat) this.#delete(link.parentElement);
    else if (isPressed("ArrowDown", event)) this.#neighbour(link, 1)?.focus();
    else if (isPressed("ArrowUp", event)) this.#neighbour(link, -1)?.focus();
    else return;
    event.preventDefault();
  }

  #rename(item) {
    const save = (link, title) => this.#save(link, title);
    const fail = () => this.#say("problem", { message: this.dataset.failed });
    renaming().then(({ rename }) => rename(item, this.dataset.title, save), fail);
  }

  async #save(link, title) {
    const row = await this.#post(link, "rename/", [["title", title]]);
    if (!row) return;
    this.#show(link, row.title);
    if (link.ariaCurrent) this.#say("conversation-renamed", { title: row.title });
  }

  #show(link, title) {
    link.textContent = title;
    this.#name(link);
  }

  async #delete(item) {
    if (this.#deleting.has(item)) return;
    this.#deleting.add(item);
    const link = item.querySelector("a");
    const gone = await this.#post(link, "delete/");
    this.#deleting.delete(item);
    if (!gone) return;
    const next = this.#neighbour(link, 1) ?? this.#neighbour(link, -1);
    const place = document.createComment("");
    item.replaceWith(place);
    (next ?? document.querySelector(".side__brand")).focus();
    const restored = () => place.isConnected && (place.replaceWith(item), link.focus());
    this.#say("conversation-deleted", { title: link.textContent, url: link.href, isShown: Boolean(link.ariaCurrent), restored });
  }

  async #post(link, verb, fields) {
    try {
      const response = await send(new URL(verb, link.href), fields);
      if (response.ok) return await response.json();
      this.#say("problem", { message: (await sentenceOf(response)) || this.dataset.failed });
    } catch {
      this.#say("problem", { message: this.dataset.failed });
    }
    return null;
  }

  #neighbour(link, step) {
    const links = this.#links;
    return links[links.indexOf(link) + step];
  }

  get #links() {
    return [...this.querySelectorAll(".side__link")];
  }

  #say(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

customElements.define("conversation-list", ConversationList);
