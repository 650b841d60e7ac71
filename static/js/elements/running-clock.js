const JITTER_MS = 1_500;

/** A clock that runs on in the browser from the elapsed time the server last gave (`data-elapsed`, milliseconds). */
class RunningClock extends HTMLElement {
  static observedAttributes = ["data-elapsed"];

  #began = performance.now();
  #timer = 0;

  connectedCallback() {
    this.#timer = setInterval(() => this.#show(), 250);
    this.#show();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  attributeChangedCallback() {
    const began = performance.now() - Number(this.dataset.elapsed);
    // The news was on its way for a while: a clock that is only a little ahead of it is right.
    if (this.#timer && Math.abs(began - this.#began) < JITTER_MS) return;
    this.#began = began;
    this.#show();
  }

  #show() {
    const seconds = Math.max(0, Math.floor((performance.now() - this.#began) / 1000));
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const two = (number) => String(number).padStart(2, "0");
    const shown = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
    if (this.textContent !== shown) this.textContent = shown;
  }
}

customElements.define("running-clock", RunningClock);
