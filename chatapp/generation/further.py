"""What the model is told when it is to write on in a message: pure, from what is there to turns.

It is not asked by a prefilled answer: a thinking model's template does not go on from one. What is there goes back as
its own words, and a plain request follows.
"""

from chatapp.words import PartKind, Purpose

# The newest thoughts count most, and a thought that went in circles is long.
QUOTED_CHARS = 24_000
# A line that long which comes again says nothing new; shorter ones may be code.
LEAST_REPEATED_CHARS = 20
# How much the model may think again before it answers, in tokens.
ANSWER_NOW_THINKING_TOKENS = 512

GO_ON = (
    "Your answer broke off there. Go on exactly where it ends: repeat nothing, and do not mention the interruption. "
    "If it ends inside a code block, a table or a formula, open that again first."
)
THINK_ON = "Your thoughts broke off there. Take them up where they end, then answer my question."
ANSWER_NOW = (
    "You have thought long enough. From these thoughts, as far as they go, answer my question now, in the language of "
    "the question. Where something is uncertain, say so in a few words."
)
SO_FAR = "My thoughts so far:"


def said_so_far(purpose: Purpose, parts: list[tuple[str, str]]) -> tuple[str, str] | None:
    """(the model's own words so far, the request that follows them), from the message's parts as (kind, text).

    None for a first attempt, and when nothing was written.
    """
    thinking = "\n\n".join(text for kind, text in parts if kind == PartKind.THINKING and text.strip())
    answer = "".join(text for kind, text in parts if kind == PartKind.TEXT)
    if purpose == Purpose.CONTINUE and answer.strip():
        return answer, GO_ON
    if purpose == Purpose.ANSWER or not thinking:
        return None
    return f"{SO_FAR}\n\n{quoted(thinking)}", THINK_ON if purpose == Purpose.CONTINUE else ANSWER_NOW


def quoted(thinking: str) -> str:
    """The thinking as a quotation: the newest of it, each long line once."""
    seen: set[str] = set()
    lines = []
    for line in thinking.splitlines():
        bare = line.strip()
        if len(bare) >= LEAST_REPEATED_CHARS and bare in seen:
            continue
        seen.add(bare)
        lines.append(f"> {line}".rstrip())
    text = "\n".join(lines)
    return text if len(text) <= QUOTED_CHARS else "> …" + text[-QUOTED_CHARS:]
