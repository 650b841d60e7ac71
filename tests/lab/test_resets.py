"""Peers that reset their connection while the server is elsewhere: it is let go soon, and nothing is logged."""

import os
import signal
import socket
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab.processes import Site, wait_for

RESET = struct.pack("ii", 1, 0)
PEERS = 5


def sockets(site: Site) -> int:
    """How many sockets the server's process has open."""
    found = 0
    for each in Path(f"/proc/{site.child.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found += os.readlink(each).startswith("socket:")
    return found


@pytest.mark.parametrize("path", ["/up", "/accounts/login/", "/static/nothing.css"])
def test_who_resets_after_asking_is_let_go(site: Site, path: str) -> None:
    logged, idle = len(site.output), sockets(site)
    peers = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(PEERS)]
    wait_for(lambda: sockets(site) == idle + PEERS, what="the server to accept them")
    # What they ask and their reset come to the server in one go.
    site.child.send_signal(signal.SIGSTOP)
    try:
        for peer in peers:
            peer.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            peer.close()
    finally:
        site.child.send_signal(signal.SIGCONT)
    wait_for(lambda: sockets(site) <= idle, what="the server to let go of them")
    assert "Traceback" not in site.output[logged:]
