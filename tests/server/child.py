"""A server of the tests: `python -m tests.server.child bounded|plain small|site PORT`.

`small` is an application that does what is asked of it in the path; `site` is Ponder's own. BOUNDS in the environment
(JSON) replaces some of the server's.
"""

import json
import os
import sys

import daphne.server

from chatapp.server.bounded import BoundedServer
from chatapp.server.bounds import Bounds

REFUSAL = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def main(kind: str, what: str, port: str) -> None:
    if what == "site":
        from chatapp.asgi import application
    else:
        from tests.server.small import application

    if kind == "plain":
        server = daphne.server.Server(
            application, endpoints=[f"tcp:port={port}:interface=127.0.0.1"], signal_handlers=False
        )
    else:
        server = BoundedServer(
            application,
            host="127.0.0.1",
            port=int(port),
            most_bytes=lambda path: 12_000_000 if path == "/large/" else 1_000_000,
            too_large=lambda accept: REFUSAL,
            bounds=Bounds(**json.loads(os.environ.get("BOUNDS", "{}"))),
        )
    server.ready_callable = lambda: print("serves", flush=True)
    server.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
