"""What the simulator remembers: a record of each request, which is the truth that tests compare with."""

import secrets
import string
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from chatapp.simulator.chunks import PROVIDER, Token
from chatapp.simulator.connection import Connection, Side
from chatapp.simulator.requests import Request

State = Literal["open", "complete", "broken", "refused"]

RECORDS_KEPT = 5_000
CONNECTIONS_KEPT = 5_000
GENERATIONS_KEPT = 2_000
_ALPHABET = string.ascii_letters + string.digits


def new_generation_id() -> str:
    """An id as OpenRouter makes them."""
    return f"gen-{int(time.time())}-" + "".join(secrets.choice(_ALPHABET) for _ in range(20))


@dataclass(slots=True)
class Record:
    """One request: what came in, what went out as tokens, and how it ended. Times are wall clock seconds."""

    number: int
    connection: int
    method: str
    path: str
    headers: dict[str, str]
    body: object = None
    script: str = ""
    opened_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    first_token_at: float | None = None
    state: State = "open"
    status: int | None = None
    closed_by: Side | None = None
    generation: str | None = None
    finish_reason: str | None = None
    usage: dict[str, Any] | None = None
    tokens: dict[str, int] = field(default_factory=lambda: {"thinking": 0, "answer": 0})
    _pieces: dict[str, list[str]] = field(default_factory=lambda: {"thinking": [], "answer": []})

    @classmethod
    def of(cls, request: Request, connection: Connection, *, number: int = 0) -> "Record":
        """The record of a request that has just come in."""
        return cls(
            number=number,
            connection=connection.number,
            method=request.head.method,
            path=request.head.path,
            headers=safe_headers(request),
        )

    def note(self, batch: Iterable[Token], *, hidden: bool = False) -> None:
        """Tokens that were handed to the connection; hidden thinking is counted, but was not sent."""
        if self.first_token_at is None:
            self.first_token_at = time.time()
        for kind, text in batch:
            self.tokens[kind] += 1
            if not hidden or kind == "answer":
                self._pieces[kind].append(text)

    def text(self, kind: str) -> str:
        """All that was sent of a kind; half surrogates that meet are one character, others are replaced."""
        joined = "".join(self._pieces[kind])
        return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def end(self, state: State, closed_by: Side | None = None) -> None:
        """The first ending counts."""
        if self.state == "open":
            self.state, self.closed_by, self.ended_at = state, closed_by, time.time()

    def shown(self, *, brief: bool) -> dict[str, Any]:
        """As the control endpoint tells it; `brief` leaves out body and texts."""
        told: dict[str, Any] = {
            "number": self.number,
            "id": self.generation,
            "connection": self.connection,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "state": self.state,
            "closed_by": self.closed_by,
            "opened_at": self.opened_at,
            "first_token_at": self.first_token_at,
            "ended_at": self.ended_at,
            "script": self.script,
            "tokens": self.tokens,
            "finish_reason": self.finish_reason,
            "usage": self.usage,
            "headers": self.headers,
        }
        if not brief:
            told |= {"thinking": self.text("thinking"), "answer": self.text("answer"), "body": self.body}
        return told


def safe_headers(request: Request) -> dict[str, str]:
    """The headers without the value of the key."""
    headers = dict(request.head.headers)
    if "authorization" in headers:
        scheme, _, _ = headers["authorization"].partition(" ")
        headers["authorization"] = f"{scheme} …" if scheme.lower() == "bearer" else "…"
    return headers


