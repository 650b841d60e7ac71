"""Splitting bytes into events."""

import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.openrouter.errors import BadUpstream
from chatapp.openrouter.sse import Splitter
from tests.openrouter.wire import pieces


def splitter(*, line_bytes: int = 1000, event_bytes: int = 2000) -> Splitter:
    return Splitter(line_bytes=line_bytes, event_bytes=event_bytes)


def split(data: bytes | Iterable[bytes]) -> tuple[list[bytes], int]:
    """All events and the number of comments."""
    splits = splitter()
    events = [event for piece in ([data] if isinstance(data, bytes) else data) for event in splits.feed(piece)]
    last = splits.close()
    return events + ([] if last is None else [last]), splits.comments


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_lines_end_in_lf_cr_or_crlf(end: bytes) -> None:
    assert split(end.join([b": hi", b"data: one", b"", b"data: two", b"data: three", b"", b""])) == (
        [b"one", b"two\nthree"],
        1,
    )


def test_line_ends_may_be_mixed() -> None:
    assert split(b"data: a\r\rdata: b\n\r\ndata: c\r\n\n")[0] == [b"a", b"b", b"c"]


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_no_other_character_ends_a_line(mark: str) -> None:
    text = f"a{mark}b".encode()
    assert split(b"data: " + text + b"\n\n")[0] == [text]


def test_the_space_after_the_colon_is_optional_and_only_one_goes() -> None:
    assert split(b"data:a\n\ndata: b\n\ndata:  c\n\n")[0] == [b"a", b"b", b" c"]


def test_a_byte_order_mark_at_the_start_is_skipped_and_only_there() -> None:
    mark = b"\xef\xbb\xbf"
    assert split(mark + b"data: a\n\n" + mark + b"data: b\n\n")[0] == [b"a"]
    assert split(pieces(mark + b"data: a\n\n", 1))[0] == [b"a"]


def test_other_fields_are_ignored() -> None:
    assert split(b"event: x\nid: 7\nretry: 3\ndatum: no\ndata: a\nnonsense\n\n")[0] == [b"a"]


def test_a_data_field_without_a_colon_is_an_empty_line() -> None:
    assert split(b"data\ndata\n\n")[0] == [b"\n"]


def test_comments_are_counted_and_carry_nothing() -> None:
    assert split(b":\n\n: OPENROUTER PROCESSING\n\n:data: x\ndata: a\n: in the middle\ndata: b\n\n") == ([b"a\nb"], 4)


def test_empty_lines_alone_make_no_event() -> None:
    assert split(b"\n\n\r\n\r\r\n")[0] == []


def test_an_event_without_its_empty_line_is_given_at_the_end() -> None:
    assert split(b"data: a\n\ndata: b\n")[0] == [b"a", b"b"]
    assert split(b"data: a\n\ndata: b")[0] == [b"a", b"b"]


def test_a_cr_at_the_end_of_a_piece_ends_its_line_at_once() -> None:
    splits = splitter()
    assert list(splits.feed(b"data: a\r\r")) == [b"a"]
    assert list(splits.feed(b"\ndata: b\n\n")) == [b"b"]


STREAM = b"\xef\xbb\xbf: hi\r\n\r\ndata: \xf0\x9f\x98\x80\r\rdata:x\n: c\rdata\r\ndata: y\n\nevent: z\ndata: tail"


def test_every_single_cut_gives_the_same() -> None:
    whole = split(STREAM)
    assert whole == ([b"\xf0\x9f\x98\x80", b"x\n\ny", b"tail"], 2)
    for cut in range(len(STREAM) + 1):
        assert split([STREAM[:cut], STREAM[cut:]]) == whole


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_small_pieces_give_the_same(size: int) -> None:
    assert split(pieces(STREAM, size)) == split(STREAM)


@given(
    st.lists(st.sampled_from([b"data:", b" ", b"\n", b"\r", b":", b"x", b"\xef\xbb\xbf", b"data"]), max_size=40),
    st.lists(st.integers(0, 200), max_size=8),
)
def test_no_cutting_changes_anything(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    assert split([data[a:b] for a, b in zip(edges, edges[1:], strict=False)]) == split(data)


def test_a_line_up_to_the_limit_is_taken_and_a_longer_one_refused() -> None:
    line = b"data: " + b"x" * 994
    assert split(line + b"\n\n")[0] == [b"x" * 994]
    for size in (1, 7, 4000):
        with pytest.raises(BadUpstream, match="line"):
            split(pieces(line + b"xxxxxxx\n\n", size))


def test_an_endless_line_is_refused_though_it_never_ends() -> None:
    splits = splitter()
    for _ in range(1000):
        assert list(splits.feed(b"x")) == []
    with pytest.raises(BadUpstream, match="line"):
        list(splits.feed(b"x"))


def test_an_endless_event_is_refused_even_if_its_lines_are_empty() -> None:
    for line in (b"data: 0123456789\n", b"data\n"):
        with pytest.raises(BadUpstream, match="event"):
            split(line * 2100)


def test_the_events_before_a_refused_line_are_given() -> None:
    events = splitter().feed(b"data: kept\n\ndata: " + b"x" * 2000 + b"\n\n")
    assert next(events) == b"kept"
    with pytest.raises(BadUpstream, match="line"):
        next(events)


def test_an_endless_line_in_tiny_pieces_costs_no_more_than_linear_time() -> None:
    def seconds(count: int) -> float:
        splits = splitter(line_bytes=10_000_000)
        # What others take of the machine meanwhile does not count.
        began = time.thread_time()
        for _ in range(count):
            list(splits.feed(b"xy"))
        return time.thread_time() - began

    # Ten times the bytes: ten times the time, not a hundred. The machine's noise is allowed a factor of four.
    assert min(seconds(100_000) for _ in range(3)) < 40 * min(seconds(10_000) for _ in range(3))
