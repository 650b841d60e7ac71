"""What every process asks again and again goes by an index, however much there is that ended long ago."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from chatapp.generation import accountant, lookout, runner, watchdog
from chatapp.generation.watchdog import Pulse

# Of what runs, or was not settled, or has no figures yet: a few rows.
FEW = ("generation_running", "generation_unsettled", "call_without_usage")

LOOKS: dict[str, Callable[[], object]] = {
    "runner": lambda: runner.look({1, 2}, "me"),
    "runner, idle": lambda: runner.look(set(), "me"),
    "heartbeat": lambda: runner.beat({1, 2}, "me"),
    "watchdog": lambda: watchdog.give_up_abandoned({1, 2}, Pulse()),
    "watchdog, idle": lambda: watchdog.give_up_abandoned(set(), Pulse()),
    "unsettled": lambda: watchdog.find_unsettled({1, 2}),
    "accountant": accountant.open_calls,
    "lookout": lambda: lookout.marks({1, 2}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", LOOKS)
def test_a_look_goes_through_no_whole_table(name: str) -> None:
    asked: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(note):
        LOOKS[name]()
    looks = [(sql, parameters) for sql, parameters in asked if "chatapp_" in sql]
    assert looks
    for sql, parameters in looks:
        with connection.cursor() as cursor:
            # With its parameters beside it, as it is asked: SQLite plans before it knows them.
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            steps = [row[-1] for row in cursor.fetchall()]
        assert all(step.startswith("SEARCH") or step.endswith(FEW) for step in steps if "chatapp_" in step), steps
