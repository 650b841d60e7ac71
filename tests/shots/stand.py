"""Where the pictures are taken: two sites with examples in them, a simulator, and signed-in browsers."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import chromium
from tests.lab.people import JSON, Person
from tests.lab.processes import Site, Upstream

PATIENCE_MS = 30_000


class Stand:
    """A site with examples, one that nobody has entered yet, and a browser; everything ends with the `with`."""

    def __init__(self, *, full: Path, fresh: Path) -> None:
        self._full, self._fresh = full, fresh
        self._seeded: set[str] = set()
        self._ends = ExitStack()
        self._people: dict[str, Person] = {}
        self._titles: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        path = chromium.find()
        assert path, "no Chromium found"
        self.upstream = Upstream()
        self._ends.callback(self.upstream.end)
        self.site = self._site(
            self._full, OPENROUTER_BASE_URL=self.upstream.base_url, OPENROUTER_API_KEY="of-the-examples"
        )
        self.fresh = self._site(self._fresh, OPENROUTER_BASE_URL="", OPENROUTER_API_KEY="")
        playwright = self._ends.enter_context(sync_playwright())
        self.browser: Browser = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        self._ends.callback(self.browser.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def _site(self, data: Path, **settings: str) -> Site:
        site = Site(data, **settings).ready()
        self._ends.callback(site.end)
        return site

    def page(self, who: str = "", site: Site | None = None) -> Page:
        """A page in a browser of its own, in which that person is signed in. A site of examples has people in it."""
        at = site or self.site
        if at is self.site:
            self._seed()
        context: BrowserContext = self.browser.new_context(base_url=at.origin, locale="en-GB", timezone_id="UTC")
        context.set_default_timeout(PATIENCE_MS)
        if who:
            cookies = self.person(who).http.cookies.items()
            context.add_cookies([{"name": name, "value": value, "url": at.origin} for name, value in cookies])
        return context.new_page()

    def person(self, who: str) -> Person:
        if who not in self._people:
            self._seed("--hard") if who == "bob" else self._seed()
            person = Person(self.site, f"{who}@example.com")
            self._ends.callback(person.close)
            self._people[who] = person.signs_in()
        return self._people[who]

    def _seed(self, *arguments: str) -> None:
        """Make the examples, those that are asked for: the hard ones take a while."""
        command = ("seed", *arguments)
        if command[-1] not in self._seeded:
            self._seeded.add(command[-1])
            print("Making examples ...", flush=True)
            self.site.manage(*command)

    def conversation(self, who: str, title: str) -> str:
        """The address of the conversation whose title begins so."""
        if who not in self._titles:
            self._titles[who] = dict(self._listed(self.person(who)))
        return next(url for name, url in self._titles[who].items() if name.startswith(title))

    def _listed(self, person: Person) -> list[tuple[str, str]]:
        rows, page, pages = [], 1, 1
        while page <= pages:
            reply = person.http.get("/conversations/", params={"page": page}, headers=JSON).json()
            rows += [(row["title"], row["url"]) for row in reply["conversations"]]
            page, pages = page + 1, reply["pages"]
        return rows

    def running(self, who: str, question: str, script: str) -> str:
        """The address of a new conversation whose answer runs by this script; ended by the next one of that person."""
        self.upstream.play(script)
        posted = self.person(who).asks(question)
        return f"/c/{posted['conversation']}/"


Show = Callable[[Stand], Page]
