/** The title in the page's head. Hears `conversation-renamed` {title}: the tab says the new one too. */
class ConversationTitle extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("conversation-renamed", ({ detail }) => this.#show(detail.title), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #show(title) {
    const heading = this.querySelector("h1");
    if (!heading || heading.textContent === title) return;
    heading.textContent = title;
    document.title = `${title} · ${document.title.split(" · ").pop()}`;
  }
}

customElements.define("conversation-title", ConversationTitle);
