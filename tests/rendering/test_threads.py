"""Texts are rendered in several threads at once."""

from concurrent.futures import ThreadPoolExecutor

from chatapp.rendering import render
from tests.rendering.test_code import SAMPLES
from tests.rendering.test_formulas import UNDERSTOOD


def test_threads_do_not_disturb_each_other() -> None:
    formulas = "\n\n".join(f"$${tex}$$ and ${tex}$" for tex, _ in UNDERSTOOD)
    codes = "\n\n".join(f"````{language}\n{code}````" for language, code in SAMPLES.items())
    texts = [f"# {n}\n\n{formulas}\n\n{codes}\n\n- a [b]\n\n[b]: https://ok.example/{n}\n" for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(render, texts))
    assert together == [render(text) for text in texts]
    assert all('class="plain"' not in block for blocks in together for block in blocks)
