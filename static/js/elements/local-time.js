// The reader's own manner of writing dates, as far as it is of the page's language.
function language() {
  const { lang } = document.documentElement;
  return navigator.languages.find((own) => own.split("-")[0] === lang) ?? lang;
}

/** Shows a `<time>` in the reader's own zone and manner: the hour today, else the day; all of it on hovering. */
class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const when = new Date(time.dateTime);
    if (Number.isNaN(when.getTime())) return;
    const lang = language();
    const now = new Date();
    const isToday = when.toDateString() === now.toDateString();
    const isThisYear = when.getFullYear() === now.getFullYear();
    const day = { day: "numeric", month: "short", year: isThisYear ? undefined : "numeric" };
    time.textContent = isToday
      ? when.toLocaleTimeString(lang, { timeStyle: "short" })
      : when.toLocaleDateString(lang, day);
    time.title = when.toLocaleString(lang, { dateStyle: "full", timeStyle: "short" });
  }
}

customElements.define("local-time", LocalTime);
