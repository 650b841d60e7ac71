"""Upstream ends in each of its ways; the answer ends in the right state, with its text kept and words for a person."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import FOUNDER
from tests.lab.people import Person, text_of
from tests.lab.processes import Site

# (script, state, reason, tokens of thinking and answer that must be kept, words that the person reads)
ENDINGS = [
    ("tokens 20", "done", "", 20, ""),
    ("length after 10, tokens 40", "length", "tokens", 10, "its own limit"),
    ("thinking 30, answer 0, length after 12", "length", "tokens", 12, "while thinking"),
    ("filter after 10, tokens 40", "filtered", "answer", 10, "filter"),
    ("cut after 10, tokens 40", "interrupted", "cut", 10, "connection to the model broke"),
    ("cut-close after 10, tokens 40", "interrupted", "cut", 10, "connection to the model broke"),
    ("reset after 10, tokens 40", "interrupted", "cut", None, "connection to the model broke"),
    ("done-without-finish, tokens 20", "interrupted", "cut", 20, "connection to the model broke"),
    ("no-done, tokens 20", "done", "", 20, ""),
    ("stay-open, tokens 20", "done", "", 20, ""),
    ("error 502 after 10, tokens 40", "failed", "upstream", 10, "ry again"),
    ("error 502 after 10, tokens 40, shape bare", "failed", "upstream", 10, "ry again"),
    ("error 400 context", "failed", "too_long", 0, ""),
    ("error 401", "failed", "key", 0, ""),
    ("error 402", "failed", "credit", 0, ""),
    ("error 403", "filtered", "question", 0, ""),
    ("error 413", "failed", "too_large", 0, ""),
    ("error 404", "failed", "model", 0, ""),
    ("html 200", "failed", "upstream", 0, ""),
    ("fail 1 times then ok, tokens 10", "done", "", 10, ""),
    ("crlf, tokens 20", "done", "", 20, ""),
    ("reasoning-content, tokens 20", "done", "", 20, ""),
    ("reasoning-twice, tokens 20", "done", "", 20, ""),
    ("garbage 3, tokens 20", "done", "", 20, ""),
    ("bytes 7, tokens 20", "done", "", 20, ""),
    ("odd, tokens 20", "done", "", 20, ""),
]


@pytest.fixture(scope="module", params=["aiohttp", "httpx"])
def asker(
    request: pytest.FixtureRequest,
    start_site: Callable[..., Site],
    founded: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Person]:
    """The founder of a site that reaches upstream by this transport: their errors differ."""
    data = shutil.copytree(founded, tmp_path_factory.mktemp("transport") / "data")
    site = start_site(data, UPSTREAM_TRANSPORT=request.param).ready()
    person = Person(site, FOUNDER).signs_in()
    yield person
    person.close()
    site.end()


@pytest.mark.parametrize(("script", "state", "reason", "kept", "words"), ENDINGS, ids=[row[0] for row in ENDINGS])
def test_the_ending_is_told(asker: Person, script: str, state: str, reason: str, kept: int | None, words: str) -> None:
    posted = asker.asks(f"simulate: {script}")
    message = asker.ended(posted["message"])
    assert (message["state"], message["reason"]) == (state, reason)
    assert words in message["sentence"]
    assert "CANARY" not in str(message)
    if state == "failed":
        assert message["error"]["message"]
    if kept is not None:
        text = text_of(message, "thinking") + text_of(message, "text")
        assert text.count("<r") + text.count("<a") == kept
    page = asker.http.get(f"/c/{posted['conversation']}/")
    assert page.status_code == 200
    assert "CANARY" not in page.text


def test_recorded_streams_come_out_as_they_should(alice: Person) -> None:
    posted = alice.asks("simulate: replay 10_unicode")
    message = alice.ended(posted["message"])
    assert text_of(message, "thinking") == "图里有一只猫。Écrire la réponse…"
    assert text_of(message, "text").startswith("猫 = кошка = قطة 👨‍👩‍👧 😀")
    assert "\u2028" in text_of(message, "text")


def test_no_key_and_no_text_is_in_the_servers_log(alice: Person) -> None:
    posted = alice.asks("CANARY-OF-A-QUESTION simulate: error 401")
    alice.ended(posted["message"])
    assert "CANARY" not in alice.site.output
