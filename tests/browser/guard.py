"""What must not happen on any page of any journey."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, WebError, WebSocket

# Addresses that never leave the browser.
INNER_SCHEMES = {"about", "blob", "data"}
TELLING = {"error", "warning", "assert"}
# What the browser remarks when a page is left while its socket is being opened.
LEFT_EARLY = "WebSocket is closed before the connection is established"


class Guard:
    """Collects what goes wrong in a browser's pages; `is_content()` fails with all of it."""

    def __init__(self, origin: str) -> None:
        self._host = urlsplit(origin).netloc
        self.complaints: list[str] = []
        self._allowed: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("page", self._page)

    def forget(self) -> None:
        """Begin anew, for another journey of the same browser."""
        self.complaints.clear()
        self._allowed.clear()

    def allow(self, *words: str) -> None:
        """A journey that provokes an error says which: console messages with these words are right."""
        self._allowed.extend(words)

    def is_content(self) -> None:
        wrong = [line for line in self.complaints if not any(words in line for words in self._allowed)]
        assert not wrong, "\n".join(["On the pages of this journey:", *wrong])

    def _page(self, page: Page) -> None:
        page.on("websocket", self._socket)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in TELLING and LEFT_EARLY not in message.text:
            self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"script error: {error.error}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _socket(self, socket: WebSocket) -> None:
        self._address(socket.url)

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in INNER_SCHEMES and parts.netloc != self._host:
            self.complaints.append(f"request to another origin: {url}")
