"""People at the site: their HTTP sessions and the readers on their sockets."""

import asyncio
import contextlib
import html
import itertools
import json
import re
import socket
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import websockets

from tests.lab.processes import PATIENCE_SECONDS, Site, wait_for

PASSWORD = "correct horse battery"
_addresses = itertools.count()
ENDINGS = {"done", "stopped", "interrupted", "length", "filtered", "failed"}
JSON = {"Accept": "application/json"}


class Person:
    """Somebody with a browser: cookies, CSRF header, and the doors for scripts.

    `port` is where they connect to, when that is not the site itself.
    """

    def __init__(self, site: Site, email: str, *, port: int | None = None) -> None:
        self.site, self.email = site, email
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{port or site.port}",
            # Each comes from an address of their own (to a site that trusts a proxy): sign-ups are limited by address.
            headers={
                "Host": site.origin.removeprefix("http://"),
                "Origin": site.origin,
                "X-Forwarded-For": f"192.0.2.{next(_addresses) % 250 + 1}",
            },
            trust_env=False,
            timeout=PATIENCE_SECONDS,
        )

    def close(self) -> None:
        self.http.close()

    def twin(self, *, port: int | None = None) -> "Person":
        """The same session on a connection of its own."""
        twin = Person(self.site, self.email, port=port)
        twin.http.cookies.update(self.http.cookies)
        return twin

    @property
    def cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    def founds(self) -> "Person":
        """Make the first account."""
        self.http.get("/setup/")
        self._sent("/setup/", email=self.email, password1=PASSWORD)
        return self

    def signs_up(self) -> "Person":
        self.http.get("/accounts/signup/")
        self._sent("/accounts/signup/", email=self.email, password1=PASSWORD)
        return self

    def signs_in(self) -> "Person":
        self.http.get("/accounts/login/")
        self._sent("/accounts/login/", login=self.email, password=PASSWORD)
        return self

    def _sent(self, path: str, **fields: str) -> None:
        reply = self.post(path, headers={"Accept": "text/html"}, **fields)
        assert reply.status_code == 302, reply.text
        assert self.http.get("/", headers=JSON | {"Accept": "text/html"}).status_code == 200

    def post(self, path: str, *, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        sent = {"X-CSRFToken": self.http.cookies.get("csrf", ""), **(headers or JSON)}
        return self.http.post(path, data=fields, headers=sent)

    def asks(self, text: str, *, conversation: str = "", client_id: str = "") -> dict[str, Any]:
        """Ask; gives the ids."""
        path = f"/conversations/{conversation}/messages/" if conversation else "/conversations/"
        reply = self.post(path, text=text, client_id=client_id or str(uuid4()))
        assert reply.status_code in {200, 201}, reply.text
        return dict(reply.json())

    def message(self, key: str) -> dict[str, Any]:
        reply = self.http.get(f"/messages/{key}/", headers=JSON)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def ended(self, key: str) -> dict[str, Any]:
        """The message once it has ended and is settled."""

        def settled() -> dict[str, Any] | None:
            found = self.message(key)
            return found if found["state"] in ENDINGS and found["settled"] else None

        return dict(wait_for(settled, what=f"the end of {key}"))

    def stops(self, generation: str) -> dict[str, Any]:
        return dict(self.post(f"/generations/{generation}/stop/").json())


class Reader:
    """A browser's half of the protocol: what it holds is only what frames brought.

    `port` is where it connects to, when that is not the site itself; `buffer_bytes` how much its kernel takes in
    before the sender must wait.
    """

    def __init__(self, person: Person, *, port: int | None = None, buffer_bytes: int = 0) -> None:
        self._person, self._port, self._buffer_bytes = person, port, buffer_bytes
        self.frames: list[dict[str, Any]] = []
        self.parts: dict[int, dict[str, Any]] = {}
        self.samples: list[tuple[str, str]] = []
        self.revision = ""
        self.state = ""
        self.attempt = ""
        self.outcome = ""
        self.settled = False
        self.bytes = 0
        self._applied = 0
        self.socket: Any = None

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator["Reader"]:
        address = self._person.site.origin.replace("http", "ws") + "/ws/"
        headers = {"Cookie": self._person.cookies}
        async with websockets.connect(
            address,
            sock=await self._dial(),
            origin=self._person.site.origin,
            additional_headers=headers,
            max_size=2**24,
            max_queue=1 if self._buffer_bytes else 16,
            close_timeout=2,
            proxy=None,
        ) as self.socket:
            self.forgets_tails()
            self._applied = 0
            await self.receive("hello")
            yield self

    def forgets_tails(self) -> None:
        """A new connection: what the server sent of open tails on the last one counts no more."""
        for part in self.parts.values():
            part["raw_tail"] = ""

    async def _dial(self) -> socket.socket:
        dialled = socket.socket()
        dialled.setblocking(False)
        if self._buffer_bytes:
            # Before connecting: the window is agreed on in the handshake.
            dialled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer_bytes)
        address = ("127.0.0.1", self._port or self._person.site.port)
        try:
            await asyncio.get_running_loop().sock_connect(dialled, address)
        except BaseException:
            dialled.close()
            raise
        return dialled

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def receive(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; those before it are applied too."""
        while True:
            frame = await self.next()
            if frame["type"] == kind:
                return frame

    async def next(self) -> dict[str, Any]:
        return await self.takes(await self._heard())

    async def ignores(self, kind: str) -> None:
        """Read on to the next frame of this kind, and apply none."""
        while (await self.takes(await self._heard(), applies=False))["type"] != kind:
            pass

    async def _heard(self) -> str | bytes:
        # Not wait_for, which before Python 3.12 may lose a cancellation that comes with a frame.
        async with asyncio.timeout(PATIENCE_SECONDS):
            data: str | bytes = await self.socket.recv()
        return data

    async def takes(self, data: str | bytes, *, applies: bool = True) -> dict[str, Any]:
        """Apply a frame and acknowledge it."""
        self.bytes += len(data)
        frame: dict[str, Any] = json.loads(data)
        self.frames.append(frame)
        if frame["type"] == "progress":
            self._applied += 1
            if applies:
                self.apply(frame)
            await self.send(type="ack", count=self._applied)
        return frame

    def holding(self, message: str) -> dict[str, Any]:
        """The frame that says what is held of the message."""
        held = {str(position): len(part["blocks"]) for position, part in self.parts.items()}
        return {"type": "hold", "message": message, "revision": self.revision, "parts": held}

    async def holds(self, message: str) -> None:
        await self.send(**self.holding(message))

    async def reads(self, conversation: str, message: str, *, frames: int = 0) -> None:
        """Follow the answer to its settling, or for so many frames."""
        await self.send(type="watch", conversation=conversation)
        await self.receive("watching")
        await self.holds(message)
        seen = 0
        while not self.settled and (not frames or seen < frames):
            await self.receive("progress")
            seen += 1

    def apply(self, frame: dict[str, Any]) -> None:
        """Take a progress frame in, however it came."""
        self.revision, self.state, self.attempt = frame["revision"], frame["state"], frame["attempt"]
        self.settled = frame.get("settled", False)
        self.outcome = frame.get("outcome") or self.outcome
        for part in frame.get("parts", []):
            self._apply_part(part)
        self.samples.append((self.text("thinking"), self.text("text")))

    def _apply_part(self, part: dict[str, Any]) -> None:
        held = self.parts.setdefault(part["position"], {"blocks": [], "tail": "", "raw_tail": "", "kind": ""})
        held["kind"], held["label"] = part["kind"], part.get("label", "")
        if part.get("whole"):
            return
        since = part.get("since", 0)
        assert since <= len(held["blocks"]), "the server thinks that more is held than is"
        new = ['<div class="block">' + block for block in part.get("html", "").split('<div class="block">')[1:]]
        held["blocks"] = held["blocks"][:since] + new
        if "tail" in part:
            kept = held["raw_tail"].encode("utf-16-le")[: 2 * part.get("tail_keep", 0)].decode("utf-16-le")
            held["raw_tail"] = held["tail"] = kept + part["tail"]
        else:
            held["raw_tail"] = held["tail"] = ""

    def html(self, kind: str) -> str:
        return "".join(
            "".join(part["blocks"]) + part["tail"] for _, part in sorted(self.parts.items()) if part["kind"] == kind
        )

    def text(self, kind: str) -> str:
        """The text a person would read, without white space (which HTML does not keep)."""
        return seen(self.html(kind))

    def shows_only_prefixes_of(self, thinking: str, answer: str) -> None:
        """Every moment showed a prefix of the truth, and the last one all of it."""
        for shown_thinking, shown_answer in self.samples:
            assert squeezed(thinking).startswith(shown_thinking)
            assert squeezed(answer).startswith(shown_answer)
        assert (self.text("thinking"), self.text("text")) == (squeezed(thinking), squeezed(answer))


def seen(markup: str) -> str:
    """The text in it that a person would read, without white space."""
    return squeezed(html.unescape(re.sub(r"<[^>]*>", "", markup)))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def text_of(message: dict[str, Any], kind: str) -> str:
    return "".join(part["text"] for part in message["parts"] if part["kind"] == kind)
