"""Upstream's words for what went wrong."""

import json
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.openrouter import refusals
from chatapp.openrouter.errors import Refusal, UpstreamError, blotted
from chatapp.openrouter.refusals import from_answer, from_error
from chatapp.words import ENDINGS, Reason, State
from tests.openrouter.wire import STREAMS

NOW = 1_795_348_800.0
PRESTREAM = json.loads((STREAMS / "prestream_errors.json").read_text(encoding="utf-8"))


def answer(status: int, error: object = None, **headers: str) -> Refusal:
    body = json.dumps({"error": error}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return from_answer(status=status, headers=named, body=body, now=NOW)


def error(status: int, message: str = "no", **metadata: Any) -> Refusal:
    return answer(status, {"code": status, "message": message, "metadata": metadata})


@pytest.mark.parametrize("case", PRESTREAM, ids=lambda case: case["name"])
def test_answers_before_the_stream_are_understood(case: dict[str, Any]) -> None:
    expected = {
        "400_invalid": (Reason.REFUSED, 0),
        "400_context_length": (Reason.TOO_LONG, 0),
        "402_max_tokens_too_dear": (Reason.CREDIT, 0),
        "404_no_image_endpoint": (Reason.PICTURE, 0),
        "413_image_too_large": (Reason.TOO_LARGE, 0),
        "502_html_from_the_edge": (Reason.UPSTREAM, 2),
        "529_overloaded": (Reason.BUSY, 2),
        "200_json_error_body": (Reason.UPSTREAM, 2),
    }
    body = json.dumps(case["body"]) if "body" in case else case["text"]
    refusal = from_answer(status=case["status"], headers=case["headers"], body=body.encode(), now=NOW)
    assert refusal.state is State.FAILED
    assert (refusal.reason, refusal.retries) == expected[case["name"]]
    for inner in ("openrouter", "credits", "endpoint", "cloudflare", "Provider returned", "max_tokens"):
        assert inner.lower() not in refusal.public.lower()


@pytest.mark.parametrize(
    ("status", "reason", "retries"),
    [
        (400, Reason.REFUSED, 0),
        (401, Reason.KEY, 0),
        (402, Reason.CREDIT, 0),
        (403, Reason.REFUSED, 0),
        (404, Reason.MODEL, 0),
        (408, Reason.TIMEOUT, 2),
        (409, Reason.REFUSED, 0),
        (413, Reason.TOO_LARGE, 0),
        (422, Reason.REFUSED, 0),
        (429, Reason.BUSY, 2),
        (500, Reason.UPSTREAM, 1),
        (502, Reason.UPSTREAM, 2),
        (503, Reason.BUSY, 2),
        (504, Reason.TIMEOUT, 2),
        (520, Reason.UPSTREAM, 1),
        (524, Reason.TIMEOUT, 2),
        (529, Reason.BUSY, 2),
        (302, Reason.UPSTREAM, 0),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b'{"error":{"message":"no"}}', b'{"detail":"no"}', b"{"])
def test_a_status_says_enough(status: int, reason: Reason, retries: int, body: bytes) -> None:
    refusal = from_answer(status=status, headers={}, body=body, now=NOW)
    assert (refusal.status, refusal.state, refusal.reason, refusal.retries) == (status, State.FAILED, reason, retries)
    assert refusal.retryable is (retries > 0)


@pytest.mark.parametrize(
    ("error_type", "ending"),
    [
        ("context_length_exceeded", Reason.TOO_LONG),
        ("max_tokens_exceeded", Reason.REFUSED),
        ("invalid_image", Reason.PICTURE),
        ("image_too_large", Reason.TOO_LARGE),
        ("authentication", Reason.KEY),
        ("payment_required", Reason.CREDIT),
        ("not_found", Reason.MODEL),
        ("rate_limit_exceeded", Reason.BUSY),
        ("provider_overloaded", Reason.BUSY),
        ("timeout", Reason.TIMEOUT),
        ("content_policy_violation", Reason.QUESTION),
        ("a word of next year", Reason.UPSTREAM),
    ],
)
def test_the_type_is_found_wherever_it_stands(error_type: str, ending: Reason) -> None:
    for shape in (
        {"metadata": {"error_type": error_type}},
        {"error_type": error_type},
        {"code": error_type},
        {"type": error_type, "code": None},
    ):
        refusal = from_error({"message": "no"} | shape, now=NOW)
        assert (refusal.reason, refusal.error_type) == (ending, error_type)


def test_the_type_goes_before_the_status() -> None:
    assert error(400, error_type="rate_limit_exceeded").reason is Reason.BUSY


def test_a_decisive_type_goes_before_the_words_and_a_vague_one_does_not() -> None:
    assert error(400, "The image is too big", error_type="image_too_large").reason is Reason.TOO_LARGE
    assert error(400, "context length 8192", error_type="invalid_request").reason is Reason.TOO_LONG


def test_the_status_goes_before_the_code_and_the_code_before_the_rest() -> None:
    assert answer(401, {"code": 502}).status == 401
    assert answer(200, {"code": "502", "http_status": 401}).status == 502
    assert answer(200, {"http_status": 401}).status == 401


@pytest.mark.parametrize(
    ("status", "raw", "reason"),
    [
        (400, "Exceeded limit on max bytes per data-uri item : 10485760", Reason.TOO_LARGE),
        (400, {"error": {"message": "Range of input length should be [1, 129024]"}}, Reason.TOO_LONG),
        (400, '{"error":{"message":"This model\'s maximum context length is 8192"}}', Reason.TOO_LONG),
        (400, "The image format is illegal and cannot be opened", Reason.PICTURE),
        (500, "image worker crashed", Reason.UPSTREAM),
        (429, "Rate limit exceeded: free-models-per-day", Reason.BUSY),
    ],
)
def test_the_providers_own_words_are_looked_into(status: int, raw: object, reason: Reason) -> None:
    refusal = error(status, "Provider returned error", raw=raw, provider_name="Alibaba")
    assert refusal.reason is reason
    assert "provider=Alibaba" in refusal.operator_detail
    assert "Alibaba" not in refusal.public


def test_a_daily_limit_is_not_waited_for() -> None:
    assert not error(429, "Rate limit exceeded: free-models-per-day").retryable


def test_a_model_without_eyes_says_so() -> None:
    for metadata in ({}, {"error_type": "not_found"}):
        assert (
            error(404, "No endpoints found that support image input", **metadata).public == refusals.NO_PICTURES.public
        )


def test_moderation_tells_its_reasons_and_not_the_text() -> None:
    refusal = error(403, "flagged", reasons=["violence", 3, "self\0-harm", "x" * 500], flagged_input="my secret")
    assert (refusal.state, refusal.reason) == (State.FILTERED, Reason.QUESTION)
    assert "violence" in refusal.public
    assert "secret" not in f"{refusal} {refusal.public}"
    assert len(refusal.public) < 300


def test_other_forbidden_things_are_told_apart() -> None:
    assert error(403, "blocked", patterns=["x"]).state is State.FILTERED
    assert error(403, "Key limit exceeded (monthly limit)").reason is Reason.CREDIT
    assert error(403, "Region not supported").reason is Reason.REFUSED


@pytest.mark.parametrize(
    ("message", "ending"),
    [
        (
            "<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content.",
            (State.FILTERED, Reason.QUESTION),
        ),
        ("Output data may contain inappropriate content.", (State.FILTERED, Reason.ANSWER)),
        ("data_inspection_failed", (State.FILTERED, Reason.QUESTION)),
    ],
)
@pytest.mark.parametrize("status", [400, 500, 502])
def test_the_providers_filter_is_a_filter_under_any_status(
    status: int, message: str, ending: tuple[State, Reason]
) -> None:
    refusal = error(status, "Provider returned error", raw=message)
    assert (refusal.state, refusal.reason) == ending
    assert not refusal.retryable


def test_availability_decides_about_asking_again() -> None:
    assert answer(404, {"message": "x", "availability": {"retryable": True, "retry_after": 7}}).retries == 2
    assert answer(404, {"message": "x", "availability": {"retryable": True, "retry_after": 7}}).retry_after == 7
    assert not answer(503, {"message": "x", "availability": {"retryable": False}}).retryable
    assert answer(500, {"message": "x", "availability": {"retryable": True}}).retries == 1
    assert answer(503, {"message": "x", "availability": {"retryable": "no"}}).retries == 2


# When to ask again


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    assert answer(429, retry_after="2").retry_after == 2
    assert answer(429, retry_after="1.5").retry_after == 1.5
    assert answer(429, retry_after=formatdate(NOW + 90, usegmt=True)).retry_after == 90


def test_retry_after_is_found_inside_the_body_too() -> None:
    assert error(429, headers={"Retry-After": "4"}).retry_after == 4
    reset = str(int((NOW + 12) * 1000))
    assert error(429, headers={"X-RateLimit-Limit": "20", "X-RateLimit-Reset": reset}).retry_after == 12
    assert answer(429, x_ratelimit_reset=reset).retry_after == 12


def test_retry_after_stays_within_reason() -> None:
    assert answer(429, retry_after="-5").retry_after == 0
    assert answer(429, retry_after=formatdate(NOW - 90, usegmt=True)).retry_after == 0
    assert answer(429, retry_after="999999999").retry_after == 86_400
    assert error(429, headers={"X-RateLimit-Reset": "1000"}).retry_after is None


@pytest.mark.parametrize("hint", ["soon", "", "nan", "inf", "1e999", "Thu, 99 Jan 2026 00:00:00 GMT", "9" * 400])
def test_a_hint_that_makes_no_sense_is_none(hint: str) -> None:
    assert answer(429, retry_after=hint).retry_after is None
    assert error(429, headers={"Retry-After": hint}).retry_after is None


# Whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "code",
                    "message",
                    "metadata",
                    "raw",
                    "reasons",
                    "headers",
                    "Retry-After",
                    "availability",
                    "retryable",
                    "retry_after",
                    "error_type",
                    "http_status",
                    "type",
                    "provider_name",
                    "error",
                    "X-RateLimit-Reset",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.integers(200, 599), JSON | st.binary(max_size=50))
