/**
 * The one door for HTML. All markup comes from the server, rendered and sanitised there, and enters the page here,
 * by the one Trusted Types policy. Browsers without Trusted Types take the text as it is.
 */
const policy = globalThis.trustedTypes?.createPolicy("ponder", { createHTML: (html) => html }) ?? {
  createHTML: (html) => html,
};
let arrived = () => {};

/** Call `callback` with each piece of HTML that entered: an element, or a fragment about to be inserted. */
export function onArrival(callback) {
  arrived = callback;
}

/** The HTML as a fragment, ready to insert. */
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  arrived(template.content);
  return template.content;
}

/** Make `html` the content of `element`. */
export function fill(element, html) {
  element.innerHTML = policy.createHTML(html);
  arrived(element);
}
