/** The text of an element as a person would type it: buttons of ours left out, formulas by their source if known. */
export function textOf(element) {
  if (element.localName === "pre") return element.textContent.replace(/\n$/, "");
  return [...element.querySelectorAll(":scope > .block, :scope > .tail")].map(blockText).join("\n\n").trim();
}

/** Put text on the clipboard; false when the browser does not let us. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function blockText(block) {
  const shown = block.cloneNode(true);
  for (const formula of shown.querySelectorAll("math[alttext], math:has(annotation)")) {
    formula.replaceWith(formula.getAttribute("alttext") ?? formula.querySelector("annotation").textContent);
  }
  // `innerText` sets line breaks as shown, but only in the page.
  block.after(shown);
  // Not before: in the page a block of code gives itself its bar again.
  for (const added of shown.querySelectorAll("[data-added]")) added.remove();
  const text = shown.innerText;
  shown.remove();
  return text.trim();
}

// Pages that are not served securely have no clipboard but this one.
function copyBySelection(text) {
  const box = document.createElement("textarea");
  const focused = document.activeElement;
  box.value = text;
  box.className = "visually-hidden";
  document.body.append(box);
  box.select();
  const isDone = document.execCommand("copy");
  box.remove();
  focused?.focus();
  return isDone;
}