def test_any_answer_becomes_an_ending_and_a_sentence(status: int, body: object) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    refusal = from_answer(status=status, headers={}, body=data, now=NOW)
    assert refusal.state in ENDINGS
    assert refusal.public.endswith(".")
    assert 0 <= refusal.retries <= 2
    assert refusal.retry_after is None or 0 <= refusal.retry_after <= 86_400
    for text in (str(refusal), refusal.public, refusal.error_type or ""):
        assert "\0" not in text
        text.encode()


# Secrets

SECRET = "Why does Ottilie hide her savings in the kettle?"


def test_long_runs_of_a_secret_are_blotted_out() -> None:
    assert blotted(f"cannot do '{SECRET}' now", [SECRET]) == "cannot do '[…]' now"
    assert blotted(f"cut: {SECRET[10:40]}!", [SECRET]) == "cut: […]!"
    assert blotted("nothing of it", [SECRET]) == "nothing of it"


def test_short_secrets_are_blotted_out_whole() -> None:
    assert blotted("key sk-123 refused", ["sk-123"]) == "key […] refused"
    assert blotted("a b c", ["", "b"]) == "a b c"


@given(st.text(max_size=60), st.text(min_size=24, max_size=80), st.text(max_size=60), st.data())
def test_no_run_of_24_characters_gets_through(before: str, secret: str, after: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(secret) - 24))
    end = data.draw(st.integers(start + 24, len(secret)))
    shown = blotted(before + secret[start:end] + after, [secret])
    runs = {secret[place : place + 24] for place in range(len(secret) - 23)}
    assert not any(run in shown for run in runs)


def test_hiding_changes_what_is_shown_of_an_error() -> None:
    wrong = UpstreamError(f"said {SECRET}")
    wrong.hide([SECRET])
    assert "Ottilie" not in f"{wrong} {wrong!r} {wrong.args} {wrong.operator_detail}"


def test_a_detail_has_bounds() -> None:
    assert len(UpstreamError("x" * 10_000).operator_detail) == 500
