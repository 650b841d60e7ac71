"""The guard lets in one origin, to the letter."""

from typing import Any

import pytest

from chatapp.sockets import guard
from chatapp.sockets.guard import Guard, Visitor

ORIGIN = "https://ponder.example"


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        (ORIGIN, True),
        (f"{ORIGIN}.evil.example", False),
        (f"{ORIGIN}:444", False),
        (f"{ORIGIN}/", False),
        (ORIGIN[:-1], False),
        ("https://xponder.example", False),
        ("http://ponder.example", False),
        ("https://PONDER.example", False),
        ("null", False),
        ("", False),
    ],
)
async def test_only_the_origin_itself(monkeypatch: pytest.MonkeyPatch, origin: str, is_let_in: bool) -> None:
    monkeypatch.setattr(guard, "identify", lambda key: Visitor(pk=1, session_key=key))
    entered: list[Any] = []
    said: list[str] = []

    async def inner(scope: dict[str, Any], *_: Any) -> None:
        entered.append(scope["visitor"])

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message["type"])

    headers = [(b"host", b"ponder.example"), (b"cookie", b"session=k"), (b"origin", origin.encode())]
    door = Guard(inner, origins=[ORIGIN], hosts=["ponder.example"])
    await door({"type": "websocket", "headers": headers}, receive, send)
    assert [bool(entered), said] == ([True, []] if is_let_in else [False, ["websocket.close"]])
