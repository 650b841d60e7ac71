"""What people have in a site they use: questions of every kind, and answers that ended in every way."""

from chatapp.management.examples import pictures
from chatapp.management.examples.made import Attempt, Example
from chatapp.words import Purpose, Reason, State

ARTICLE = r"""A test finds **99 %** of the ill, and is wrong for 5 % of the healthy. One person in a thousand is ill.
How worried should you be about a positive result?

## The people behind the numbers

| Group | People | Tested positive | Share of the alarms |
|---|---:|---:|---:|
| ill | 1 | 0.99 | 1.9 % |
| healthy | 999 | 49.95 | 98.1 % |
| all | 1,000 | 50.94 | 100 % |

The chance to be ill after a positive test is

$$P(I \mid +) = \frac{P(+ \mid I)\,P(I)}{P(+ \mid I)\,P(I) + P(+ \mid \bar I)\,P(\bar I)}
= \frac{0.99 \cdot 0.001}{0.99 \cdot 0.001 + 0.05 \cdot 0.999} \approx 0.019$$

so *less than two in a hundred*, because $P(I) = 10^{-3}$ is so much smaller than $P(+ \mid \bar I)$.

### In Python

```python
def posterior(prior: float, hits: float, false_alarms: float) -> float:
    "The chance of the cause, given its sign."
    return prior * hits / (prior * hits + (1 - prior) * false_alarms)  # a line that is rather long, to see it scroll


print(f"{posterior(0.001, 0.99, 0.05):.3f}")  # 0.019
```

### What to do with it

1. Count the ill who are found.
2. Count the healthy who are alarmed.
   - There are many of them.
   - A second, independent test halves the doubt: `posterior(0.019, 0.99, 0.05)`.
3. Divide.

- [x] the prior
- [ ] the second test

> The rare thing stays rare, even after the sign of it.

Integrals read well too: $\int_0^1 x^2\,dx = \tfrac13$, and roots: $\sqrt{b^2 - 4ac}$.

---

See [a longer account](https://en.wikipedia.org/wiki/Bayes%27_theorem), and its note.[^1]

[^1]: Bayes himself never published it."""
HEBREW = """שאלה טובה. **השמיים כחולים** כי האוויר מפזר אור כחול יותר מאור אדום.

1. אור השמש מכיל את כל הצבעים.
2. הפיזור גדל לפי $1/\\lambda^4$.
3. לכן `blue` מגיע מכל הכיוונים.

> בשקיעה הדרך ארוכה יותר, ורק האדום נשאר.

| צבע | אורך גל |
|---|---:|
| כחול | 450 nm |
| אדום | 700 nm |"""
FIGS = (
    (pictures.plate(), "figs.jpg"),
    (pictures.receipt(), "receipt.jpg"),
    (pictures.plain("#8a9a5b", 1200, 400), "a wide field.jpg"),
)


def _ended(question: str, days: int, *attempts: Attempt) -> Example:
    return Example(questions=[question], days=days, attempts=attempts)


def _failed(question: str, days: int, reason: Reason, explanation: str, answer: str | None = "") -> Example:
    attempt = Attempt(state=State.FAILED, reason=reason, explanation=explanation, thinking=answer, answer=answer)
    return _ended(question, days, attempt)


def _filtered(question: str, days: int, reason: Reason, explanation: str, answer: str | None = "") -> Example:
    attempt = Attempt(state=State.FILTERED, reason=reason, explanation=explanation, thinking=answer, answer=answer)
    return _ended(question, days, attempt)


STOPPED = Attempt(state=State.STOPPED, reason=Reason.PERSON)
CUT = Attempt(state=State.LENGTH, reason=Reason.TOKENS)
CUT_IN_THOUGHT = Attempt(state=State.LENGTH, reason=Reason.TOKENS, answer="")
EXAMPLES = (
    Example(questions=["Why is the sky blue?", "And why are sunsets red?", "What about Mars?"]),
    Example(questions=["How likely am I ill after a positive test?"], attempts=[Attempt(answer=ARTICLE)]),
    Example(questions=["What is on the plate, and what did it cost?"], pictures=[FIGS]),
    Example(questions=["Solve x² − 6x + 5 = 0 and show each step."], versions=3),
    Example(questions=["这张发票的总额是多少？请一步一步地算。"], days=1),
    Example(questions=["لماذا السماء زرقاء؟"], days=1),
    Example(questions=["למה השמיים כחולים?"], days=1, attempts=[Attempt(answer=HEBREW)]),
    _ended("Write a Python function that finds primes.", 2, STOPPED),
    _ended("What is the capital of Mongolia?", 2, Attempt(state=State.STOPPED, reason=Reason.PERSON, answer="")),
    _ended("Explain how a transformer reads a sentence.", 3, CUT_IN_THOUGHT),
    _ended("How does a database keep what it was told?", 3, CUT),
    _ended(
        "Explain the derivative once more, slowly.",
        4,
        Attempt(state=State.LENGTH, reason=Reason.TOKENS, answer=""),
        Attempt(state=State.STOPPED, reason=Reason.PERSON, purpose=Purpose.ANSWER_NOW, thinking=""),
        Attempt(purpose=Purpose.CONTINUE, thinking="", answer="It is the slope of the line that touches the curve."),
    ),
    _ended("Plan three days in Lisbon.", 5, Attempt(state=State.INTERRUPTED, reason=Reason.CUT)),
    _ended("Plan a week of meals.", 6, Attempt(state=State.INTERRUPTED, reason=Reason.RESTART)),
    _ended("Write a poem about rain.", 6, Attempt(state=State.INTERRUPTED, reason=Reason.SERVER)),
    _filtered(
        "Something a filter dislikes.",
        12,
        Reason.QUESTION,
        "The model's provider refused this question. Ask in other words.",
    ),
    _filtered(
        "A story that takes a turn.", 13, Reason.ANSWER, "A content filter of the provider stopped this answer.", None
    ),
    _failed("What is Bayes' rule good for?", 40, Reason.BUSY, "The model is busy. Try again in a moment."),
    _failed(
        "Read the table in this scan.",
        41,
        Reason.PICTURE,
        "The model's provider could not read the picture. Ask again without it, or with another.",
    ),
    _failed(
        "What does the tide depend on?",
        42,
        Reason.UPSTREAM,
        "The model's provider reported an error. The text so far is kept; try again.",
        None,
    ),
    Example(questions=["How do I write a letter of complaint?"], days=70),
)
