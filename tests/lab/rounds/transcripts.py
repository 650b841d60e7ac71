"""What upstream and the database say after a round, each read for itself: the control door, and the SQLite file."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.lab.processes import Upstream

ATTEMPTS = """
SELECT g.id, g.public_id AS generation, m.public_id AS message, g.number, g.purpose, g.state, g.reason, g.checksum, g.sent_at,
       g.settled_at, g.ended_ms, q.text AS question, hex(c.public_id) AS conversation
FROM chatapp_generation g
JOIN chatapp_message m ON m.id = g.message_id
JOIN chatapp_conversation c ON c.id = g.conversation_id
JOIN chatapp_user u ON u.id = c.owner_id
JOIN chatapp_part q ON q.message_id = m.parent_id AND q.kind = 'text'
WHERE u.email = ? ORDER BY g.sent_at, g.id
"""
PARTS = "SELECT position, kind, text, html FROM chatapp_part WHERE generation_id = ? ORDER BY position"
CALLS = "SELECT upstream_id, completion_tokens, usage FROM chatapp_call WHERE generation_id = ? ORDER BY id"
JOURNAL = "SELECT count(*) FROM chatapp_journal WHERE generation_id = ?"


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One attempt: its rows in the database, and what upstream says that it was asked and told (`records`)."""

    generation: str
    message: str
    number: int
    purpose: str
    state: str
    reason: str
    is_settled: bool
    checksum: str
    question: str
    sent_at: float
    parts: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    journal_rows: int
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ending(self) -> tuple[str, str]:
        return self.state, self.reason

    def text(self, kind: str) -> str:
        return "".join(part["text"] for part in self.parts if part["kind"] == kind)

    def told(self, kind: str) -> str:
        """What upstream said, in the request that had words; a NUL can not be stored everywhere, so it is replaced."""
        said = next((record[kind] for record in reversed(self.records) if any(record["tokens"].values())), "")
        return str(said).replace("\0", "\ufffd")

    @property
    def html(self) -> dict[int, str]:
        return {part["position"]: part["html"] for part in self.parts}

    def sum(self) -> str:
        """The checksum as its definition says."""
        return hashlib.sha256(b"".join(part["text"].encode() + b"\0" for part in self.parts)).hexdigest()


def stored(data: Path, email: str) -> list[Attempt]:
    """Every attempt in the conversations of this person, in order."""
    with closing(sqlite3.connect(data / "ponder.sqlite3", timeout=20)) as database:
        database.row_factory = sqlite3.Row
        return [_attempt(database, row) for row in database.execute(ATTEMPTS, [email])]


def is_sound(data: Path) -> str:
    """What SQLite says about its file: "ok"."""
    with closing(sqlite3.connect(data / "ponder.sqlite3", timeout=20)) as database:
        return str(database.execute("PRAGMA integrity_check").fetchone()[0])


def asked(upstream: Upstream) -> list[dict[str, Any]]:
    """The chat requests in upstream's log, oldest first."""
    return [entry for entry in upstream.log() if entry["path"].endswith("/chat/completions")]


def join(attempts: list[Attempt], records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each attempt its records: those of its question that came after it was sent. Gives those left over."""
    left = []
    for record in records:
        # A further attempt ends its request with words of the site; an earlier question may be joined to a later one.
        asked = [turn for turn in reversed(_questions(record)) if any(turn.endswith(a.question) for a in attempts)]
        mine = [a for a in attempts if asked and asked[0].endswith(a.question) and a.sent_at <= record["opened_at"]]
        if mine:
            mine[-1].records.append(record)
        else:
            left.append(record)
    return left


def _questions(record: dict[str, Any]) -> list[str]:
    """What people said in the request."""
    contents = [turn["content"] for turn in (record["body"] or {}).get("messages", []) if turn["role"] == "user"]
    return [c if isinstance(c, str) else "".join(part.get("text", "") for part in c) for c in contents]


def _attempt(database: sqlite3.Connection, row: sqlite3.Row) -> Attempt:
    return Attempt(
        generation=str(UUID(row["generation"])),
        message=str(UUID(row["message"])),
        number=row["number"],
        purpose=row["purpose"],
        state=row["state"],
        reason=row["reason"],
        is_settled=row["settled_at"] is not None,
        checksum=row["checksum"],
        question=row["question"],
        sent_at=datetime.fromisoformat(row["sent_at"]).replace(tzinfo=UTC).timestamp(),
        parts=[dict(part) for part in database.execute(PARTS, [row["id"]])],
        calls=[dict(call) for call in database.execute(CALLS, [row["id"]])],
        journal_rows=database.execute(JOURNAL, [row["id"]]).fetchone()[0],
    )
