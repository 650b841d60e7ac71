"""What upstream says in the benchmark: an answer of any length, made of tokens, a few of which are marks.

A mark is a word that names its place among the marks and the moment it was sent. It passes through Markdown unharmed,
so whoever finds it in a frame knows how late it is; and who has all of them can put the whole answer together again.
"""

import re
import time
from collections.abc import Sequence
from functools import cache
from itertools import chain, cycle, islice

THINKING_SHARE = 0.6
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
MARK = re.compile(r"Q([0-9a-z]{3})([0-9a-z]{5})")
MARK_LENGTH = 9
# The clock of marks counts milliseconds and begins anew after this many (seventeen hours).
TURN_MS = 36**5

# "@" is where a mark comes.
THINKING = """@ The reader asks for an overview, so I should begin with what matters @ and keep each step short. \
First, what is known: the light scatters @ with the fourth power of frequency, which is a large factor for blue.

@ Let me check the numbers. A wave of 450 nm against one of 700 nm @ gives a ratio of about 5.9, and that agrees @ \
with what is measured at noon on a clear day.

- @ the short waves are scattered, from every side of the sky
- the long ones go straight on, @ until the path through the air is long
- 瑞利散射解释了天空的颜色@，黄昏时光线穿过更厚的大气@，所以偏红。

@ So the answer needs a table, a formula $I \\propto \\lambda^{-4}$ and @ a few lines of code that anybody can run. \
Is anything missing? @ The reader may wonder about violet: the eye is less sensitive, @ and the sun sends less of it.

"""
ANSWER = """## @ Why the sky is blue

@ Sunlight is a **mixture of all colours**. Air scatters short waves much more @ than long ones, so from every \
direction of the sky *blue* light @ reaches the eye, and the sun itself looks a little yellow.

| colour | wavelength | scattered |
|---|---|---|
| @ blue | 450 nm | 5.9 |
| @ green | 530 nm | 3.0 |
| @ red | 700 nm | 1.0 |

@ The strength follows from the size of the molecules, @ which are far smaller than a wave:

$$I = I_0 \\, \\frac{1 + \\cos^2 \\theta}{2 R^2} \\left( \\frac{2 \\pi}{\\lambda} \\right)^4$$

@ 天空之所以呈现蓝色@，是因为空气分子对短波长光的散射更强@。傍晚时，光线穿过更厚的大气层@，蓝光被散射掉，剩下的是红光。

```python
def scattered(wavelength: float, reference: float = 700.0) -> float:
    # @ how much more than the reference
    return (reference / wavelength) ** 4
```

1. @ At noon the path through the air is short, and the sky is deep blue.
2. @ In the evening it is forty times as long, and `scattered(450.0)` @ takes nearly all blue away.

"""
_TOKEN = re.compile(r"@ ?|\s?[A-Za-z]{1,7}|[一-鿿]{1,2}|\s*[^\sA-Za-z一-鿿@]{1,3}|\s+")


@cache
def tokens(count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(thinking, answer): so many tokens in all, "@" or "@ " for a mark; the very first is one."""
    thinking = max(1, round(count * THINKING_SHARE))
    return _first(THINKING, thinking), _first(ANSWER, max(1, count - thinking))


def _first(text: str, count: int) -> tuple[str, ...]:
    return tuple(islice(cycle(_TOKEN.findall(text)), count))


@cache
def marks(count: int) -> tuple[int, ...]:
    """Which tokens of an answer of `count` are marks."""
    return tuple(place for place, token in enumerate(chain(*tokens(count))) if token.startswith("@"))


def texts(count: int, stamps: Sequence[str]) -> list[str]:
    """Thinking and answer as they were said, with these marks in their places."""
    found = iter(stamps)
    return [
        "".join(next(found) + token[1:] if token.startswith("@") else token for token in part) for part in tokens(count)
    ]


def now_ms() -> int:
    """Milliseconds on the clock of marks, the same in all processes of the machine."""
    return int(time.monotonic() * 1000) % TURN_MS


def base36(number: int, width: int) -> str:
    """The number in so many digits and small letters."""
    found = ""
    for _ in range(width):
        number, digit = divmod(number, 36)
        found = DIGITS[digit] + found
    return found


def stamp(place: int, at_ms: int) -> str:
    """The mark at this place among the marks (which begin anew after 46,656), sent at this moment."""
    return f"Q{base36(place % 36**3, 3)}{base36(at_ms, 5)}"
