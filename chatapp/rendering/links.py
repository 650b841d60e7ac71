"""Where a link leads, and whether its text says something else."""

import re
import unicodedata

# A scheme alone is not enough: "https:host" and "https:\\host" lead browsers to a host that other readers do not see.
_ALLOWED = re.compile(r"(?:https?://[^/\\?#\s]|mailto:[^\s/])", re.IGNORECASE)
_AUTHORITY = re.compile(r"https?://([^/?#\\]*)", re.IGNORECASE)
_PORT = re.compile(r":\d*$")
_MAILBOX = re.compile(r"mailto:([^?]*)", re.IGNORECASE)

_HOST_LIKE = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,24}|\d{1,3}(?:\.\d{1,3}){3}")
_WIDE_DOT = re.compile(r"(?<=\w)[。｡](?=[a-z0-9])")
# Endings of file names that no domain has.
_FILE_ENDINGS = "cpp css csv html ini ipynb java js json jsx pdf php toml tsx txt xml yaml yml"
_FILES = frozenset(_FILE_ENDINGS.split())
_LONGEST_LABEL = 2000


def is_allowed(url: str) -> bool:
    """Whether an answer may link there: an absolute http, https or mailto address, nothing else."""
    return _ALLOWED.match(url.strip()) is not None


def host_of(url: str) -> str:
    """The host a browser would go to, in lower case and ASCII as the address has it; "" when there is none."""
    if found := _AUTHORITY.match(url):
        return _PORT.sub("", found[1].rpartition("@")[2]).lower()
    if found := _MAILBOX.match(url):
        return found[1].rpartition("@")[2].lower()
    return ""


def foreign_host(label: str, url: str) -> str:
    """The host of `url` when `label` reads like another one, so that it can be shown beside it; "" otherwise."""
    host = host_of(url)
    if not host:
        return ""
    if "xn--" in host and "xn--" not in label.lower():
        return host  # letters of other scripts look like ours
    return "" if all(_is_at(named, host) for named in _named_hosts(label)) else host


def _named_hosts(label: str) -> list[str]:
    text = unicodedata.normalize("NFKC", label[:_LONGEST_LABEL]).lower()
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    named = _HOST_LIKE.findall(_WIDE_DOT.sub(".", text))
    return [name for name in named if name.rpartition(".")[2] not in _FILES]


def _is_at(named: str, host: str) -> bool:
    named = named.removeprefix("www.")
    return host == named or host.endswith("." + named)
