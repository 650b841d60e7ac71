"""What the demo says: prepared answers, chosen by the words of the question and given in its language.

The texts are Markdown files, one per topic, in a folder per language: a line of words that call for the topic, the
thinking, and the answer, separated by lines of three equals signs. `[[question]]` and the like are filled in. Every
answer says that it is the demo's.
"""

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from chatapp.simulator.pictures import Picture

VARIATIONS = 3
EXCERPT_LETTERS = 90
# A longer text that begins with "hi" is not a greeting.
GREETING_LETTERS = 40
LONGEST_UNBENT = 3
LANGUAGES = ("en", "zh", "ja", "ar")
SEPARATOR = "\n===\n"

_GENERAL, _GREETING, _PICTURES = "general", "hello", "picture"
_MARKUP = re.compile(r"[`*_\[\]<>|$\\#~]")
_FIELD = re.compile(r"\[\[(\w+)\]\]")
_LATIN_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_LANGUAGE_SIGNS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
)
_SMALL_WORDS = re.compile(
    r"a|about|an|and|any|are|can|could|did|do|does|explain|for|from|give|had|has|have|her|his|how|i|in|into|is|it|its|"
    r"let|make|me|not|of|on|our|please|show|some|tell|than|that|the|them|then|there|these|they|this|those|to|was|were|"
    r"what|when|where|which|who|why|will|with|would|write|you|your"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the text, the texts asked earlier in the conversation, the pictures that came with it."""

    text: str
    earlier: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A prepared answer."""

    name: str
    words: tuple[str, ...]
    thinking: str
    answer: str

    def score(self, text: str) -> int:
        """How much of the text calls for it; longer words say more."""
        return sum(len(word) for word in self.words if _says(text, word))


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences that a language uses around every topic, each in `VARIATIONS` forms."""

    openings: list[str]
    earlier: str
    closings: list[str]
    notes: list[str]
    no_words: str
    comma: str


def respond(question: Question, variation: int = 0) -> tuple[str, str]:
    """Thinking and answer for a question. The same question and variation give the same text."""
    language = language_of(question.text or next(reversed(question.earlier), ""))
    return tell(choose_topic(question, language), question, phrases(language), variation)


def tell(topic: Topic, question: Question, around: Phrases, variation: int) -> tuple[str, str]:
    """Thinking and answer of a topic, filled for the question."""
    fields = _fields(question, around, variation)
    thoughts = [around.openings[variation], topic.thinking, around.closings[variation]]
    if question.earlier:
        thoughts.insert(1, around.earlier)
    return _fill("\n\n".join(thoughts), fields), _fill(topic.answer, fields)


def about_result(question: str, tool: str, result: str) -> tuple[str, str]:
    """Thinking and answer once a tool has answered."""
    asked = excerpt(question)
    thinking = f'The tool {tool} has answered what "{asked}" needs. I pass its result on as it is.'
    note = phrases("en").notes[0]
    return thinking, f"The tool `{tool}` answered:\n\n```\n{result.replace('```', '` ` `')}\n```\n\n{note}"


def choose_topic(question: Question, language: str) -> Topic:
    """The topic that fits best."""
    known = topics(language)
    if question.pictures:
        return known[_PICTURES]
    if not question.text.strip():
        return known.get(_GREETING, known[_GENERAL])
    text = unicodedata.normalize("NFKC", question.text).lower()
    fitting = [
        topic
        for topic in known.values()
        if topic.name != _PICTURES and (topic.name != _GREETING or len(text) <= GREETING_LETTERS)
    ]
    best = max(fitting, key=lambda topic: topic.score(text))
    return best if best.score(text) else known[_GENERAL]


@cache
def topics(language: str) -> dict[str, Topic]:
    """The prepared answers in a language, by name."""
    found = {}
    for file in sorted(files(__name__).joinpath(language).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".md"):
            words, thinking, answer = file.read_text("utf-8").split(SEPARATOR)
            name = file.name.removesuffix(".md")
            named = tuple(word.strip() for word in words.removeprefix("words:").split(",") if word.strip())
            found[name] = Topic(name, named, thinking.strip(), answer.strip())
    return found


@cache
def phrases(language: str) -> Phrases:
    """The sentences around them in a language."""
    return Phrases(**json.loads(files(__name__).joinpath(language, "phrases.json").read_text("utf-8")))


def language_of(text: str) -> str:
    """The language to answer in, judged by the script of the text."""
    for language, sign in _LANGUAGE_SIGNS:
        if sign.search(text):
            return language
    return "en"


def excerpt(text: str) -> str:
    """The beginning of a text on one line, without anything that Markdown could take for its own."""
    plain = " ".join(_MARKUP.sub(" ", text[: EXCERPT_LETTERS * 4]).split())
    return plain if len(plain) <= EXCERPT_LETTERS else plain[: EXCERPT_LETTERS - 1].rstrip() + "…"


def _says(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    # A star stands for any ending: `deriv*`.
    ending = r"\w*" if word.endswith("*") else "s?" if len(word) > LONGEST_UNBENT else ""
    return re.search(rf"(?<!\w){re.escape(word.rstrip('*'))}{ending}(?!\w)", text) is not None


def _fields(question: Question, around: Phrases, variation: int) -> dict[str, str]:
    words = _telling_words(question.text)
    lengths = Counter(len(word) for word in _LATIN_WORD.findall(question.text))
    return {
        "question": excerpt(question.text) or "…",
        "words": around.comma.join(f"“{word}”" for word in words) or around.no_words,
        "first": words[0] if words else around.no_words,
        "code": json.dumps(excerpt(question.text), ensure_ascii=False),
        "characters": str(len(excerpt(question.text))),
        "longest": str(max(lengths, default=0)),
        "earlier": excerpt(next(reversed(question.earlier), "")),
        "turn": str(len(question.earlier) + 1),
        "pictures": str(len(question.pictures)),
        "sizes": "\n".join(_row(number, picture) for number, picture in enumerate(question.pictures, 1)),
        "tokens": str(sum(picture.tokens for picture in question.pictures)),
        "note": around.notes[variation],
    }


def _telling_words(text: str) -> list[str]:
    words = [word for word in _LATIN_WORD.findall(excerpt(text)) if not _SMALL_WORDS.fullmatch(word.lower())]
    return list(dict.fromkeys(words))[:4]


def _row(number: int, picture: Picture) -> str:
    size = f"{picture.width} × {picture.height} px" if picture.width else "?"
    seen = picture.colours
    main, corners = (", ".join(seen.main), ", ".join(seen.corners)) if seen else ("?", "?")
    return f"| {number} | {size} | {picture.tokens} | {main} | {corners} |"


def _fill(text: str, fields: dict[str, str]) -> str:
    return _FIELD.sub(lambda found: fields[found[1]], text)
