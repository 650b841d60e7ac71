"""Each ending says in words how it ended and offers what can be done, and does so again after a reload."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.windows import Window

pytestmark = pytest.mark.browser

# (script, state, words, button)
ENDINGS = [
    ("tokens 10", "done", None, "Regenerate"),
    ("cut after 6, tokens 10", "interrupted", "Interrupted: the connection to the model broke.", "Try again"),
    ("length after 6, tokens 10", "length", "limit.* while answering", "Regenerate"),
    (
        "length after 6, thinking 10",
        "length",
        "limit.* while thinking.*There is no answer text",
        "Regenerate",
    ),
    ("filter after 6, tokens 10", "filtered", "filter", "Regenerate"),
    ("error 403", "filtered", "filter|moderation|refused", None),
    ("error 502 after 6, tokens 10", "failed", "try again|Try again", "Try again"),
    ("error 401", "failed", "key", "Try again"),
]


def test_each_ending_is_told_in_words_with_its_buttons(window: Window) -> None:
    for script, state, words, button in ENDINGS:
        answer = window.asks(f"Why? {script}", script=script)
        window.ends(state)
        _tells(answer, script, words, button)
        expect(window.ask_button).to_be_visible()
    window.reloads()
    for place, (script, state, words, button) in enumerate(ENDINGS, start=1):
        answer = window.answers.nth(place)
        expect(answer).to_have_attribute("data-state", state)
        _tells(answer, script, words, button)


def _tells(answer: Locator, script: str, words: str | None, button: str | None) -> None:
    sentence = answer.locator(".ending__sentence")
    if words:
        expect(sentence, script).to_be_visible()
        expect(sentence, script).to_have_text(re.compile(words))
    else:
        expect(sentence, script).to_have_count(0)
    for name in ("Regenerate", "Try again"):
        expect(answer.get_by_role("button", name=name), script).to_have_count(int(name == button))
    foot = answer.locator(".foot")
    expect(foot.get_by_role("link", name="Link"), script).to_be_visible()
    expect(foot, script).to_contain_text(re.compile(r"\d+\.\d s"))
    copy = foot.get_by_role("button", name="Copy")
    expect(copy, script).to_be_visible(visible="tokens" in script)
