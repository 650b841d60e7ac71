"""A page of the site's own templates in a real browser, with the server and its socket played by the test."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from csp.utils import build_policy
from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute

from chatapp.presentation import Turn
from chatapp.presentation.specimens import answer, block, done, outcome, part, question
from chatapp.statics import join_styles

__all__ = ["answer", "block", "done", "outcome", "part", "question"]

ORIGIN = "http://ponder.test"
STATIC = Path(settings.STATICFILES_DIRS[0])
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".png": "image/png",
}
PATIENCE_SECONDS = 10.0
CONVERSATION = "0b5e0c06-3a65-4a52-9d0a-3f0d4a1c8f11"

Reply = tuple[int, str, str] | tuple[int, str, str, dict[str, str]]  # status, content type, body, more headers


def frame(turn: Turn, **more: Any) -> dict[str, Any]:
    """A progress frame of that answer."""
    usual = {
        "type": "progress",
        "message": turn.id,
        "attempt": turn.attempt,
        "revision": turn.revision,
        "state": turn.state,
        "word": turn.word,
        "elapsed_ms": 1000,
    }
    return usual | more


def fragment(*turns: Turn) -> str:
    return render_to_string("conversation/_turns.html", {"turns": turns})


def outcome_html(turn: Turn, **more: Any) -> str:
    return str(render_to_string("message/_outcome.html", {"outcome": outcome(turn.id, **more)}))


class Socket:
    """The server's side of all sockets that the page opens."""

    def __init__(self) -> None:
        self.release = "1"
        self.is_blocked = False
        self.is_mute = False
        self.opened: list[WebSocketRoute] = []
        self.heard: list[dict[str, Any]] = []

    def accept(self, route: WebSocketRoute) -> None:
        if self.is_blocked:
            route.close()
            return
        self.opened.append(route)
        route.on_message(self._hear)
        self.tell({"type": "hello", "protocol": 1, "release": self.release})

    def tell(self, told: dict[str, Any]) -> None:
        self.opened[-1].send(json.dumps(told))

    def close(self, code: int) -> None:
        self.opened[-1].close(code=code)

    def said(self, kind: str) -> list[dict[str, Any]]:
        return [command for command in self.heard if command["type"] == kind]

    def _hear(self, text: str | bytes) -> None:
        command = json.loads(text)
        self.heard.append(command)
        if command["type"] == "ping" and not self.is_mute:
            self.tell({"type": "pong"})


class Stage:
    """One page, on `http://ponder.test`; `replies` answers its requests by method and path."""

    def __init__(self, context: BrowserContext) -> None:
        self.socket = Socket()
        self.replies: dict[str, Callable[[dict[str, str]], Reply]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.html = ""
        self.troubles: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._console)
        self.page.route(f"{ORIGIN}/**", self._serve)
        self.page.route_web_socket(f"ws{ORIGIN[4:]}/ws/", self.socket.accept)

    # --- what the page is

    def show(self, *turns: Turn, path: str = f"/c/{CONVERSATION}/", **context: Any) -> Page:
        """Open the conversation with these turns."""
        self.html = page("conversation/show.html", turns=turns, **context)
        self.page.goto(f"{ORIGIN}{path}")
        return self.page

    def show_home(self, **context: Any) -> Page:
        self.html = page("conversation/home.html", conversation=None, current_conversation=None, **context)
        self.page.goto(f"{ORIGIN}/")
        return self.page

    def is_live_by_clock(self) -> None:
        """The same where the page's clock stands still and must be pushed."""
        for _ in range(100):
            if self.socket.said("watch"):
                return
            self.page.clock.run_for(20)
        raise AssertionError("the page did not come to life")

    def until_by_clock(self, holds: Callable[[], Any]) -> None:
        """Push the page's clock, a minute at most, until that is so."""
        for _ in range(600):
            if holds():
                return
            self.page.clock.run_for(100)
        raise AssertionError("it did not come to that")

    def is_live(self) -> None:
        self.until(lambda: self.socket.said("watch"))

    # --- waiting

    def until(self, holds: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> None:
        """Let the page go on until that is so."""
        ends_at = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < ends_at, "it did not come to that"
            self.page.evaluate("new Promise((done) => setTimeout(done, 10))")

    def requests(self, method_and_path: str) -> list[dict[str, str]]:
        return [fields for line, fields in self.asked if line == method_and_path]

    # --- the server

    def _serve(self, route: Route) -> None:
        request = route.request
        parts = urlsplit(request.url)
        if parts.path.startswith("/static/"):
            file = STATIC / parts.path.removeprefix("/static/")
            body = join_styles(file) if file.name == "app.css" else file.read_bytes()
            route.fulfill(body=body, content_type=TYPES[file.suffix])
            return
        line = f"{request.method} {parts.path}"
        fields = {name: values[0] for name, values in parse_qs(parts.query or request.post_data or "").items()}
        self.asked.append((line, fields))
        if line in self.replies:
            status, kind, body, *more = self.replies[line](fields)
            headers = {"Content-Type": kind, **(more[0] if more else {})}
            route.abort() if status == 0 else route.fulfill(status=status, headers=headers, body=body)
        elif request.resource_type == "document":
            policy = build_policy(nonce="stage")
            headers = {"Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8"}
            route.fulfill(headers=headers, body=self.html)
        else:
            route.fulfill(status=404, content_type="application/json", body="{}")

    def _console(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(message.text)


@contextmanager
def on_stage(chromium: Browser, **options: Any) -> Iterator[Stage]:
    """A stage in a browser of its own, with these options, on which nothing went wrong in the end."""
    context = chromium.new_context(**options)
    stage = Stage(context)
    yield stage
    context.close()
    assert stage.troubles == []


def page(template: str, **context: Any) -> str:
    """The template as the site would render it, for a person who has one conversation."""
    user = SimpleNamespace(
        public_id="dedb3fd2-7a2e-4a4d-8b0a-b8fd009b2fcc", email="alice@example.com", thinking_pane="auto"
    )
    conversation = SimpleNamespace(public_id=CONVERSATION, title="Figs", active_at=datetime.now(UTC))
    turns = context.get("turns", ())
    usual = {
        "request": SimpleNamespace(csp_nonce="stage", COOKIES={}, path="/", get_full_path=f"/c/{CONVERSATION}/"),
        "user": user,
        "site_name": "Ponder",
        "release": "1",
        "protocol": 1,
        "sidebar": [{"label": "Today", "conversations": [conversation]}],
        "conversation": conversation,
        "current_conversation": conversation,
        "client_id": str(uuid4()),
        "running": next((turn.attempt for turn in turns if turn.running), ""),
        "blank_thinking": part(None, "thinking", open=True, running=True),
        "blank_text": part(None, "text"),
        "csrf_token": "token",
    }
    if preference := context.pop("preference", ""):
        user.thinking_pane = preference
        usual["blank_thinking"] = part(None, "thinking", open=preference != "folded", running=True)
    return str(render_to_string(template, usual | context))
