/** Gives a block of code its bar: the language's name and a button that copies. The words are in the page's template. */
class CodeBlock extends HTMLElement {
  connectedCallback() {
    const template = document.querySelector("template[data-code-bar]");
    if (!template || this.querySelector(":scope > [data-added]")) return;
    const bar = document.importNode(template.content.firstElementChild, true);
    bar.querySelector("[data-name]").textContent = this.dataset.language ?? "";
    this.prepend(bar);
  }
}

customElements.define("code-block", CodeBlock);
