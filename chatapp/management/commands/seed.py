"""Fill the site with example people and conversations in every state, settled as real answers are."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatapp.models import User

PASSWORD = "correct horse battery"  # noqa: S105 (of people who exist only as examples)
ALICE, BOB, CHARLIE, DORA = (f"{name}@example.com" for name in ("alice", "bob", "charlie", "dora"))


class Command(BaseCommand):
    """Makes the examples; run again it adds nothing."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hard", action="store_true", help="also what is hard to show: Bob gets it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_LOCAL:
            raise CommandError(
                "Example people have a known password: they are made only where PUBLIC_ORIGIN is loopback."
            )
        # Pictures are drawn when these are imported.
        from chatapp.management.examples import hard, made, usual

        # Charlie has nothing yet, Dora administers.
        alice, bob = _person(ALICE), _person(BOB)
        _person(CHARLIE)
        _person(DORA, is_staff=True, is_superuser=True)
        for example in usual.EXAMPLES:
            made.make(alice, example)
        for example in hard.examples() if options["hard"] else ():
            made.make(bob, example)
        self.stdout.write(f"Sign in as {alice.email} with the password “{PASSWORD}”.")


def _person(email: str, **more: bool) -> User:
    found: User | None = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, PASSWORD, **more)
