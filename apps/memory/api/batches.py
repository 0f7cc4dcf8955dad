"""Checks rows from outside before they become items of an operation: the same rules for bodies, files and folders."""

from apps.core.api.errors import validation_errors
from apps.memory.adapters.documents.rows import Row, Unreadable
from apps.memory.api.serializers import ItemInput


def checked(row: Row) -> Row:
    """Return a row with its fields validated; one that is not valid becomes `Unreadable` with the reasons."""
    if isinstance(row, Unreadable):
        return row
    item = ItemInput(data=row)
    if item.is_valid():
        fields: Row = item.validated_data
        return fields
    problems = validation_errors(item.errors)
    return Unreadable("; ".join(f"{one['pointer'].lstrip('/')}: {one['detail']}" for one in problems))
