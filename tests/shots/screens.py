"""Every screen there is, and how a page is brought to show it."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, Route, expect

from tests.browser.tray import NO_PICTURE, picture
from tests.lab.people import PASSWORD
from tests.shots.stand import Stand

# An answer that stands still for long enough, wherever it is.
FOR_LONG = "600"
THOUGHT = (
    "The plate is blue, and there are two fruits on it.\\n\\nThe left one has a drawn-out neck and a split skin."
    "\\n\\nSo the second one must be a fig as well: the neck points towards the stem, and there is no seam."
)
SAID = (
    "Two ripe figs lie on a blue plate, close to its middle.\n\n- the **left** one is split\n- the right one is whole"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One screen. A `main` one is looked at with every need in mind, a `whole` one down to its end."""

    name: str
    show: Callable[[Stand], Page]
    main: bool = False
    whole: bool = False
    paper: bool = False
    widths: tuple[int, ...] = (360, 900, 1440)


def opens(path: str, who: str = "") -> Callable[[Stand], Page]:
    """The page at that address."""

    def show(stand: Stand) -> Page:
        page = stand.page(who)
        page.goto(path)
        return page

    return show


def reads(title: str, who: str = "alice", *, unfold: str = "", end: bool = False) -> Callable[[Stand], Page]:
    """The conversation of that title, live; with everything unfolded that `unfold` finds, scrolled to its `end`."""

    def show(stand: Stand) -> Page:
        page = stand.page(who)
        page.goto(stand.conversation(who, title))
        is_live(page)
        for summary in page.locator(unfold).all() if unfold else ():
            summary.click()
        page.evaluate("(end) => scrollTo(0, end ? document.body.scrollHeight : 0)", end)
        return page

    return show


def runs(script: str, until: Callable[[Page], None], *, fold: bool = False) -> Callable[[Stand], Page]:
    """An answer that runs by that script, once the page shows what is waited for."""

    def show(stand: Stand) -> Page:
        page = stand.page("alice")
        page.goto(stand.running("alice", "What is on the plate, and where exactly?", script))
        is_live(page)
        until(page)
        if fold:
            page.locator(".thinking__head").click()
        return page

    return show


def is_live(page: Page) -> None:
    expect(page.locator("connection-state")).to_have_attribute("data-state", "live")


def _state(state: str) -> Callable[[Page], None]:
    return lambda page: expect(page.locator(f'.answer[data-state="{state}"]')).to_be_visible()


def _pane(words: str) -> Callable[[Page], None]:
    return lambda page: expect(page.locator(".thinking__text")).to_contain_text(words)


def _answers(words: str) -> Callable[[Page], None]:
    return lambda page: expect(page.locator(".answer__text")).to_contain_text(words)


def first_administrator(stand: Stand) -> Page:
    page = stand.page(site=stand.fresh)
    page.goto("/setup/")
    expect(page.get_by_role("heading", name="The first administrator")).to_be_visible()
    return page


def first_steps(stand: Stand) -> Page:
    """The first page of a site that is new and has no key."""
    page = first_administrator(stand)
    page.get_by_label("E-mail address").fill("dora@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("Demo: no OpenRouter key is set")).to_be_visible()
    return page


def refused_form(stand: Stand) -> Page:
    page = stand.page()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill("nobody@example.com")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def uploads(stand: Stand) -> Page:
    """The composer with two pictures that are taken, one on its way, and one refused."""
    page = stand.page("alice")
    page.goto("/")
    expect(page.locator("picture-tray:defined")).to_be_attached()
    page.route("**/images/", _never_with_blue)
    files = [picture("tomato", 640, 480), picture("teal", 300, 900), NO_PICTURE, picture("steelblue", 900, 400)]
    page.get_by_label("Add pictures").set_input_files([*files])
    expect(page.locator(".tile[data-id]")).to_have_count(2)
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator(".tray__refusal")).to_have_count(1)
    page.locator("#composer-text").fill("Which of these is the ripest?\nAnd what is the fourth?")
    return page


def _never_with_blue(route: Route) -> None:
    """Leave the blue picture on its way."""
    if b"steelblue.png" not in (route.request.post_data_buffer or b""):
        route.continue_()


def drawer(stand: Stand) -> Page:
    page = stand.page("alice")
    page.goto("/")
    page.get_by_role("button", name="Parameters").click()
    page.get_by_label("seed").fill("3")
    return page


def menu(stand: Stand) -> Page:
    page = reads("Solve")(stand)
    page.get_by_role("button", name="Rename or delete").click()
    return page


def sheet(stand: Stand) -> Page:
    """The list of conversations where it is a sheet: on a phone."""
    page = reads("Why is the sky", "alice")(stand)
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("button", name="Conversations").click()
    return page


def editing(stand: Stand) -> Page:
    page = reads("What is on the plate, and what")(stand)
    page.locator(".question").first.hover()
    page.get_by_role("link", name="Edit").first.click()
    expect(page.locator(".composer__editing")).to_be_visible()
    return page


def viewer(stand: Stand) -> Page:
    """A picture, large."""
    page = reads("What is on the plate, and what")(stand)
    page.locator(".pictures__link").first.click()
    expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
    return page


