const FIELDS = "input, textarea, select, [contenteditable]";

const holdsFiles = ({ dataTransfer }) => Boolean(dataTransfer?.types.includes("Files"));

/**
 * Pictures that are dropped anywhere on the page, or pasted, are for the question that is being written. While files
 * are dragged over the page it says so. Speaks `pictures-given` {files}.
 */
class PictureDrop extends HTMLElement {
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("dragover", (event) => this.#over(event), { signal });
    document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || this.#show(false), { signal });
    document.addEventListener("drop", (event) => this.#drop(event), { signal });
    document.addEventListener("paste", (event) => this.#paste(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #over(event) {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.#show(true);
  }

  #drop(event) {
    this.#show(false);
    if (!holdsFiles(event)) return;
    event.preventDefault();
    this.#give(event.dataTransfer.files);
  }

  #paste(event) {
    const field = event.target.closest?.(FIELDS);
    if (!event.clipboardData.files.length || (field && !field.matches("[data-takes-pictures]"))) return;
    // Offices and tables copy a picture of their text beside it: the text is meant.
    const kinds = event.clipboardData.types;
    if (kinds.includes("text/plain") && kinds.includes("text/html")) return;
    event.preventDefault();
    this.#give(event.clipboardData.files);
  }

  #give(files) {
    if (!files.length) return;
    this.dispatchEvent(new CustomEvent("pictures-given", { bubbles: true, detail: { files: [...files] } }));
  }

  #show(isOver) {
    this.toggleAttribute("data-over", isOver);
  }
}

customElements.define("picture-drop", PictureDrop);
