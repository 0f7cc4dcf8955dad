"""Writing many rows at once by PostgreSQL's COPY, at a fraction of the cost of INSERT."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, connections
from django.db.models import (
    AutoField,
    BigAutoField,
    BinaryField,
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    FloatField,
    ForeignKey,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)
from psycopg import sql

_PLAIN = (
    BinaryField,
    BooleanField,
    CharField,
    DateTimeField,
    FloatField,
    ForeignKey,
    IntegerField,
    TextField,
    UUIDField,
)


def rows_copy(rows: Sequence[Model]) -> None:
    """Insert rows of one model, as `bulk_create` does; primary keys that the database makes stay unset.

    Raises `IntegrityError` for a row that breaks a constraint, and then inserts none.
    """
    if not rows:
        return
    meta = type(rows[0])._meta  # noqa: SLF001 - Django's documented way to a model's fields, in spite of its name
    fields = [field for field in meta.concrete_fields if not isinstance(field, AutoField | BigAutoField)]
    columns = sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(meta.db_table), columns)
    values = [_value_of(field) for field in fields]
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([value(row) for value in values])
    for row in rows:
        # They are in the database now: saving one changes it.
        state = row._state  # noqa: SLF001 - as `bulk_create` does
        state.adding, state.db = False, connection.alias


def _value_of(field: "Field[Any, Any]") -> Callable[[Model], Any]:
    """Return what takes a field's value from a row. Most go to the driver as they are: asking Django costs more."""
    if isinstance(field, _PLAIN):
        return attrgetter(field.attname)
    # The connection itself: `connection` looks it up at every use.
    database = connections[connection.alias]
    return lambda row: field.get_db_prep_save(field.pre_save(row, add=True), database)


def values_copy(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as plain values, in the order of the columns: for so many that making models of them costs."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),  # noqa: SLF001 - as above
        sql.SQL(", ").join([sql.Identifier(column) for column in columns]),
    )
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
