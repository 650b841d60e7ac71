"""The head of an HTTP/1.1 request, read without I/O. Raises `Malformed`; never anything else."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

HEAD_LIMIT_BYTES = 64 * 1024
BODY_LIMIT_BYTES = 64 * 1024 * 1024

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REQUEST_LINE = re.compile(r"([A-Z]{1,20}) ([!-~]{1,8000}) HTTP/1\.([01])")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")


class Malformed(Exception):
    """The request cannot be read; the connection ends after a reply with `status`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Head:
    """A request line with its headers (names in lower case) and what they say about the body."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    keep_alive: bool
    length: int
    chunked: bool
    http_1_1: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request."""

    head: Head
    body: bytes


def end_of_head(buffer: bytes | bytearray) -> int | None:
    """Where the body begins, or None while the head is incomplete."""
    if buffer and not 0x41 <= buffer[0] <= 0x5A:
        raise Malformed(400, "Not an HTTP request")
    found = _END_OF_HEAD.search(buffer, 0, HEAD_LIMIT_BYTES)
    if found:
        return found.end()
    if len(buffer) >= HEAD_LIMIT_BYTES:
        raise Malformed(431, "Request head too large")
    return None


def parse_head(raw: bytes) -> Head:
    """Read everything before the body."""
    lines = raw.decode("latin-1").replace("\r\n", "\n").rstrip("\n").split("\n")
    line = _REQUEST_LINE.fullmatch(lines[0])
    if line is None:
        raise Malformed(400, "Bad request line")
    headers = _headers(lines[1:])
    path, query = _target(line[2])
    http_1_1 = line[3] == "1"
    connection = headers.get("connection", "").lower()
    chunked = _is_chunked(headers)
    return Head(
        method=line[1],
        path=path,
        query=query,
        headers=headers,
        keep_alive="close" not in connection and (http_1_1 or "keep-alive" in connection),
        length=0 if chunked else _length(headers.get("content-length", "0")),
        chunked=chunked,
        http_1_1=http_1_1,
    )


def chunk_size(line: bytes) -> int:
    """The length that a line before a chunk announces."""
    found = _CHUNK_SIZE.fullmatch(line.rstrip(b"\r\n"))
    if found is None:
        raise Malformed(400, "Bad chunk size")
    return int(found[1], 16)


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name) or "\0" in value or "\r" in value:
            raise Malformed(400, "Bad header line")
        name = name.lower()
        if name in headers and name in {"content-length", "transfer-encoding", "host"}:
            raise Malformed(400, f"Header {name} given twice")
        headers[name] = value.strip(" \t")
    return headers


def _target(target: str) -> tuple[str, dict[str, str]]:
    try:
        parts = urlsplit(target)
        return unquote(parts.path), dict(parse_qsl(parts.query, max_num_fields=100))
    except ValueError as exc:
        raise Malformed(400, "Bad request target") from exc


def _is_chunked(headers: dict[str, str]) -> bool:
    coding = headers.get("transfer-encoding")
    if coding is None:
        return False
    if "content-length" in headers:
        raise Malformed(400, "Both Content-Length and Transfer-Encoding")
    if coding.lower() != "chunked":
        raise Malformed(501, "Transfer-Encoding not supported")
    return True


def _length(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise Malformed(400, "Bad Content-Length")
    if int(value) > BODY_LIMIT_BYTES:
        raise Malformed(413, "Request body too large")
    return int(value)
