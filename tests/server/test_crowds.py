"""A crowd that types passwords: it costs the memory of two, and others get their pages meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.lab.people import Person
from tests.lab.processes import Site, wait_for
from tests.server.peers import Lag, Memory, Peer

CROWD = 30
LOGIN = "/accounts/login/"


@pytest.mark.parametrize("is_multipart", [False, True])
def test_a_crowd_that_signs_in_fills_no_memory_and_keeps_nobody_waiting(site: Site, is_multipart: bool) -> None:
    def signs_in(person: Person) -> httpx.Response:
        fields = {"login": person.email, "password": "a wrong one, typed in haste"}
        sent: dict[str, Any] = {"files": {name: (None, value) for name, value in fields.items()}}
        sent = sent if is_multipart else {"data": fields}
        headers = {"X-CSRFToken": person.http.cookies["csrf"], "Accept": "application/json"}
        return person.http.post(LOGIN, headers=headers, **sent)

    with ExitStack() as stack:
        crowd = [stack.enter_context(closing(Person(site, f"{uuid4().hex}@example.com"))) for _ in range(CROWD)]
        for person in crowd:
            person.http.get(LOGIN)
        threads = stack.enter_context(ThreadPoolExecutor(CROWD))
        memory = Memory(site.child.pid)
        with Lag(f"{site.origin}{LOGIN}") as lag:
            waiting = [threads.submit(signs_in, person) for person in crowd]
            # Somebody is served while most of the crowd still waits.
            served = len(lag.lines)
            wait_for(lambda: sum(not each.done() for each in waiting) <= 2, what="most of the crowd")
            meanwhile = len(lag.lines) - served
            replies = [each.result() for each in waiting]
            lag.hears()
        grown = memory.grown
    print(f"{CROWD} at once: +{grown:.0f} MB; {meanwhile} pages meanwhile, lag p95 {lag.p95:.0f} ms")
    assert {reply.status_code for reply in replies} == {400}
    assert grown < 300
    assert meanwhile >= 3
    assert lag.p95 < 1500


@pytest.mark.parametrize("path", [LOGIN, "/accounts/signup/", "/accounts/logout/", "/setup/", "/settings/leave/"])
def test_a_large_form_where_a_password_is_typed_is_refused_before_it_is_read(site: Site, path: str) -> None:
    ask = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    for size, status in [(64_001, b"413 "), (64_000, b"403 ")]:
        with Peer(site.port) as peer:
            peer.send(f"{ask}Content-Length: {size}\r\n\r\n".encode() + b"%41" * (size // 3) + b"x" * (size % 3))
            assert peer.until(b"\r\n\r\n").startswith(b"HTTP/1.1 " + status)
