"""HTML as a list of elements, and the judgement that none of them can load or run anything."""

import re
from html.parser import HTMLParser

# Everything an answer may be made of, written down a second time on purpose.
ALLOWED_TAGS = """
a annotation b bdi blockquote br code code-block div em h3 h4 h5 h6 hr i li math mfrac mi mmultiscripts mn mo mover
mpadded mphantom mprescripts mroot mrow mspace msqrt msub msubsup msup mtable mtd mtext mtr munder munderover ol p pre
s section semantics span strong sup table tbody td th thead tr u ul
"""
ALLOWED = set(ALLOWED_TAGS.split())
LOADING = {
    "src",
    "srcset",
    "poster",
    "data",
    "background",
    "action",
    "formaction",
    "ping",
    "xlink:href",
    "cite",
    "id",
    "style",
}
VOID = {"br", "hr"}
REL = "noopener noreferrer nofollow ugc"


class Document(HTMLParser):
    """The elements of a piece of HTML as (tag, attributes), its text, and whether its tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.deepest = 0
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {attrs}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
            self.deepest = max(self.deepest, len(self._open))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1:] == [tag], f"unexpected </{tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    handle_decl = handle_pi = unknown_decl

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element with that tag."""
        return [attributes for name, attributes in self.elements if name == tag]


def assert_safe(html: str) -> Document:
    """Fail when anything in it could load, run, leave its place or lead to another scheme."""
    document = Document(html)
    for tag, attributes in document.elements:
        assert tag in ALLOWED, f"<{tag}> in {html[:500]}"
        for name, value in attributes.items():
            assert not name.startswith("on"), f"{name} in <{tag}>"
            assert name not in LOADING, f"{name} in <{tag}>"
            assert name != "href" or tag == "a", f"href in <{tag}>"
            assert value is not None, f"{name} without a value in <{tag}>"
    for link in document.all("a"):
        href = link.get("href")
        assert href is None or re.match(r"(https?|mailto):", href, re.IGNORECASE), f"a link to {href}"
        assert (link["rel"], link["target"]) == (REL, "_blank")
    return document
