"""Set the site up and serve it: what `make run` calls."""

import gc
import logging
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chatapp import accounts, processor, statics
from chatapp.models import User

log = logging.getLogger(__name__)

# The loop that streams shares the interpreter with the threads of pages and of the database. Python would let one of
# them work for 5 ms each time before the loop has its turn, and the loop needs dozens of turns for a chat.
LOOP_WAITS_SECONDS = 0.001


class Command(BaseCommand):
    """Migrate, collect static files, and serve until stopped."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-setup", action="store_true", help="neither migrate nor collect static files")

    def handle(self, *args: Any, **options: Any) -> None:
        # Files made from here on (database, logs, collected statics) are the operator's alone.
        os.umask(0o077)
        if not options["no_setup"]:
            self._set_up()
        for message in checks.run_checks():
            self.stderr.write(str(message))
            if message.is_serious():
                raise CommandError("The check above must be mended first.")
        # Asked here: once the loop runs, the database may not be asked from this thread.
        self._is_new = not User.objects.exists()
        # Imported late: it installs Twisted's reactor, unless there is one.
        from chatapp import reactor

        reactor.install()
        from chatapp.server.ponder import PonderServer

        server = PonderServer(host=settings.HOST, port=settings.PORT, ready=self._say_where)
        # What has been loaded stays: going through it again and again holds every stream up for a tenth of a second.
        gc.freeze()
        sys.setswitchinterval(LOOP_WAITS_SECONDS)
        if settings.ONE_PROCESSOR:
            processor.gather()
        server.run()
        if server.failed:
            raise CommandError(f"Ponder could not serve on {settings.HOST} port {settings.PORT}: is the port taken?")
        logging.shutdown()
        sys.stdout.flush()
        # All is written. The thread of a request that was cut off waits for the loop, which is gone, for ever.
        os._exit(0)

    def _set_up(self) -> None:
        executor = MigrationExecutor(connection)
        # Migrating looks at every table even when there is nothing to do, and a start should not wait for that.
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
        statics.collect()

    def _say_where(self) -> None:
        if settings.IS_DEMO:
            self.stdout.write("Demo: no OpenRouter key is set; a simulator answers. Set OPENROUTER_API_KEY.")
        if self._is_new and (code := accounts.setup_code()):
            self.stdout.write(f"The first page asks for this code: {code}")
        then = "make the first account" if self._is_new else "sign in"
        self.stdout.write(f"{settings.SITE_NAME} is at {settings.PUBLIC_ORIGIN}/ : open it in a browser and {then}.")
        self.stdout.flush()
