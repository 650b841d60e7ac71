"""Statements that are put together once.

Putting a statement together takes Django ten times as long as the database takes to run it, and a chat of a few words
runs fifty. Those that run for every chat are kept as SQL, for all threads of the process, and filled in with new
values; rows become models and values as Django makes them. What they say and give is the same as without.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from threading import local
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
    """A query that `build` makes from named values: numbers, texts, UUIDs, sequences of numbers to be among, and
    `[skip : skip + take]` at its end. None of them may decide what the query looks like. Gives what a list of it
    gives."""

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build
        self._queries: dict[tuple[int, ...], _Query] = {}

    def __call__(self, **values: Value) -> list[R]:
        counts = tuple(len(_each(value)) if _is_several(value) else -1 for value in values.values())
        if max(counts) > _MANY or 0 in counts:
            return list(self._build(**values))
        if max(counts) > 1:
            values = {name: _filled_up(value) for name, value in values.items()}
            counts = tuple(len(_each(value)) if _is_several(value) else -1 for value in values.values())
        query = self._queries.get(counts)
        if query is None:
            query = self._queries[counts] = _Query(self._build, values)
        return list(query.rows(values))

    def first(self, **values: Value) -> R | None:
        """The first row, of few: all are read. None when there is none."""
        return next(iter(self(**values)), None)


class _Query:
    """A query in its final shape."""

    def __init__(self, build: Callable[..., Any], values: Mapping[str, Value]) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        marks = _marks(values)
        places = {_plain(mark): (name, n) for name, found in marks.items() for n, mark in enumerate(_each(found))}
        self._has_uuids = connection.features.has_native_uuid_field
        self._queryset = build(**marks)
        compiler = self._queryset.query.get_compiler(connection=connection)
        self._sql, parameters = compiler.as_sql()
        # For each parameter its value's name and place, or None and what it always is.
        self._places = [places.get(_plain(parameter), (None, parameter)) for parameter in parameters]
        # How many rows are skipped and taken Django writes into the statement itself, at its end.
        written = [mark for mark in places if isinstance(mark, int) and str(mark) in self._sql]
        for mark in sorted(written, key=lambda mark: self._sql.index(str(mark))):
            if self._sql.index(str(mark)) < self._sql.rfind("%s"):
                raise TypeError("a slice that is not at the end of the query")
            self._sql = self._sql.replace(str(mark), "%s")
            self._places.append(places[mark])
        if missing := {name for name, _ in places.values()} - {name for name, _ in self._places}:
            raise TypeError(f"no place in the query for {', '.join(missing)}")
        converters = compiler.get_converters([column for column, *_ in compiler.select[: compiler.col_count]])
        self._converters = [
            (place, convert, expression) for place, (found, expression) in converters.items() for convert in found
        ]
        # What a thread asks with just now.
        self._asked = local()
        # The queryset asks its query for a compiler, and gets the one whose work is done: it only has to ask the
        # database.
        compiler.execute_sql = lambda *_, **__: None
        compiler.results_iter = lambda *_, **__: self._found()
        self._queryset.query.get_compiler = lambda *_, **__: compiler

    def rows(self, values: Mapping[str, Value]) -> Any:
        self._asked.parameters = tuple(
            found if name is None else self._adapted(_each(values[name])[found]) for name, found in self._places
        )
        return self._queryset._iterable_class(self._queryset)

    def _found(self) -> Iterator[Sequence[Any]]:
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, self._asked.parameters)
            rows = cursor.fetchall()
        return self._converted(rows, connection) if self._converters else iter(rows)

    def _converted(self, rows: Iterable[Sequence[Any]], connection: BaseDatabaseWrapper) -> Iterator[tuple[Any, ...]]:
        for row in map(list, rows):
            for place, convert, expression in self._converters:
                row[place] = convert(row[place], expression, connection)
            yield tuple(row)

    def _adapted(self, value: Any) -> Any:
        return value.hex if isinstance(value, UUID) and not self._has_uuids else value


def insert(row: models.Model) -> None:
    """Store a new row and give it its key, as `save` does; for models that inherit from none and tell nobody."""
    connection = connections[DEFAULT_DB_ALIAS]
    statement, fields = _insertion(type(row), once=False)
    parameters = [field.stored(field.of(row), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        returns = connection.features.can_return_columns_from_insert
        row.pk = cursor.fetchone()[0] if returns else cursor.lastrowid
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def add(model: type[models.Model], /, **values: Any) -> None:
    """Store a row that nobody needs as an object, by its fields' names (`message_id`); the others have their defaults.
    Where its unique values are there already, nothing happens."""
    connection = connections[DEFAULT_DB_ALIAS]
    statement, fields = _insertion(model, once=True)
    parameters = [
        field.stored(values.pop(field.name) if field.name in values else field.default(), connection)
        for field in fields
    ]
    if values:
        raise TypeError(f"{model.__name__} has no {', '.join(values)}")
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def change(model: type[models.Model], pk: int, changes: Mapping[str, Any], **allowed: Collection[Any]) -> bool:
    """Set fields of the row with this key, if each of the `allowed` fields has one of these values. False if not."""
    connection = connections[DEFAULT_DB_ALIAS]
    shape = tuple((name, len(values)) for name, values in allowed.items())
    statement, fields = _changing(model, tuple(changes), shape)
    parameters = [field.stored(value, connection) for field, value in zip(fields, changes.values(), strict=True)]
    wanted = [value for values in allowed.values() for value in sorted(values)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, pk, *wanted])
        return bool(cursor.rowcount == 1)


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


class _Field:
    """A column as statements fill it."""

    # What SQLite takes as Python has it: Django would ask of each value what it is, a hundred times for a chat.
    _PLAIN = frozenset(
        {"BigAutoField", "BooleanField", "CharField", "PositiveBigIntegerField", "PositiveIntegerField", "TextField"}
    )

    def __init__(self, field: Any, connection: BaseDatabaseWrapper) -> None:
        self.column, self.name, self.default = field.column, field.attname, field.get_default
        kind = (field.target_field if field.is_relation else field).get_internal_type()
        self._is_plain = connection.vendor == "sqlite" and kind in self._PLAIN
        self._field = field

    def of(self, row: models.Model) -> Any:
        return getattr(row, self.name) if self._is_plain else self._field.pre_save(row, True)

    def stored(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        return value if self._is_plain else self._field.get_db_prep_save(value, connection)


@cache
def _insertion(model: type[models.Model], *, once: bool) -> tuple[str, list[_Field]]:
    """(the statement, the fields that it takes)"""
    connection = connections[DEFAULT_DB_ALIAS]
    key: Any = model._meta.pk
    fields = [_Field(field, connection) for field in model._meta.local_concrete_fields if field is not key]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = [connection.ops.quote_name(field.column) for field in fields]
    places = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
    if once:
        statement += " ON CONFLICT DO NOTHING"
    elif connection.features.can_return_columns_from_insert:
        statement += f" RETURNING {connection.ops.quote_name(key.column)}"
    return statement, fields


@cache
def _changing(
    model: type[models.Model], changed: tuple[str, ...], allowed: tuple[tuple[str, int], ...]
) -> tuple[str, list[_Field]]:
    """(the statement, the fields that it sets)"""
    connection = connections[DEFAULT_DB_ALIAS]
    quote = connection.ops.quote_name

    def column(name: str) -> str:
        field: Any = model._meta.get_field(name)
        return quote(field.column)

    assigned = ", ".join(f"{column(name)} = %s" for name in changed)
    wanted = [f"{column('id')} = %s"]
    wanted += [f"{column(name)} IN ({', '.join(['%s'] * count)})" for name, count in allowed]
    statement = f"UPDATE {quote(model._meta.db_table)} SET {assigned} WHERE {' AND '.join(wanted)}"  # noqa: S608
    return statement, [_Field(model._meta.get_field(name), connection) for name in changed]
