"""What a newcomer reads."""

import re
from importlib.resources import files
from itertools import product

import pytest

from chatapp.simulator import Simulator, demo
from chatapp.simulator.demo import LANGUAGES, VARIATIONS, Question, choose_topic, excerpt, language_of, respond
from chatapp.simulator.pictures import Picture
from tests.simulator.caller import Caller

TOPICS = [
    (language, file.name.removesuffix(".md"))
    for language in LANGUAGES
    for file in files(demo).joinpath(language).iterdir()
    if file.name.endswith(".md")
]
QUESTIONS = {
    "Hi there!": "hello",
    "What can you do?": "hello",
    "": "hello",
    "Sort a list in Python": "python",
    "What is the derivative of x^2?": "calculus",
    "Solve this quadratic equation": "quadratic",
    "What is the probability of two sixes?": "bayes",
    "Prove that there are infinitely many primes": "primes",
    "Compare SQLite and PostgreSQL": "database",
    "How do websockets differ from HTTP?": "streaming",
    "How does attention work in a transformer?": "transformer",
    "A recipe for dinner, please": "recipe",
    "Plan a weekend in Paris": "travel",
    "Write a polite email to my landlord": "letter",
    "Write a haiku": "poem",
    "Why is the sky blue?": "sky",
    "Tell me about tulips": "general",
    "Which of his hills is higher than this one, and how would I measure it?": "general",
    "你好": "hello",
    "天空为什么是蓝色的？": "sky",
    "用 Python 写一个排序": "python",
    "什么是贝叶斯公式": "bayes",
    "番茄炒蛋怎么做": "recipe",
    "如何养郁金香": "general",
    "空はなぜ青いのですか": "general",
    "لماذا السماء زرقاء؟": "general",
}


@pytest.mark.parametrize(("text", "topic"), QUESTIONS.items())
def test_the_words_of_the_question_choose_the_topic(text: str, topic: str) -> None:
    assert choose_topic(Question(text), language_of(text)).name == topic


@pytest.mark.parametrize(
    ("text", "language"), [("Why?", "en"), ("为什么", "zh"), ("なぜ空は青い", "ja"), ("لماذا", "ar"), ("Où ?", "en")]
)
def test_the_answer_is_in_the_language_of_the_question(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(("language", "topic"), TOPICS)
def test_every_answer_is_filled_and_says_what_it_is(language: str, topic: str) -> None:
    text = {"en": "Why is it so?", "zh": "这是为什么", "ja": "なぜですか", "ar": "لماذا هكذا"}[language]
    question = Question(text, earlier=("And before?",), pictures=(Picture(640, 480), Picture(None, None)))
    for variation in range(VARIATIONS):
        thinking, answer = demo.tell(demo.topics(language)[topic], question, demo.phrases(language), variation)
        assert "[[" not in thinking + answer
        assert text.rstrip("?") in thinking
        assert "And before" in thinking
        assert "OPENROUTER_API_KEY" in answer
        assert {"en": "demo", "zh": "演示", "ja": "デモ", "ar": "العرض"}[language] in answer
        assert answer.startswith("## ")
        assert answer.count("```") % 2 == 0
        assert len(re.findall(r"(?<![\\$])\$(?!\$)", re.sub(r"```.*?```", "", answer, flags=re.DOTALL))) % 2 == 0
        assert answer.count("$$") % 2 == 0


def test_there_are_tables_code_and_formulas_to_look_at() -> None:
    for language, count in (("en", 12), ("zh", 10)):
        answers = [topic.answer for topic in demo.topics(language).values()]
        assert len(answers) >= count
        for sign in ("|---", "```python", "$$", "\n1. "):
            assert sum(sign in answer for answer in answers) >= 4
    for language, variation in product(LANGUAGES, range(VARIATIONS)):
        assert len({demo.phrases(language).notes[number] for number in range(VARIATIONS)}) == VARIATIONS
        assert demo.phrases(language).openings[variation]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_python_in_the_answers_runs(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    for topic in demo.topics(language).values():
        for code in re.findall(r"^```python\n(.*?)^```", topic.answer, flags=re.DOTALL | re.MULTILINE):
            exec(compile(code.replace("[[code]]", '"why so"'), topic.name, "exec"), {})
            printed = capsys.readouterr().out.strip()
            for shown in re.findall(r"^print\(.*#\s+([\d.\[\], ]+)$", code, flags=re.MULTILINE):
                assert printed == shown


def test_pictures_are_told_by_size_and_tokens() -> None:
    _, answer = respond(Question("Was ist das?", pictures=(Picture(1024, 768),)))
    assert "| 1 | 1024 × 768 px | 770 |" in answer


def test_an_excerpt_is_one_harmless_line() -> None:
    assert excerpt("# Hi\n\n`code` <b> $x$ | [[words]] *a*") == "Hi code b x words a"
    assert len(excerpt("word " * 100)) <= 90
    thinking, answer = respond(Question("What about [[note]] and $5?"))
    assert "“What about note and 5?”" in thinking
    assert answer


async def test_the_same_seed_gives_the_same_text(caller: Caller) -> None:
    first, second = [await caller.ask("Tell me about tulips", seed=7) for _ in range(2)]
    assert (first.thinking, first.content) == (second.thinking, second.content)
    texts = {(await caller.ask("Tell me about tulips", seed=seed)).content for seed in range(VARIATIONS)}
    assert len(texts) == VARIATIONS


async def test_a_script_is_played_on_the_demos_answer(caller: Caller) -> None:
    answer = await caller.ask("Why is the sky blue? simulate: cut after 30", seed=1)
    whole = await caller.ask("Why is the sky blue?", seed=1)
    assert answer.thinking
    assert whole.thinking.startswith(answer.thinking)
    assert "simulate" not in whole.thinking + answer.thinking


async def test_the_conversation_is_remembered(caller: Caller) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Why is the sky blue?"},
        {"role": "assistant", "content": "Because."},
        {"role": "user", "content": "And tulips?"},
    ]
    answer = await caller.ask(messages=messages)
    assert "Why is the sky blue?" in answer.thinking
    assert "turn 2" in answer.thinking


async def test_the_demo_is_the_same_without_control() -> None:
    async with Simulator(pace=0) as simulator, Caller(simulator.base_url) as caller:
        assert "OPENROUTER_API_KEY" in (await caller.ask("hello")).content
        assert simulator.requests() == []
