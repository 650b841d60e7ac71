/**
 * The parameters of a form. Effort and budget exclude each other; a number out of its range keeps the form from being
 * sent and says why; whatever shows their count (`data-changed` in the form) is kept right.
 */
class ParameterFields extends HTMLElement {
  #listening;
  #form;

  connectedCallback() {
    this.#form = this.closest("form");
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("input", ({ target }) => this.#change(target), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#form.querySelector("[data-clear]").addEventListener("click", () => this.#clear(), { signal });
    // Before the composer's own listener.
    this.#form.addEventListener("submit", (event) => this.#check(event), { signal, capture: true });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #change({ name, value }) {
    if (name === "reasoning_effort" && value) this.querySelector('[name="reasoning_max_tokens"]').value = "";
    if (name === "reasoning_max_tokens" && value) this.#usualEffort.checked = true;
    this.#count();
  }

  #clear() {
    for (const field of this.querySelectorAll("textarea, [type=number]")) field.value = "";
    this.#usualEffort.checked = true;
    for (const box of this.querySelectorAll("[type=checkbox]")) box.checked = box.hasAttribute("data-usual");
    this.#count();
  }

  // As the site counts: all about reasoning is one.
  #count() {
    const chosen = [...this.querySelectorAll("textarea, [type=number]")].filter(({ value }) => value.trim());
    const boxes = [...this.querySelectorAll("[type=checkbox]")];
    const isTicked = boxes.some((box) => box.checked !== box.hasAttribute("data-usual"));
    const hasEffort = Boolean(this.querySelector('[name="reasoning_effort"]:checked').value);
    const names = new Set(chosen.map(({ name }) => (name.startsWith("reasoning") ? "reasoning" : name)));
    if (isTicked || hasEffort) names.add("reasoning");
    const badge = this.#form.querySelector("[data-changed]");
    if (!badge) return;
    badge.querySelector("[data-count]").textContent = names.size;
    badge.hidden = !names.size;
  }

  #check(event) {
    const wrong = [...this.querySelectorAll("[type=number]")].find(
      ({ validity }) => validity.badInput || validity.rangeUnderflow || validity.rangeOverflow,
    );
    if (!wrong) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const drawer = this.closest("[popover]");
    if (drawer && !drawer.matches(":popover-open")) drawer.showPopover();
    wrong.reportValidity();
  }

  // In the drawer Enter is done with the numbers, not with the question.
  #key(event) {
    const drawer = this.closest("[popover]");
    if (!drawer || event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    drawer.hidePopover();
  }

  get #usualEffort() {
    return this.querySelector('[name="reasoning_effort"][value=""]');
  }
}

customElements.define("parameter-fields", ParameterFields);
