"""What is hard to show: endless titles, tables and lines, very many messages, pictures and conversations."""

from collections.abc import Iterator

from chatapp.management.examples import pictures
from chatapp.management.examples.made import Attempt, Example

SIDEBAR_ENTRIES = 200
LONG_CONVERSATION = 1_000
MANY_PICTURES = 40
PICTURES_A_QUESTION = 10
TABLE_COLUMNS = 60
LINE_LETTERS = 10_000
QUESTION_BYTES = 100_000

TITLES = {
    "endless": "A title that does not want to end, because somebody put a whole paragraph into the field, " * 6,
    "emoji": "👩🏽‍🚀🚀🌕🧑‍🤝‍🧑🏳️‍🌈" * 12,
    "mixed": "السماء زرقاء because of Rayleigh و λ⁻⁴ ثم blue light في كل مكان 2026-11-26 (v1.0)",
    "unbreakable": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3,
}
SHORT = Attempt(thinking="", answer="A square number, as before.")
COLOURS = ("#8c5a3c", "#4a6fa5", "#6b8e4e", "#a35d6a", "#c9a227")


def examples() -> Iterator[Example]:
    """All of them, the oldest first."""
    for number in range(SIDEBAR_ENTRIES):
        yield _short(number)
    yield Example(
        questions=[f"What is {number} times {number}?" for number in range(1, LONG_CONVERSATION)] + ["And the last?"],
        before=SHORT,
        attempts=[Attempt(thinking="The last one.", answer="That was the last of very many.")],
        title="A thousand questions",
    )
    yield _answered("A table of sixty columns, please.", _table())
    yield _answered("One line of ten thousand letters, please.", f"```python\n{'x = 1; ' * (LINE_LETTERS // 7)}\n```")
    yield Example(questions=["A question as long as a book: " + "word " * (QUESTION_BYTES // 5)], title="A whole book")
    yield from _pictures()
    for name, title in TITLES.items():
        yield Example(questions=[f"The {name} title?"], attempts=[Attempt(answer="Yes.")], title=title)


def _short(number: int) -> Example:
    question = f"What did day {number + 1} of the expedition bring?"
    days = SIDEBAR_ENTRIES - number
    return Example(questions=[question], days=days, attempts=[Attempt(thinking="", answer="Rain.")])


def _answered(question: str, answer: str) -> Example:
    return Example(questions=[question], attempts=[Attempt(answer=answer)])


def _table() -> str:
    rows = [[f"{row * column}" for column in range(TABLE_COLUMNS)] for row in range(1, 6)]
    head = [f"column {number}" for number in range(TABLE_COLUMNS)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---:"] * TABLE_COLUMNS, *rows])


def _pictures() -> Iterator[Example]:
    """A conversation in which the last questions have many pictures each."""
    made = [
        (pictures.plain(COLOURS[number % 5], 200 + 7 * number, 150 + 40 * (number % 7)), f"colour {number}.jpg")
        for number in range(MANY_PICTURES)
    ]
    rounds = range(0, MANY_PICTURES, PICTURES_A_QUESTION)
    yield Example(
        questions=[f"Which of these is the darkest, from {start + 1} on?" for start in rounds],
        before=SHORT,
        pictures=[made[start : start + PICTURES_A_QUESTION] for start in rounds],
        title="Forty pictures",
    )
