const A_YEAR_SECONDS = 31_536_000;

/** Folds the list of conversations on wide screens. A cookie remembers it, so that the page comes folded. */
class SideBar extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", () => this.#toggle(), { signal });
    matchMedia("(width > 900px)").addEventListener("change", () => this.#closeSheet(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #toggle() {
    const side = document.body.dataset.side === "folded" ? "open" : "folded";
    document.body.dataset.side = side;
    document.cookie = `side=${side}; path=/; max-age=${A_YEAR_SECONDS}; samesite=lax`;
    for (const button of document.querySelectorAll("side-bar button")) {
      button.setAttribute("aria-expanded", String(side === "open"));
      if (button.checkVisibility()) button.focus();
    }
  }

  #closeSheet() {
    const sheet = document.getElementById(this.getAttribute("for"));
    if (sheet.matches(":popover-open")) sheet.hidePopover();
  }
}

customElements.define("side-bar", SideBar);
