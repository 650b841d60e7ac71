"""Log lines: one line a record, whatever the message contains."""

import logging
import re

# A link that resets a password is in the path of its page, and Django logs the paths of requests that fail.
_SECRET_PATHS = re.compile(r"(/password/reset/key/)[^/\s]+")
_ESCAPES = {code: f"\\x{code:02x}" for code in [*range(0x20), *range(0x7F, 0xA0)]} | {
    0x0A: "\\n",
    0x0D: "\\r",
    0x09: "\\t",
}


class OneLine(logging.Formatter):
    """Time, level, logger, message; control characters are escaped: no text can forge a line or drive a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        trace, record.exc_text = record.exc_info, None
        record.exc_info = None
        line = _SECRET_PATHS.sub(r"\1…", super().format(record).translate(_ESCAPES))
        record.exc_info = trace
        if getattr(record, "status_code", 500) < 500:
            # A request that was refused: whose fault it was is clear, and a trace for each would fill the disk.
            return line
        return f"{line}\n{self.formatException(trace)}" if trace else line
