"""Splits a ``text/event-stream`` body into events, without I/O.

After https://html.spec.whatwg.org/multipage/server-sent-events.html: lines end in LF, CR or CR LF and in nothing else
(U+2028 and its like are ordinary characters inside JSON), ``data`` lines of one event are joined by LF, a BOM at the
start and unknown fields are skipped. Bytes in, bytes out: text is decoded per complete event, so that a character cut
between two network pieces stays whole.
"""

from collections.abc import Iterator

from chatapp.openrouter.errors import BadUpstream

BOM = b"\xef\xbb\xbf"
LF = 0x0A


class Splitter:
    """Takes pieces of any size; gives the data of each complete event.

    ``comments`` counts comment lines: they carry nothing, but show that bytes are alive. ``line_bytes`` and
    ``event_bytes`` bound what is kept in memory.
    """

    def __init__(self, *, line_bytes: int, event_bytes: int) -> None:
        self.comments = 0
        self._line_bytes = line_bytes
        self._event_bytes = event_bytes
        self._tail = bytearray()  # the line that has begun; grows in place, so tiny pieces cost no more than big ones
        self._pending: list[bytes] = []  # the data lines of the event that has begun
        self._size = 0
        self._started = False
        self._after_cr = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The events that ``piece`` completes. Iterate to the end, or the rest of the piece is lost.

        Raises ``BadUpstream`` when a line or an event is too long, after the events before it.
        """
        piece = self._with_lf_only(piece)
        if b"\n" not in piece:
            self._tail += piece
        else:
            pending, longest = self._pending, self._line_bytes
            for line in self._lines(piece):
                # The ordinary event, one data line and an empty one, goes first: this loop is the hot one.
                if not pending and line.startswith(b"data: ") and len(line) <= longest:
                    pending.append(line[6:])
                elif line:
                    self._field(line)
                elif pending:
                    yield pending.pop() if len(pending) == 1 else self._joined()
        if len(self._tail) > self._line_bytes:
            raise BadUpstream(f"a line of more than {self._line_bytes} bytes")

    def close(self) -> bytes | None:
        """The body is over: the last event if no empty line came after it, whole or cut as it is."""
        if self._tail:
            self._field(*self._lines(b"\n"))
        return self._joined() if self._pending else None

    def _with_lf_only(self, piece: bytes) -> bytes:
        if self._after_cr and piece:
            self._after_cr = False
            if piece[0] == LF:  # the second half of a CR LF cut in two
                piece = piece[1:]
        if b"\r" in piece:
            self._after_cr = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return piece

    def _lines(self, piece: bytes) -> list[bytes]:
        """The lines that ``piece`` completes; what comes after its last LF waits."""
        lines = piece.split(b"\n")
        if self._tail:
            lines[0] = bytes(self._tail) + lines[0]
        self._tail = bytearray(lines.pop())
        if not self._started:
            self._started = True
            lines[0] = lines[0].removeprefix(BOM)
        return lines

    def _field(self, line: bytes) -> None:
        if line.startswith(b":"):
            self.comments += 1
        elif line.startswith(b"data:"):
            self._keep(line[6:] if line.startswith(b" ", 5) else line[5:])
        elif line == b"data":
            self._keep(b"")

    def _keep(self, value: bytes) -> None:
        if len(value) > self._line_bytes:
            raise BadUpstream(f"a line of more than {self._line_bytes} bytes")
        # The LF that will join it to the last line counts: empty data lines are not free either.
        self._size = 1 + len(value) + (self._size if len(self._pending) > 1 else sum(map(len, self._pending)))
        if self._size > self._event_bytes:
            raise BadUpstream(f"an event of more than {self._event_bytes} bytes")
        self._pending.append(value)

    def _joined(self) -> bytes:
        data = b"\n".join(self._pending)
        self._pending.clear()
        return data
