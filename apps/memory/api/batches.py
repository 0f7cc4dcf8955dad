"""Checks rows from outside before they become items of an operation: the same rules for bodies, files and folders."""

from collections.abc import Iterable, Iterator

from apps.core.api.errors import validation_errors
from apps.memory.adapters.documents import Row, Unreadable
from apps.memory.api.serializers import ItemInput


def checked(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield each row with its fields validated; one that is not valid becomes `Unreadable` with the reasons."""
    for row in rows:
        if isinstance(row, Unreadable):
            yield row
            continue
        item = ItemInput(data=row)
        if item.is_valid():
            yield item.validated_data
        else:
            problems = validation_errors(item.errors)
            yield Unreadable("; ".join(f"{one['pointer'].lstrip('/')}: {one['detail']}" for one in problems))
