"""How a test waits for the page, or a box in it, to come to rest after a wheel or a key."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

LOOK = """([selector, by]) => {
  const box = document.querySelector(selector);
  const begun = box.scrollTop;
  const target = box === document.documentElement ? document : box;
  window.cameToRest = false;
  target.addEventListener("scrollend", () => (window.cameToRest ||= (box.scrollTop - begun) / by >= 1));
}"""


@contextmanager
def moved(page: Page, by: int, box: str = "html") -> Iterator[None]:
    """What is done inside moves the box by so many pixels or more (a negative number is up), and it has come to rest.

    Wheel and keys move smoothly. A place read on the way is not the one where the movement ends; and Chromium forgets
    a key whose movement would begin in the frame in which the one before it ends.
    """
    page.evaluate(LOOK, [box, by])
    yield
    page.wait_for_function("() => window.cameToRest")
