"""A PostgreSQL cluster and a Redis of the tests' own, on loopback, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.processes import free_port, wait_for

POSTGRES_FOLDERS = [f"/usr/lib/postgresql/{version}/bin" for version in range(20, 12, -1)]


def program(name: str, folders: list[str]) -> str:
    """Where a program is; without it the test is skipped, which CI does not allow."""
    found = next((f"{folder}/{name}" for folder in folders if Path(f"{folder}/{name}").exists()), shutil.which(name))
    if found is None:
        message = f"servers' tests skipped: no {name} found"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    initdb, server = program("initdb", POSTGRES_FOLDERS), program("postgres", POSTGRES_FOLDERS)
    port = free_port()
    # PostgreSQL refuses to run as root.
    who = pwd.getpwnam("postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    # Not one of pytest's own folders: under root those are closed to others.
    folder = Path(tempfile.mkdtemp(prefix="ponder-postgres-"))
    shutil.chown(folder, who.pw_uid, who.pw_gid)
    folder.chmod(0o700)
    options = {"user": who.pw_uid, "group": who.pw_gid} if os.geteuid() == 0 else {}
    try:
        subprocess.run(
            [initdb, "-D", str(folder / "data"), "-A", "trust", "-U", "ponder", "--no-sync", "--locale=C.UTF-8"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **options,
        )
        child = subprocess.Popen(
            [server, "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **options,
        )
        try:
            yield _ready_url(port)
        finally:
            child.send_signal(2)
            child.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ready_url(port: int) -> str:
    import psycopg

    def answers() -> bool:
        try:
            with psycopg.connect(f"postgres://ponder@127.0.0.1:{port}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE ponder")
        except psycopg.OperationalError:
            return False
        return True

    wait_for(answers, what="PostgreSQL to answer")
    return f"postgres://ponder@127.0.0.1:{port}/ponder"


def another_database(postgres_url: str, name: str) -> str:
    """A new database on that server: a site of its own wants one without people."""
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres_url.removesuffix('/ponder')}/{name}"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    import redis

    port = free_port()
    child = subprocess.Popen(
        [program("redis-server", []), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    client = redis.Redis(port=port)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    wait_for(answers, what="Redis to answer")
    client.close()
    yield f"redis://127.0.0.1:{port}/0"
    child.terminate()
    child.wait(timeout=30)
