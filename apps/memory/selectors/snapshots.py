"""Reading everything as of one moment, however long it takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections, transaction

_ALIAS = "snapshot"


@contextmanager
def snapshot() -> Iterator[str]:
    """Give the name of a connection on which all queries see one moment, to be used with `using`.

    It is another than the usual one, on which the caller can tell of its progress meanwhile. Within a transaction of
    the caller's it is the usual one: what that has written is to be seen.
    """
    if connection.in_atomic_block:
        yield connection.alias
        return
    apart = connection.copy(_ALIAS)
    # One for this reading, and not a pool of them.
    apart.settings_dict["OPTIONS"].pop("pool", None)
    connections[_ALIAS] = apart
    try:
        with transaction.atomic(using=_ALIAS):
            with connections[_ALIAS].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield _ALIAS
    finally:
        connections[_ALIAS].close()
        del connections[_ALIAS]
