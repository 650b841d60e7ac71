"""The end of a growing answer is mended in place: the page shows what it would show if all were parsed anew."""

from itertools import accumulate, takewhile
from typing import Any

import pytest

from chatapp import rendering
from tests.bench import text
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser

# Mends element after element of a pair of texts; gives what differs from parsing anew, and how often all was replaced.
MENDED = """async (texts) => {
  const [{ mend }, { fill, fragment }] = await Promise.all([import("lib/tail.js"), import("lib/html.js")]);
  const [shown, anew] = [document.createElement("div"), document.createElement("div")];
  const found = { wrong: [], filled: 0 };
  for (const [html, keep] of texts) {
    fill(anew, html);
    if (!mend(shown, html, keep, fragment)) { fill(shown, html); found.filled += 1; }
    shown.normalize();
    if (shown.innerHTML !== anew.innerHTML) found.wrong.push([html, shown.innerHTML]);
  }
  return found;
}"""
ARTICLE = text.ANSWER.replace("@", "")
ODD = """> quoted *words*
>
> - with a list
>   1. in a list, and `a < b && "c" > d`

- [x] done 🧪
- [ ] not done\\
  after a break

![a picture > here](https://example.com/a.png "its \\"title\\"") $a<b$ and $$\\begin{cases} x & y \\\\ 1 & 2 \\end{cases}$$

```
<b>no bold</b>

```

العربية **قوية**, then ~~struck~~ and a [link](https://example.com/?a=1&b=2).
"""


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.show_home()
    return stage


def growing(source: str, step: int) -> list[str]:
    """The HTML of the text after every few characters."""
    cuts = accumulate([step] * (len(source) // step), initial=1)
    return [str(rendering.join(rendering.render(source[:cut]))) for cut in cuts]


def shared(one: str, other: str) -> str:
    """What both begin with."""
    return "".join(left for left, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def units(html: str) -> int:
    return len(html.encode("utf-16-le")) // 2


@pytest.mark.parametrize("source", [ARTICLE, ODD], ids=["article", "odd"])
@pytest.mark.parametrize("step", [1, 7])
def test_it_shows_what_parsing_anew_would_show(stage: Stage, source: str, step: int) -> None:
    texts = growing(source, step)
    pairs = [(html, units(shared(last, html))) for last, html in zip(["", *texts], texts, strict=False)]
    found: dict[str, Any] = stage.page.evaluate(MENDED, pairs)
    assert found["wrong"] == []
    assert found["filled"] <= 3


@pytest.mark.parametrize("source", [ARTICLE, ODD], ids=["article", "odd"])
def test_any_place_to_keep_from_will_do(stage: Stage, source: str) -> None:
    html = str(rendering.join(rendering.render(source)))
    pairs = [pair for keep in range(0, units(html), 5) for pair in ((html, 0), (html, keep))]
    assert stage.page.evaluate(MENDED, pairs)["wrong"] == []


def test_rows_of_a_table_that_are_there_stay_the_same_elements(stage: Stage) -> None:
    rows = ["<tr><td>1</td></tr>", "<tr><td>2", " and more</td></tr>"]
    before, after = ("<table><tbody>" + "".join(rows[:count]) for count in (2, 3))
    kept = stage.page.evaluate(
        """async ([before, after]) => {
          const [{ mend }, { fill, fragment }] = await Promise.all([import("lib/tail.js"), import("lib/html.js")]);
          const shown = document.createElement("div");
          fill(shown, before);
          const old = [...shown.querySelectorAll("tr, td")];
          mend(shown, after, before.length, fragment);
          return [old.every((element) => shown.contains(element)), shown.textContent];
        }""",
        [before, after],
    )
    assert kept == [True, "12 and more"]
