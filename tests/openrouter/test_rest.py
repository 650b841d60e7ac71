"""While its listener rests nothing of an answer is taken from the network; then all of it, soon enough for the journal."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chatapp.generation.journal import ROUNDS_OF_THE_LOOP
from chatapp.openrouter import events, transports
from chatapp.openrouter.events import Event
from chatapp.openrouter.stream import AnswerStream
from chatapp.words import Reason, State
from tests.openrouter.conftest import BODY, Asker
from tests.openrouter.loopback import Connection, Loopback
from tests.openrouter.wire import DONE, delta, finish
from tests.sockets.test_bells import every_loop

WORDS = 20
Trial = Callable[["Resting"], Awaitable[None]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's key and certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upstream")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "upstream.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture(params=["http", "https"])
def tls(request: pytest.FixtureRequest, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext | None:
    """The server's side; the client trusts it."""
    if request.param == "http":
        return None
    monkeypatch.setattr(transports, "_ssl_context", lambda: ssl.create_default_context(cafile=certificate))
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate)
    return found


@pytest.fixture(params=every_loop())
def run(request: pytest.FixtureRequest, tls: ssl.SSLContext | None) -> Callable[[Trial], None]:
    """Runs a trial on either loop, over either kind of connection."""

    async def tried(trial: Trial) -> None:
        resting = Resting()
        async with resting.upstream.serve(tls) as base_url:
            resting.asker = Asker(base_url, "aiohttp")
            try:
                await trial(resting)
            finally:
                for client in resting.asker.clients:
                    await client.aclose()

    def go(trial: Trial) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(tried(trial))

    return go


class Resting:
    """An answer whose words come while their listener rests after the first of them."""

    def __init__(self) -> None:
        self.asker: Asker
        self.upstream = Loopback()
        self.upstream.plays(self._script)
        self.heard, self.said, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.over.set()
        self.answer: AnswerStream | None = None
        self.under_way: asyncio.Transport | None = None

    async def _script(self, connection: Connection) -> None:
        self.heard.clear()
        self.said.clear()
        await connection.stream(delta(content="a"))
        await self.heard.wait()
        for _ in range(WORDS):
            await connection.chunk(delta(content="b"))
        await connection.chunk(finish() + DONE)
        self.said.set()
        await self.over.wait()
        await connection.end()

    @asynccontextmanager
    async def rested(self) -> AsyncIterator[AsyncIterator[list[Event]]]:
        """The batches that are left when everything was said during the rest."""
        client = self.asker.clients[0] if self.asker.clients else self.asker.client()
        async with client.stream(BODY) as answer:
            batches = aiter(answer)
            assert words(await anext(batches)) == "a"
            self.heard.set()
            await self.said.wait()
            await turns(100)
            exchange: Any = answer._exchange
            self.answer, self.under_way = answer, transports.connection_of(exchange._response)
            assert self.under_way
            assert not self.under_way.is_reading()
            yield batches


def words(batch: list[Event]) -> str:
    return "".join(event.text for event in batch if isinstance(event, events.Answer))


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_all_that_came_meanwhile_is_one_batch(run: Callable[[Trial], None]) -> None:
    async def trial(resting: Resting) -> None:
        async with resting.rested() as batches:
            assert [words(batch) for batch in [batch async for batch in batches]] == ["b" * WORDS]

    run(trial)


def test_it_is_handed_over_before_the_journal_commits(run: Callable[[Trial], None]) -> None:
    async def trial(resting: Resting) -> None:
        async with resting.rested() as batches:
            reading = asyncio.ensure_future(anext(batches))
            # asyncio's own loop begins to look at a connection a round later than it is told to.
            await turns(ROUNDS_OF_THE_LOOP + (type(asyncio.get_running_loop()).__module__ != "uvloop"))
            assert reading.done()
            assert words(reading.result()) == "b" * WORDS

    run(trial)


def test_the_connection_serves_the_next_answer(run: Callable[[Trial], None]) -> None:
    async def trial(resting: Resting) -> None:
        for _ in range(3):
            resting.over.clear()
            async with resting.rested() as batches:
                async for _ in batches:
                    # The end of the body comes after the end of the answer.
                    resting.over.set()
                    await turns(100)
        asked = [connection.writer.get_extra_info("peername") for connection in resting.upstream.connections]
        assert (len(asked), len(set(asked))) == (3, 1)

    run(trial)


def test_a_connection_that_ends_meanwhile_is_a_cut(run: Callable[[Trial], None]) -> None:
    async def trial(resting: Resting) -> None:
        async with resting.rested() as batches:
            assert resting.under_way
            resting.under_way.abort()
            await turns(100)
            assert "".join([words(batch) async for batch in batches]) == ""
        assert resting.answer
        assert resting.answer.verdict() == (State.INTERRUPTED, Reason.CUT)

    run(trial)


def test_leaving_at_rest_closes_the_connection(run: Callable[[Trial], None]) -> None:
    async def hangs(connection: Connection) -> None:
        await connection.stream(delta(content="a"))
        await connection.closed()

    async def trial(resting: Resting) -> None:
        resting.upstream.plays(hangs)
        async with resting.asker.client().stream(BODY) as answer:
            async for _ in answer:
                break
        async with asyncio.timeout(30):
            await resting.upstream.connections[0].gone.wait()

    run(trial)
