"""Whatever a model or a person writes stays text: nothing runs, loads, leaves or dresses up as the page."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Window
from tests.lab.people import Person

pytestmark = pytest.mark.browser

MARKUP = [
    "<script>window.pwned = 1</script>",
    '<img src="http://127.0.0.1:9/beacon?q=SECRET" onerror="window.pwned = 1">',
    '<iframe srcdoc="<script>parent.pwned = 1</script>"></iframe>',
    "<style>body { display: none }</style>",
    '<link rel="stylesheet" href="http://127.0.0.1:9/beacon.css">',
    '<meta http-equiv="refresh" content="0; url=http://127.0.0.1:9/beacon">',
    '<base href="http://127.0.0.1:9/">',
    '<svg onload="window.pwned = 1"><a href="javascript:window.pwned = 1">x</a></svg>',
    '<form action="http://127.0.0.1:9/beacon"><input type="image" src="http://127.0.0.1:9/beacon"></form>',
    '<div style="position: fixed; inset: 0; background: url(http://127.0.0.1:9/beacon)">over all</div>',
    '<video poster="http://127.0.0.1:9/beacon" src="http://127.0.0.1:9/beacon"></video>',
    '<input autofocus onfocus="window.pwned = 1">',
    '<details open ontoggle="window.pwned = 1">',
    '<button form="stop">Stop</button>',
    '<live-conversation data-turns="http://127.0.0.1:9/beacon"></live-conversation>',
    '<template data-blank="text"><b>mine</b></template>',
]
LINKS = [
    "[a](javascript:window.pwned=1)",
    "[b](JaVaScRiPt:window.pwned=1)",
    "[c](&#106;avascript:window.pwned=1)",
    "[d](data:text/html,<script>window.pwned=1</script>)",
    "[e](vbscript:msgbox)",
    "<javascript:window.pwned=1>",
    "[f](/accounts/logout/)",
    "[g](//evil.example/)",
    "[h](https:evil.example)",
]
BEACONS = [
    "![i](http://127.0.0.1:9/beacon?q=SECRET)",
    "[![j](http://127.0.0.1:9/beacon)](http://127.0.0.1:9/elsewhere)",
    "![k][ref]",
    "![l](data:image/svg+xml,<svg onload=window.pwned=1>)",
]
DISGUISES = [
    "[https://bank.example](https://evil.example/)",
    "[bank.example](https://evil.example/)",
    "![https://bank.example](https://evil.example/p.png)",
]
REFERENCE = "[ref]: http://127.0.0.1:9/beacon"
SIGNS = (
    "right \u202eto left\u202c, hidden \u2066isolate\u2069, tags \U000e0041\U000e0042, bell \x07, escape \x1b[31m, end."
)
FORMULAS = [
    "$" + "{" * 1500 + "x" + "}" * 1500 + "$",
    "$" + r"\frac{" * 300 + "x" + "}{y}" * 300 + "$",
    "$" + "x^{" * 600 + "x" + "}" * 600 + "$",
    r"$\href{javascript:window.pwned=1}{x} \includegraphics{http://127.0.0.1:9/beacon}$",
    r"$\text{<img src=x onerror=window.pwned=1>} \class{x}{y} \style{position:fixed}{z}$",
    r"$\def\a{\a\a}\a$",
]
DOCUMENT = "\n\n".join([*MARKUP, *LINKS, *BEACONS, *DISGUISES, REFERENCE, SIGNS, "The end."])
BOMBS = "\n\n".join([*FORMULAS, "> " * 300 + "deep", "The end."])

# All that stands in the texts of an answer: names of elements and attributes, and addresses.
FOUND = """(answer) => {
  const names = new Set(), attributes = new Set(), links = [];
  for (const room of answer.querySelectorAll("[data-blocks]"))
    for (const element of room.querySelectorAll(":not([data-added], [data-added] *)")) {
      names.add(element.localName);
      for (const { name } of element.attributes) attributes.add(name);
      if (element.localName === "a") links.push([element.href, element.rel, element.target, element.textContent]);
    }
  return { names: [...names], attributes: [...attributes], links };
}"""
HARMLESS = """
a bdi blockquote br code code-block div em h3 h4 h5 h6 hr li ol p pre span strong sup ul
math semantics annotation mrow mi mn mo msup msub mfrac msqrt mtext mspace mstyle mpadded
"""
PLAIN = {"class", "dir", "href", "rel", "target", "data-language", "display", "encoding", "tabindex", "title"}
PLAIN |= {"start", "mathcolor", "mathvariant", "stretchy", "form", "lspace", "rspace", "displaystyle", "scriptlevel"}


def is_inert(window: Window) -> dict[str, Any]:
    found: dict[str, Any] = window.page.evaluate(FOUND, window.answer.element_handle())
    assert set(found["names"]) <= set(HARMLESS.split())
    assert set(found["attributes"]) <= PLAIN
    for address, rel, target, _ in found["links"]:
        assert re.match(r"https?://[^/]|mailto:", address), address
        assert (rel, target) == ("noopener noreferrer nofollow ugc", "_blank")
    assert window.page.evaluate("window.pwned") is None
    return found


@pytest.mark.parametrize("kind", ["text", "thinking"])
def test_a_hostile_text_is_only_text(window: Window, kind: str) -> None:
    quoted = DOCUMENT.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    script = f"say: {DOCUMENT}" if kind == "text" else f'think: "{quoted}", say: Yes.'
    window.asks("Why?", script=f"rate 1500, {script}")
    window.ends()
    for _ in range(2):
        shown = window.page.locator(f"[data-kind={kind}]").last
        expect(shown).to_contain_text("The end.")
        found = is_inert(window)
        assert "a" in found["names"]
        labels = [label for *_, label in found["links"]]
        assert sum("(evil.example)" in label for label in labels) == 2, "another host than the words say is named"
        text = str(shown.evaluate("(room) => room.textContent"))
        assert "[image: i] 127.0.0.1" in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\U000e0000-\U000e007f]", text), "signs nobody sees"
        expect(window.composer).to_be_visible()
        window.reloads()


def test_bombs_of_formulas_and_depth_are_defused(window: Window) -> None:
    window.asks("Why?", script=f"say: {BOMBS}")
    window.ends()
    is_inert(window)
    expect(window.answer.locator("[data-kind=text]")).to_contain_text("The end.")
    window.reloads()
    is_inert(window)


PAYLOAD = " ".join(
    [
        '"><svg onload=alert(1)>',
        "{{7*7}}{% debug %}",
        "</script></title><script>alert(1)</script>",
        "'-alert(1)-' javascript:alert(1)",
        "<img src=http://127.0.0.1:9/beacon onerror=alert(1)>",
    ]
)
FOREIGN = "script:not([src]):not([type=importmap]), [onload], [onerror], img[src]:not([src*='/static/']), iframe"


def _is_clean(page: Page) -> None:
    expect(page.locator(FOREIGN)).to_have_count(0)


def test_questions_and_titles_are_only_text(alice: Person, new_tab: Window) -> None:
    posted = alice.asks(f"{PAYLOAD} simulate: answer 1")
    path = f"/c/{posted['conversation']}/"
    alice.post(f"{path}rename/", title=PAYLOAD)
    alice.ended(posted["message"])
    window = new_tab.opens(path)
    page = window.page
    expect(page.locator("h1")).to_have_text(PAYLOAD)
    expect(page).to_have_title(re.compile(re.escape(PAYLOAD)))
    expect(page.locator(".side__link[aria-current=page]")).to_have_text(PAYLOAD)
    expect(page.locator(".question__text")).to_contain_text(PAYLOAD)
    _is_clean(page)
    for other in ("/conversations/", f"{path}delete/"):
        window.opens(other)
        expect(page.locator("main")).to_contain_text(PAYLOAD)
        _is_clean(page)
    window.opens(f"{path}rename/")
    expect(page.get_by_role("textbox", name="Title")).to_have_value(PAYLOAD)
    _is_clean(page)


def test_signs_nobody_sees_are_kept_out_of_titles(alice: Person, window: Window) -> None:
    window.opens(f"{window.page.url}rename/")
    window.page.get_by_role("textbox", name="Title").fill("safe\u202egnp.exe \U000e0041\u200b end")
    window.page.get_by_role("button", name="Rename").click()
    expect(window.page.locator("h1")).to_have_text("safegnp.exe end")
