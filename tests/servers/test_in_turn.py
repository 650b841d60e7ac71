"""Transactions that want the same rows at once take turns on PostgreSQL: none gives up, and none acts on what was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.processes import ROOT
from tests.servers.conftest import another_database

pytestmark = pytest.mark.servers

CASES = [
    "a_conversation_is_purged_while_an_answer_of_it_settles",
    "hearts_beat_while_answers_are_written",
    "a_picture_is_sent_while_it_is_swept",
    "a_picture_is_swept_while_it_is_sent",
    "a_picture_is_taken_again_while_it_is_swept",
    "a_person_leaves_while_they_ask",
    "a_person_asks_while_they_leave",
]


@pytest.fixture(scope="module")
def database_url(postgres_url: str) -> str:
    return another_database(postgres_url, "turns")


@pytest.mark.parametrize("case", CASES)
def test_one_waits_for_the_other(case: str, database_url: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "chatapp.settings",
        "PONDER_ENV_FILE": "none",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "PYTHONWARNINGS": "default",
    }
    child = subprocess.run(
        [sys.executable, "-m", "tests.servers.turns", case],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert child.returncode == 0, child.stdout
