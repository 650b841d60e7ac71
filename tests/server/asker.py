"""Somebody who asks for a page again and again: `python -m tests.server.asker HOST PORT PATH`.

Prints for each answer how long it took, in milliseconds. In a process of its own, so that it is the server that is
late and not a test that is busy with its attack.
"""

import http.client
import sys
import time

PATIENCE_SECONDS, PAUSE_SECONDS = 60, 0.01


def main(host: str, port: str, path: str) -> None:
    connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_SECONDS)
    while True:
        began = time.perf_counter()
        connection.request("GET", path)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 200, reply.status
        print((time.perf_counter() - began) * 1000, flush=True)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
