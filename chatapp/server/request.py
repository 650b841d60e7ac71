"""A request and its answer."""

import io
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from daphne.http_protocol import WebRequest
from twisted.web.http import _MalformedChunkedDataError

from chatapp.server.inbox import BodyInbox

# What of a body lies in memory before it gets a file. Twisted gives a file to one whose length is not told, before
# anything of it has come: who opens many connections and says nothing would have all the files of the process.
IN_MEMORY_BYTES = 16 * 1024


class Request(WebRequest):
    """Daphne's, with a body that is bounded while it arrives and that never lies in memory as a whole."""

    content: IO[bytes]

    def __init__(self, channel: Any, queued: Any = False) -> None:
        # Or Twisted would parse every form into memory, for nobody.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)
        self.gate = channel.gate
        self._size = self._pieces = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        # Whoever reads the body closes it, or the end of the connection does.
        body = SpooledTemporaryFile(IN_MEMORY_BYTES) if length != 0 else io.BytesIO()  # noqa: SIM115
        self.content = cast(IO[bytes], body)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if self.channel.is_parting:
            return
        self._size += len(data)
        self._pieces += 1
        bounds = self.channel.bounds
        if self._pieces > bounds.body_pieces + self._size // bounds.body_piece_bytes:
            # One read may bring ten thousand, and only an exception ends the parsing of it.
            raise _MalformedChunkedDataError("a body in too many pieces")
        if self._size > self.channel.most_bytes:
            self.channel.refuse()
        else:
            super().handleContentChunk(data)

    def process(self) -> Any:
        # Daphne would take the site's path prefix from it, and links in mails begin with that.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        processed = super().process()
        if self.transport is None:
            # It has become a socket. It is not read before it is open: autobahn would keep whatever comes.
            self.channel.let_go()
            self.channel.transport.pauseProducing()
        return processed

    def handle_exception(self, exception: BaseException) -> None:
        # Daphne would begin another answer, fail at that, and never look after its connections again.
        if self._response_started and self.channel is not None:
            self.channel.give_way()
        else:
            super().handle_exception(exception)

    def inbox(self) -> BodyInbox:
        """The application's messages."""
        body, self.content = self.content, io.BytesIO()
        return BodyInbox(body)
