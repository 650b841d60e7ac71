"""Pictures, and the ways in which a person gives them to the composer."""

from base64 import b64encode
from io import BytesIO
from typing import TypedDict

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import Window, stored
from tests.lab.people import Person


class File(TypedDict):
    """A file as a browser is given it."""

    name: str
    mimeType: str
    buffer: bytes


COLOURS = ("tomato", "gold", "seagreen", "steelblue", "orchid", "sienna", "silver", "navy", "khaki", "teal", "plum")
TRANSFER = """(files) => {
  const transfer = new DataTransfer();
  for (const { name, type, data, kind } of files) {
    if (kind) transfer.setData(kind, data);
    else transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type }));
  }
  return transfer;
}"""


def picture(colour: str, width: int = 320, height: int = 240) -> File:
    data = BytesIO()
    Image.new("RGB", (width, height), colour).save(data, "PNG")
    return File(name=f"{colour}.png", mimeType="image/png", buffer=data.getvalue())


NO_PICTURE = File(name="notes.txt", mimeType="text/plain", buffer=b"Only words.")


class Tray:
    """The pictures of the question that is being written in a window."""

    def __init__(self, window: Window) -> None:
        self.page: Page = window.page

    @property
    def tiles(self) -> Locator:
        return self.page.locator("picture-tray .tile")

    @property
    def taken(self) -> Locator:
        return self.page.locator("picture-tray .tile[data-id]")

    @property
    def refusals(self) -> Locator:
        return self.page.locator(".tray__refusal")

    def shows(self, *colours: str) -> None:
        """These pictures, in that order, all of them taken and to be seen."""
        expect(self.taken).to_have_count(len(colours))
        expect(self.tiles).to_have_count(len(colours))
        for place, colour in enumerate(colours):
            expect(self.tiles.nth(place)).to_have_attribute("data-name", f"{colour}.png")
            image = self.tiles.nth(place).locator("img")
            expect(image).to_have_js_property("complete", True)
            expect(image).not_to_have_js_property("naturalWidth", 0)

    def picks(self, *files: File) -> None:
        self.page.get_by_label("Add pictures").set_input_files([*files])

    def drops(self, *files: File) -> None:
        """As if dragged over the page from outside and let go, far from the composer."""
        transfer = self._transfer(*files)
        self.page.dispatch_event("main", "dragover", {"dataTransfer": transfer})
        expect(self.page.get_by_text("Drop the pictures anywhere")).to_be_visible()
        self.page.dispatch_event("main", "drop", {"dataTransfer": transfer})
        expect(self.page.get_by_text("Drop the pictures anywhere")).to_be_hidden()

    def pastes(self, *files: File, texts: dict[str, str] | None = None) -> bool:
        """Whether the page took the paste for itself; `texts` by kind lie in the clipboard too."""
        script = """([transfer, box]) => !box.dispatchEvent(
          new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))"""
        box = self.page.locator("#composer-text").element_handle()
        return bool(self.page.evaluate(script, [self._transfer(*files, texts=texts), box]))

    def press(self, colour: str, words: str) -> None:
        """One of the buttons of that picture."""
        tile = self.page.locator(f'.tile[data-name="{colour}.png"]')
        tile.hover()
        tile.get_by_role("button", name=words).click()

    def _transfer(self, *files: File, texts: dict[str, str] | None = None) -> object:
        given = [
            {"name": file["name"], "type": file["mimeType"], "data": b64encode(file["buffer"]).decode()}
            for file in files
        ]
        given += [{"kind": kind, "data": text} for kind, text in (texts or {}).items()]
        return self.page.evaluate_handle(TRANSFER, given)


def pictures_of(person: Person, window: Window) -> list[str]:
    """The names of the pictures in the newest question, as they are stored."""
    question = str(window.page.locator("article.question").last.get_attribute("data-message"))
    return [part["name"] for part in stored(person, question)["parts"] if part["kind"] == "image"]
