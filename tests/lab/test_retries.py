"""What is sent more than once, or whose reply gets lost, is asked once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import httpx
import pytest

from tests.lab.people import JSON, Person, Reader, text_of
from tests.lab.processes import Upstream, wait_for
from tests.lab.proxy import Proxy


@pytest.fixture
def proxy(alice: Person) -> Iterator[Proxy]:
    with Proxy(alice.site.port) as found:
        yield found


def at_once(person: Person, path: str, *posts: dict[str, str]) -> list[httpx.Response]:
    """Send each of these at the same instant, on a connection of its own."""
    start = Barrier(len(posts))

    def send(fields: dict[str, str]) -> httpx.Response:
        with httpx.Client(base_url=person.site.origin, cookies=person.http.cookies, trust_env=False) as http:
            headers = JSON | {"Origin": person.site.origin, "X-CSRFToken": person.http.cookies["csrf"]}
            start.wait()
            return http.post(path, data=fields, headers=headers, timeout=60)

    with ThreadPoolExecutor(len(posts)) as threads:
        return list(threads.map(send, posts))


@pytest.mark.parametrize("cut_after", [0, 20, 400])
def test_a_question_whose_reply_was_lost_is_asked_once(
    alice: Person, upstream: Upstream, proxy: Proxy, cut_after: int
) -> None:
    mark = uuid4().hex
    fields = {"text": f"{mark} simulate: tokens 20", "client_id": str(uuid4())}
    proxy.cut_after = cut_after
    with httpx.Client(
        base_url=f"http://127.0.0.1:{proxy.port}", cookies=alice.http.cookies, trust_env=False, timeout=60
    ) as through:
        headers = JSON | {
            "Host": alice.site.origin.removeprefix("http://"),
            "Origin": alice.site.origin,
            "X-CSRFToken": alice.http.cookies["csrf"],
        }
        with pytest.raises(httpx.TransportError):
            through.post("/conversations/", data=fields, headers=headers)
        wait_for(lambda: upstream.asked(mark), what="the question to arrive upstream all the same")
        proxy.cut_after = None
        again = through.post("/conversations/", data=fields, headers=headers)
    assert again.status_code == 200
    message = alice.ended(again.json()["message"])
    assert message["state"] == "done"
    assert len(upstream.asked(mark)) == 1


def test_the_same_question_twice_at_the_same_instant_is_one(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    fields = {"text": f"{mark} simulate: tokens 20", "client_id": str(uuid4())}
    replies = at_once(alice, "/conversations/", *[fields] * 4)
    assert sorted(reply.status_code for reply in replies) == [200, 200, 200, 201]
    assert all(reply.json() == replies[0].json() for reply in replies)
    alice.ended(replies[0].json()["message"])
    assert len(upstream.asked(mark)) == 1


def test_of_two_questions_at_the_same_instant_one_is_refused(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks("simulate: say: hello")
    alice.ended(posted["message"])
    replies = at_once(
        alice,
        f"/conversations/{posted['conversation']}/messages/",
        *({"text": f"{mark} {n} simulate: tokens 2000, rate 100", "client_id": str(uuid4())} for n in range(4)),
    )
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409]
    assert all(reply.json()["error"]["code"] == "already_answering" for reply in replies if reply.status_code == 409)
    [taken] = [reply.json() for reply in replies if reply.status_code == 201]
    alice.stops(taken["generation"])
    alice.ended(taken["message"])
    assert len(upstream.asked(mark)) <= 1


@pytest.mark.parametrize("fault", ["reset", "close", "hole", "delay"])
async def test_a_reader_on_a_broken_line_comes_back_and_misses_nothing(alice: Person, proxy: Proxy, fault: str) -> None:
    posted = alice.asks("simulate: tokens 600, rate 300")
    reader = Reader(alice, port=proxy.port)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=5)
        if fault == "reset":
            proxy.reset()
        elif fault == "close":
            proxy.close()
        elif fault == "hole":
            proxy.is_hole = True
            alice.ended(posted["message"])
        else:
            proxy.delay_seconds = 0.3
            while not reader.settled:
                await reader.receive("progress")
        if fault == "hole":
            # Nobody told the site that this reader is gone.
            proxy.reset()
    proxy.is_hole = False
    if not reader.settled:
        async with reader.connected():
            await reader.reads(posted["conversation"], posted["message"])
    message = alice.ended(posted["message"])
    assert message["state"] == "done"
    reader.shows_only_prefixes_of(text_of(message, "thinking"), text_of(message, "text"))
