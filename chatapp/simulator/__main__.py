"""`python -m chatapp.simulator`: serve alone until interrupted. The first line of output is the base URL."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from chatapp.simulator.server import DEMO_TOKENS_PER_SECOND, GENERATION_SECONDS, Simulator


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m chatapp.simulator", description="An OpenRouter look-alike.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--control", action="store_true", help="open /control/… and keep a log")
    parser.add_argument("--streams", type=Path, help="the folder of recorded streams")
    parser.add_argument("--key", help="accept this key only")
    parser.add_argument("--pace", type=float, default=DEMO_TOKENS_PER_SECOND, help="tokens per second, 0: at once")
    parser.add_argument("--generation-seconds", type=float, default=GENERATION_SECONDS, help="delay of the look-up")
    parser.add_argument("--quiet", action="store_true", help="no line per request")
    asyncio.run(_serve(parser.parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    simulator = Simulator(
        host=options.host,
        port=options.port,
        control=options.control,
        streams=options.streams,
        key=options.key,
        pace=options.pace,
        generation_seconds=options.generation_seconds,
        log=None if options.quiet else _say,
    )
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with simulator:
        _say(simulator.base_url)
        await stopped.wait()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
