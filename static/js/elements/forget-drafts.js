import { clearDrafts } from "lib/writing.js";

/** On a page that says that an account is gone: forgets what was being written in this browser. */
class ForgetDrafts extends HTMLElement {
  connectedCallback() {
    clearDrafts();
  }
}

customElements.define("forget-drafts", ForgetDrafts);
