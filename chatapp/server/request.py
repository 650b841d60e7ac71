"""A request and its answer."""

import io
from typing import IO, Any

from daphne.http_protocol import WebRequest

from chatapp.server.inbox import BodyInbox


class Request(WebRequest):
    """Daphne's, with a body that is bounded while it arrives and that never lies in memory as a whole."""

    content: IO[bytes]

    def __init__(self, channel: Any, queued: Any = False) -> None:
        # Or Twisted would parse every form into memory, for nobody.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)
        self.gate = channel.gate
        self._size = 0

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if self.channel.is_parting:
            return
        self._size += len(data)
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

    def inbox(self) -> BodyInbox:
        """The application's messages."""
        body, self.content = self.content, io.BytesIO()
        return BodyInbox(body)
