"""Mail leaves in threads: no page waits for a mail server, breaks with it, or shows who is known."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)

# Not daemons: the interpreter waits at its exit until what was handed in is sent (EMAIL_TIMEOUT bounds each).
_mailers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
_unsent: set[Future[None]] = set()


def send_later(message: EmailMessage) -> None:
    """Send a mail in a thread. Never raises: a mail that cannot be sent leaves a line in the log."""
    try:
        future = _mailers.submit(_send, message)
    except RuntimeError:
        logger.error("A mail was not sent: the server is stopping.")
        return
    _unsent.add(future)
    future.add_done_callback(_unsent.discard)


def flush_mail(timeout: float = 10) -> bool:
    """Wait until the mails handed in so far are sent or given up. False if `timeout` seconds were too few."""
    return not wait(set(_unsent), timeout).not_done


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as wrong:
        # Only the class: a mail server's own words may name the address.
        logger.error("A mail could not be sent: %s.", type(wrong).__name__)
