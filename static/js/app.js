// Loads the module of each custom element that is on the page, now or when HTML arrives later.
import { onArrival } from "lib/html.js";

const asked = new Set();

function load(root) {
  for (const element of root.querySelectorAll(":not(:defined)")) {
    const tag = element.localName;
    if (asked.has(tag)) continue;
    asked.add(tag);
    import(`elements/${tag}.js`).catch((problem) => console.error(`No element ${tag}`, problem));
  }
  for (const template of root.querySelectorAll("template")) load(template.content);
}

// The server writes dates for who reads them.
const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
if (zone && !document.cookie.split("; ").includes(`zone=${zone}`)) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

onArrival(load);
load(document);
