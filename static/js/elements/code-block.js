/** Gives a block of code its bar: the language, and buttons that wrap and copy. The words are in the page's template. */
class CodeBlock extends HTMLElement {
  connectedCallback() {
    const template = document.querySelector("template[data-code-bar]");
    if (!template || this.querySelector(":scope > [data-added]")) return;
    const bar = document.importNode(template.content.firstElementChild, true);
    bar.querySelector("[data-name]").textContent = this.dataset.language ?? "";
    const wrap = bar.querySelector("[data-wrap]");
    wrap.addEventListener("click", () => wrap.setAttribute("aria-pressed", String(this.classList.toggle("code-block--wrapped"))));
    this.prepend(bar);
  }
}

customElements.define("code-block", CodeBlock);