class Journal:
    """Records, connections and generations, each bounded. Records are kept only when someone may read them."""

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._next = 1
        self._records: deque[Record] = deque(maxlen=RECORDS_KEPT)
        self._open: dict[int, Connection] = {}
        self._past: deque[Connection] = deque(maxlen=CONNECTIONS_KEPT)
        self._generations: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()

    def begin(self, request: Request, connection: Connection) -> Record:
        """A new record."""
        record = Record.of(request, connection, number=self._next)
        self._next += 1
        if self._keep:
            self._records.append(record)
        return record

    def records(self, *, after: int = 0) -> list[Record]:
        """Those with a greater number, in order."""
        return [record for record in self._records if record.number > after]

    def connection_opened(self, connection: Connection) -> None:
        """Remember it while it lives."""
        self._open[connection.number] = connection

    def connection_closed(self, connection: Connection) -> None:
        """It is past."""
        self._open.pop(connection.number, None)
        if self._keep:
            self._past.append(connection)

    @property
    def open_connections(self) -> list[Connection]:
        """Those that live."""
        return list(self._open.values())

    def connections(self) -> list[dict[str, Any]]:
        """All connections, past ones first, as the control endpoint tells them."""
        return [
            {
                "id": connection.number,
                "opened_at": connection.opened_at,
                "closed_at": connection.closed_at,
                "closed_by": connection.closed_by,
                "requests": connection.requests,
                "busy": connection.busy and connection.closed_by is None,
            }
            for connection in (*self._past, *self.open_connections)
        ]

    def add_generation(self, figures: dict[str, Any], *, seconds: float) -> None:
        """Make figures known, `seconds` from now."""
        self._generations[figures["id"]] = (time.monotonic() + seconds, figures)
        while len(self._generations) > GENERATIONS_KEPT:
            self._generations.popitem(last=False)

    def generation(self, generation_id: str) -> dict[str, Any] | None:
        """The figures of a generation, or None while they are not known."""
        known_from, figures = self._generations.get(generation_id, (float("inf"), {}))
        return figures if time.monotonic() >= known_from else None

    def clear(self) -> None:
        """Forget what is past; what still runs goes on."""
        self._records.clear()
        self._past.clear()
        self._generations.clear()


def generation_figures(record: Record, *, model: str, usage: dict[str, Any], cancelled: bool) -> dict[str, Any]:
    """The data of `GET /generation`, in the documented shape. Times in ms, money in USD."""
    body = record.body if isinstance(record.body, dict) else {}
    ended = record.ended_at or time.time()
    first = record.first_token_at or ended
    return {
        "id": record.generation,
        "upstream_id": None,
        "model": model,
        "provider_name": PROVIDER,
        "created_at": datetime.fromtimestamp(record.opened_at, UTC).isoformat().replace("+00:00", "Z"),
        "streamed": bool(body.get("stream")),
        "cancelled": cancelled,
        "finish_reason": record.finish_reason,
        "native_finish_reason": record.finish_reason,
        "latency": round((first - record.opened_at) * 1000),
        "generation_time": round((ended - first) * 1000),
        "moderation_latency": None,
        "tokens_prompt": usage["prompt_tokens"],
        "tokens_completion": usage["completion_tokens"],
        "native_tokens_prompt": usage["prompt_tokens"],
        "native_tokens_completion": usage["completion_tokens"],
        "native_tokens_reasoning": usage["completion_tokens_details"]["reasoning_tokens"],
        "native_tokens_cached": 0,
        "native_tokens_completion_images": 0,
        "num_media_prompt": None,
        "num_media_completion": None,
        "num_search_results": None,
        "total_cost": usage["cost"],
        "usage": usage["cost"],
        "upstream_inference_cost": usage["cost_details"]["upstream_inference_cost"],
        "cache_discount": None,
        "is_byok": False,
        "origin": record.headers.get("http-referer", ""),
        "app_id": None,
        "http_referer": record.headers.get("http-referer"),
        "user_agent": record.headers.get("user-agent"),
        "router": None,
        "session_id": body.get("session_id") or record.headers.get("x-session-id"),
        "external_user": body.get("user"),
        "service_tier": None,
        "data_region": "global",
        "provider_responses": [
            {"status": 200, "provider_name": PROVIDER, "latency": round((first - record.opened_at) * 1000)}
        ],
    }
