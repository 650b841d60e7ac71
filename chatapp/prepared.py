"""Statements that are put together once.

Putting a statement together takes Django ten times as long as the database takes to run it, and a chat of a few words
runs fifty. Those that run for every chat are kept as SQL, for each connection, and filled in with new values; rows
become models and values as Django makes them. What they say and give is the same as without.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

R = TypeVar("R")
Value = int | str | UUID | Sequence[int]

# More values in a row make a statement that is not worth keeping; none at all make no question.
_MANY = 64
# What stands in a statement where a value will be: a number that no statement of ours has in it.
_FIRST_MARK, _STEP = 1_913_000_017, 1_013


class Prepared(Generic[R]):
    """A query that `build` makes from named values: numbers, texts, UUIDs, sequences of numbers to be among. None of
    them may decide what the query looks like. Gives what a list of it gives."""

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build

    def __call__(self, **values: Value) -> list[R]:
        if any(_is_several(value) and not 0 < len(_each(value)) <= _MANY for value in values.values()):
            return list(self._build(**values))
        values = {name: _filled_up(value) for name, value in values.items()}
        shape = tuple((name, len(_each(value)) if _is_several(value) else -1) for name, value in values.items())
        statement = _kept((self, shape), lambda connection: _Query(connection, self._build, values))
        return list(statement.rows(values))

    def first(self, **values: Value) -> R | None:
        """The first row, of few: all are read. None when there is none."""
        return next(iter(self(**values)), None)


class _Query:
    """A query in its final shape on one connection."""

    def __init__(self, connection: BaseDatabaseWrapper, build: Callable[..., Any], values: Mapping[str, Value]) -> None:
        marks = _marks(values)
        places = {_plain(mark): (name, n) for name, found in marks.items() for n, mark in enumerate(_each(found))}
        self._has_uuids = connection.features.has_native_uuid_field
        self._queryset = build(**marks)
        compiler = self._queryset.query.get_compiler(connection=connection)
        self._sql, self._parameters = compiler.as_sql()
        # For each parameter its value's name and place, or None and what it always is.
        self._places = [places.get(_plain(parameter), (None, parameter)) for parameter in self._parameters]
        if missing := {name for name, _ in places.values()} - {name for name, _ in self._places}:
            raise TypeError(f"no place in the query for {', '.join(missing)}")
        self._compiler, self._connection = compiler, connection
        self._converters = compiler.get_converters([column for column, *_ in compiler.select[: compiler.col_count]])
        # The queryset asks its query for a compiler, and gets the one whose work is done: it only has to ask the
        # database.
        compiler.execute_sql = lambda *_, **__: None
        compiler.results_iter = lambda *_, **__: self._found()
        self._queryset.query.get_compiler = lambda *_, **__: compiler

    def rows(self, values: Mapping[str, Value]) -> Any:
        self._parameters = tuple(
            found if name is None else self._adapted(_each(values[name])[found]) for name, found in self._places
        )
        return self._queryset._iterable_class(self._queryset)

    def _found(self) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(self._sql, self._parameters)
            rows = cursor.fetchall()
        return map(tuple, self._compiler.apply_converters(rows, self._converters)) if self._converters else iter(rows)

    def _adapted(self, value: Any) -> Any:
        return value.hex if isinstance(value, UUID) and not self._has_uuids else value


def insert(row: models.Model, *, once: bool = False) -> None:
    """Store a new row and give it its key, as `save` does; for models that inherit from none and tell nobody.

    `once`: where its unique values are there already, nothing happens. It gets no key then, nor when it is new.
    """
    model, connection = type(row), connections[DEFAULT_DB_ALIAS]
    statement, fields = _kept((insert, model, once), lambda connection: _insertion(connection, model, once=once))
    parameters = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        if once:
            return
        returns = connection.features.can_return_columns_from_insert
        row.pk = cursor.fetchone()[0] if returns else cursor.lastrowid
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def change(model: type[models.Model], pk: int, changes: Mapping[str, Any], **allowed: Collection[Any]) -> bool:
    """Set fields of the row with this key, if each of the `allowed` fields has one of these values. False if not."""
    connection = connections[DEFAULT_DB_ALIAS]
    shape = (change, model, *changes, *((name, len(values)) for name, values in allowed.items()))
    statement = _kept(shape, lambda connection: _changing(connection, model, changes, allowed))
    parameters = [_field(model, name).get_db_prep_save(value, connection) for name, value in changes.items()]
    wanted = [value for values in allowed.values() for value in sorted(values)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, pk, *wanted])
        return bool(cursor.rowcount == 1)


def _kept(key: Any, make: Callable[[BaseDatabaseWrapper], Any]) -> Any:
    """Kept with the connection, which only one thread uses."""
    connection = connections[DEFAULT_DB_ALIAS]
    kept = connection.__dict__.setdefault("prepared", {})
    if key not in kept:
        kept[key] = make(connection)
    return kept[key]


def _is_several(value: Value) -> bool:
    return isinstance(value, list | tuple)


def _filled_up(value: Value) -> Value:
    """A sequence with its last value again, up to a power of two: seven statements do for all lengths."""
    if not _is_several(value):
        return value
    found = list(_each(value))
    return found + found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found))


def _marks(values: Mapping[str, Value]) -> dict[str, Any]:
    numbers = iter(range(_FIRST_MARK, 2**31 - 1, _STEP))
    return {
        name: [next(numbers) for _ in _each(value)] if _is_several(value) else _like(value, next(numbers))
        for name, value in values.items()
    }


def _like(value: Any, number: int) -> Any:
    if isinstance(value, UUID):
        return UUID(int=number)
    return str(number) if isinstance(value, str) else number


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def _plain(value: Any) -> Any:
    """A parameter as it can be looked up: SQLite has a UUID's digits, and some are no keys."""
    if isinstance(value, UUID):
        return value.hex
    return value if isinstance(value, int | str) else repr(value)


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _insertion(connection: BaseDatabaseWrapper, model: type[models.Model], *, once: bool) -> tuple[str, list[Any]]:
    key: Any = model._meta.pk
    fields: list[Any] = [field for field in model._meta.local_concrete_fields if field is not key]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = [connection.ops.quote_name(field.column) for field in fields]
    places = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
    if once:
        statement += " ON CONFLICT DO NOTHING"
    elif connection.features.can_return_columns_from_insert:
        statement += f" RETURNING {connection.ops.quote_name(key.column)}"
    return statement, fields


def _changing(
    connection: BaseDatabaseWrapper,
    model: type[models.Model],
    changes: Mapping[str, Any],
    allowed: Mapping[str, Collection[Any]],
) -> str:
    def column(name: str) -> str:
        return connection.ops.quote_name(_field(model, name).column)

    assigned = ", ".join(f"{column(name)} = %s" for name in changes)
    wanted = [f"{column('id')} = %s"]
    wanted += [f"{column(name)} IN ({', '.join(['%s'] * len(values))})" for name, values in allowed.items()]
    return f"UPDATE {connection.ops.quote_name(model._meta.db_table)} SET {assigned} WHERE {' AND '.join(wanted)}"  # noqa: S608
