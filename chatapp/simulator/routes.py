"""The endpoints: which path means what. Whole replies are made here; `chat` has a module of its own."""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chatapp.simulator import catalogue
from chatapp.simulator.ask import read_body
from chatapp.simulator.chat import Chat
from chatapp.simulator.connection import Connection
from chatapp.simulator.directives import UnknownDirective
from chatapp.simulator.errors import ApiError, api_error, invalid
from chatapp.simulator.record import Journal, Record
from chatapp.simulator.replies import json_reply
from chatapp.simulator.requests import Request
from chatapp.simulator.stage import Stage

API_PREFIX = "/api/v1"
CONTROL_PREFIX = "/control/"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request on its connection, and its record."""

    request: Request
    connection: Connection
    record: Record
    parts: tuple[str, ...]


Handler = Callable[[Exchange], Awaitable[None]]


class Routes:
    """Answers every request; whatever cannot be answered raises ApiError."""

    def __init__(self, *, chat: Chat, journal: Journal, stage: Stage, control: bool, key: str | None) -> None:
        self._chat = chat
        self._journal = journal
        self._stage = stage
        self._key = key
        model = API_PREFIX + r"/{}/([^/]+/[^/]+)"
        self._table: list[tuple[str, re.Pattern[str], Handler]] = [
            ("POST", re.compile(API_PREFIX + "/chat/completions"), self._complete),
            ("GET", re.compile(API_PREFIX + "/models"), self._models),
            ("GET", re.compile(model.format("models") + "/endpoints"), self._endpoints),
            ("GET", re.compile(model.format("model")), self._model),
            ("GET", re.compile(API_PREFIX + "/key"), self._show_key),
            ("GET", re.compile(API_PREFIX + "/generation"), self._generation),
            ("GET", re.compile(API_PREFIX + "/credits"), self._credits),
        ]
        if control:
            self._table += [
                ("POST", re.compile("/control/script"), self._post_script),
                ("POST", re.compile("/control/reset"), self._reset),
                ("GET", re.compile("/control/log"), self._log),
                ("GET", re.compile("/control/connections"), self._connections),
            ]

    async def answer(self, request: Request, connection: Connection, record: Record) -> None:
        """Answer one request. Raises ApiError, Gone."""
        allowed = []
        for method, path, handler in self._table:
            if found := path.fullmatch(request.head.path):
                if method == request.head.method:
                    await handler(Exchange(request, connection, record, found.groups()))
                    return
                allowed.append(method)
        if allowed:
            body = {"error": {"code": 405, "message": "Method not allowed"}}
            raise ApiError(405, body, {"Allow": ", ".join(allowed)})
        raise api_error(404, message="Not Found")

    async def _complete(self, exchange: Exchange) -> None:
        self._authorise(exchange.request)
        await self._chat.complete(exchange.request, exchange.connection, exchange.record)

    async def _models(self, exchange: Exchange) -> None:
        query = exchange.request.head.query
        wanted = set(filter(None, query.get("supported_parameters", "").split(",")))
        models = [
            catalogue.describe(model)
            for model in catalogue.MODELS.values()
            if wanted <= set(model.parameters) and query.get("q", "").lower() in f"{model.id} {model.name}".lower()
        ]
        await _reply(exchange, {"data": models})

    async def _model(self, exchange: Exchange) -> None:
        await _reply(exchange, {"data": catalogue.describe(_known(exchange.parts[0]))})

    async def _endpoints(self, exchange: Exchange) -> None:
        await _reply(exchange, {"data": catalogue.endpoints(_known(exchange.parts[0]))})

    async def _show_key(self, exchange: Exchange) -> None:
        self._authorise(exchange.request)
        spent = self._chat.spent_dollars
        data = {
            "label": "simulator",
            "limit": None,
            "limit_remaining": None,
            "limit_reset": None,
            "include_byok_in_limit": False,
            "usage": spent,
            "usage_daily": spent,
            "usage_weekly": spent,
            "usage_monthly": spent,
            "byok_usage": 0,
            "is_free_tier": False,
            "is_management_key": False,
            "rate_limit": {"requests": -1, "interval": "10s", "note": "This field is deprecated"},
            "expires_at": None,
        }
        await _reply(exchange, {"data": data})

    async def _credits(self, exchange: Exchange) -> None:
        """Only for a key that has "management" in its name, as the real one is only for management keys."""
        if "management" not in self._authorise(exchange.request):
            raise api_error(403, "management")
        await _reply(exchange, {"data": {"total_credits": 100, "total_usage": self._chat.spent_dollars}})

    async def _generation(self, exchange: Exchange) -> None:
        self._authorise(exchange.request)
        generation_id = exchange.request.head.query.get("id")
        if not generation_id:
            raise invalid("Invalid request parameters: id is required")
        figures = self._journal.generation(generation_id)
        if figures is None:
            raise api_error(404, message=f"Generation {generation_id} not found")
        await _reply(exchange, {"data": figures})

    async def _post_script(self, exchange: Exchange) -> None:
        body = read_body(exchange.request.body)
        script, times = body.get("script"), body.get("times")
        if not isinstance(script, str) or not (times is None or type(times) is int):
            raise invalid("script must be a string, times an integer or null")
        try:
            self._stage.post(script, times)
        except UnknownDirective as exc:
            raise invalid(f"There is no directive “{exc}”") from exc
        await _reply(exchange, {"ok": True})

    async def _reset(self, exchange: Exchange) -> None:
        self._stage.clear()
        self._journal.clear()
        await _reply(exchange, {"ok": True})

    async def _log(self, exchange: Exchange) -> None:
        query = exchange.request.head.query
        after = query.get("after", "0")
        records = self._journal.records(after=int(after) if after.isdecimal() and len(after) < 16 else 0)
        brief = query.get("brief", "") not in {"", "0"}
        await _reply(exchange, {"requests": [record.shown(brief=brief) for record in records]})

    async def _connections(self, exchange: Exchange) -> None:
        await _reply(exchange, {"connections": self._journal.connections()})

    def _authorise(self, request: Request) -> str:
        scheme, _, given = request.head.headers.get("authorization", "").partition(" ")
        given = given.strip()
        if scheme.lower() != "bearer" or not given:
            raise api_error(401)
        if self._key is not None and not hmac.compare_digest(given.encode(), self._key.encode()):
            raise api_error(401, "invalid")
        return given


def _known(model_id: str) -> catalogue.Model:
    model = catalogue.find(model_id)
    if model is None:
        raise api_error(404, message=f"Model {model_id} not found")
    return model


async def _reply(exchange: Exchange, payload: dict[str, Any]) -> None:
    exchange.connection.send(json_reply(200, payload))
    exchange.record.status = 200
    await exchange.connection.drain()
    exchange.record.end("complete")