def seen(stand: Stand) -> Page:
    page = viewer(stand)
    page.get_by_role("link", name="What the model saw").click()
    expect(page.get_by_role("heading", name="What the model saw")).to_be_visible()
    return page


def offline(stand: Stand) -> Page:
    page = reads("Why is the sky")(stand)
    page.context.set_offline(True)
    expect(page.locator("connection-state")).to_have_attribute("data-state", "offline")
    return page


def offline_home(stand: Stand) -> Page:
    page = stand.page("alice")
    page.goto("/")
    expect(page.locator("connection-state:defined")).to_be_attached()
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    return page


def written(stand: Stand) -> Page:
    """A question of many lines in the composer, which leaves room to read."""
    page = reads("Why is the sky")(stand)
    page.locator("#composer-text").fill("\n".join(f"line {number} of the question" for number in range(40)))
    return page


SCREENS = [
    Screen(name="first-administrator", show=first_administrator),
    Screen(name="first-steps", show=first_steps, main=True),
    Screen(name="sign-up", show=opens("/accounts/signup/")),
    Screen(name="sign-in", show=opens("/accounts/login/"), main=True),
    Screen(name="sign-in-refused", show=refused_form),
    Screen(name="password-reset", show=opens("/accounts/password/reset/")),
    Screen(name="empty-home", show=opens("/", "charlie"), main=True),
    Screen(name="empty-list", show=opens("/conversations/", "charlie")),
    Screen(name="empty-trash", show=opens("/trash/", "charlie")),
    Screen(name="uploads", show=uploads, main=True),
    Screen(name="waiting", show=runs(f"silent {FOR_LONG}", _state("waiting"))),
    Screen(
        name="thinking",
        show=runs(f'rate 0, hang after 44, think: "{THOUGHT}", say: {SAID}', _pane("must be a fig")),
        main=True,
    ),
    Screen(
        name="thinking-folded",
        show=runs(f'rate 0, hang after 44, think: "{THOUGHT}", say: {SAID}', _pane("must be a fig"), fold=True),
    ),
    Screen(
        name="answering", show=runs(f'hang after 64, think: "{THOUGHT}", say: {SAID}', _answers("plate")), main=True
    ),
    Screen(name="article", show=reads("How likely"), main=True, whole=True, paper=True),
    Screen(name="article-open", show=reads("How likely", unfold=".thinking__head, .foot__summary"), whole=True),
    Screen(name="pictures", show=reads("What is on the plate, and what"), whole=True, paper=True),
    Screen(name="versions", show=reads("Solve"), whole=True),
    Screen(name="chinese", show=reads("这张发票"), whole=True),
    Screen(name="arabic", show=reads("لماذا"), whole=True),
    Screen(name="hebrew", show=reads("למה"), whole=True),
    Screen(name="stopped", show=reads("Write a Python function", end=True)),
    Screen(name="length", show=reads("How does a database", end=True)),
    Screen(name="length-in-thought", show=reads("Explain how a transformer", end=True)),
    Screen(name="several-attempts", show=reads("Explain the derivative", unfold=".foot__summary", end=True)),
    Screen(name="interrupted", show=reads("Plan three days", end=True)),
    Screen(name="filtered", show=reads("Something a filter")),
    Screen(name="failed", show=reads("What is Bayes")),
    Screen(name="failed-picture", show=reads("Read the table")),
    Screen(name="failed-midway", show=reads("What does the tide", end=True)),
    Screen(name="menu", show=menu),
    Screen(name="editing", show=editing),
    Screen(name="written", show=written),
    Screen(name="viewer", show=viewer),
    Screen(name="seen", show=seen),
    Screen(name="sheet", show=sheet, widths=(360,)),
    Screen(name="drawer", show=drawer, main=True),
    Screen(name="settings", show=opens("/settings/", "alice"), whole=True),
    Screen(name="leave", show=opens("/settings/leave/", "alice")),
    Screen(name="password-change", show=opens("/accounts/password/change/", "alice")),
    Screen(name="list", show=opens("/conversations/", "bob"), whole=True),
    Screen(name="long", show=reads("A thousand", "bob", end=True)),
    Screen(name="long-top", show=reads("A thousand", "bob")),
    Screen(name="wide-table", show=reads("A table of sixty", "bob")),
    Screen(name="endless-line", show=reads("One line of", "bob")),
    Screen(name="book", show=reads("A whole book", "bob", end=True)),
    Screen(name="forty-pictures", show=reads("Forty pictures", "bob"), whole=True),
    Screen(name="title-endless", show=reads("A title that", "bob")),
    Screen(name="title-emoji", show=reads("👩", "bob")),
    Screen(name="title-mixed", show=reads("السماء", "bob")),
    Screen(name="title-unbreakable", show=reads("Donau", "bob")),
    Screen(name="partials", show=opens("/staff/partials/", "dora"), main=True, whole=True),
    Screen(name="offline", show=offline),
    Screen(name="offline-home", show=offline_home),
    Screen(name="not-found", show=opens("/nowhere/", "alice")),
]
