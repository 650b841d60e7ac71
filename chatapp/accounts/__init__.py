"""People's accounts: how allauth is bent to this site, mail, the first page's code, and the ends of sessions.

Nobody can ask here who has an account: signing in and resetting a password answer alike for known and
unknown addresses, by the same steps. What remains: where sign-up is open, it lets a person in at once, without
a mail, so it must say when an address is taken. It says so only when all else is right, so that each probe of a
free address leaves an account behind and counts against the limit.
"""

from chatapp.accounts.adapter import AccountAdapter
from chatapp.accounts.founding import forget_setup_code, is_setup_code, setup_code
from chatapp.accounts.leaving import leave
from chatapp.accounts.mail import mailer
from chatapp.accounts.sessions import note, on_session_end

__all__ = [
    "AccountAdapter",
    "forget_setup_code",
    "is_setup_code",
    "leave",
    "mailer",
    "note",
    "on_session_end",
    "setup_code",
]
