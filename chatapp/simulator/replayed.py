"""A recorded stream, byte for byte."""

import re
from functools import partial
from pathlib import Path

import msgspec

from chatapp.simulator.chunks import Token
from chatapp.simulator.delivery import Job
from chatapp.simulator.errors import invalid
from chatapp.simulator.replies import ByteLimit
from chatapp.simulator.streamed import Streamed

_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)|.+", re.DOTALL)
_DATA = re.compile(rb"^data: ?(\{.*)", re.MULTILINE)


def find_recording(folder: Path | None, name: str) -> bytes:
    """The bytes of a recording of the streams folder; the ending .sse may be left out. Raises ApiError."""
    if folder is not None:
        for path in (folder / name, folder / f"{name}.sse"):
            if path.resolve().is_relative_to(folder.resolve()) and path.is_file():
                return path.read_bytes()
    raise invalid(f"There is no recording named {name}")


class Replayed(Streamed):
    """Sends the recording event by event; `rate` counts events here."""

    def __init__(self, job: Job, recording: bytes) -> None:
        super().__init__(job)
        self._recording = recording

    async def run(self) -> None:
        await self.connection.sleep(self.script.delay)
        await self.begin()
        await self.wait(self.script.silent, comments=False)
        try:
            await self._play()
            await self._body.flush()
        except ByteLimit:
            assert self.script.byte_stop is not None
            await self._break_connection(self.script.byte_stop.do)
            return
        self.record.end("complete")
        await self._body.end()

    async def _play(self) -> None:
        for found in _EVENT.finditer(self._recording):
            await self._body.write(found[0], partial(self.record.note, _tokens(found[0])))
            if self.job.rate:
                await self.wait(1 / self.job.rate, comments=False)


def _tokens(event: bytes) -> list[Token]:
    """The text that a good reader finds in an event: for the record only, so a bad event just has none."""
    tokens: list[Token] = []
    for data in _DATA.findall(event):
        try:
            delta = msgspec.json.decode(data)["choices"][0]["delta"]
            thinking = [detail["text"] for detail in delta.get("reasoning_details") or []]
            tokens += [("thinking", text) for text in thinking or [delta.get("reasoning")] if text]
            tokens += [("answer", delta["content"])] if delta.get("content") else []
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
    return tokens
