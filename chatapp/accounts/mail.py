"""Mail leaves in threads: no page waits for a mail server, breaks with it, or shows who is known."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)


class Mailer:
    """Two threads that send. What was handed in is sent before the process exits; EMAIL_TIMEOUT bounds each."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
        self._unsent: set[Future[None]] = set()

    def send(self, message: EmailMessage) -> None:
        """Send a mail soon. Never raises: a mail that cannot be sent leaves a line in the log."""
        try:
            future = self._threads.submit(_send, message)
        except RuntimeError:
            logger.error("A mail was not sent: the server is stopping.")
            return
        self._unsent.add(future)
        future.add_done_callback(self._unsent.discard)

    def flush(self, timeout: float = 10) -> bool:
        """Wait until the mails handed in so far are sent or given up. False if `timeout` seconds were too few."""
        return not wait(set(self._unsent), timeout).not_done

    def stop(self, timeout: float = 10) -> None:
        """Take no more mails, and give up those that have not begun to be sent after `timeout` seconds."""
        self._threads.shutdown(wait=False)
        if not self.flush(timeout):
            logger.error("Mails were not sent: %d.", len(self._unsent))
            self._threads.shutdown(wait=False, cancel_futures=True)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as wrong:
        # Only the class: a mail server's own words may name the address.
        logger.error("A mail could not be sent: %s.", type(wrong).__name__)


mailer = Mailer()
