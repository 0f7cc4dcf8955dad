"""Cursor pages in any order: each row once, even while rows are being added.

A cursor names a position: the order, what the last row of the page has in its column, and that row's key. It can never
widen what the query may see, so it needs no signature.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import DateTimeField, Model, Q, QuerySet

from apps.core.exceptions import InvalidInput
from apps.core.strict_json import loads

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# Room for a text of 200 characters.
MAX_CURSOR = 1_500

M = TypeVar("M", bound=Model)


def cursor_encode(order: str, *position: str) -> str:
    text = json.dumps([order, *position], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_decode(cursor: str, *, order: str, length: int) -> Sequence[str]:
    """Return the position, of `length` parts, that a cursor of this order names; raises `InvalidInput`."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = loads(raw)
    except ValueError:
        raise cursor_invalid() from None
    if not isinstance(parts, list) or len(parts) != length + 1 or not all(isinstance(part, str) for part in parts):
        raise cursor_invalid()
    if parts[0] != order:
        raise InvalidInput(
            "This cursor belongs to another list or another order.", pointer="/cursor", item_code="invalid_cursor"
        )
    position: list[str] = parts[1:]
    return position


def cursor_invalid() -> InvalidInput:
    return InvalidInput("This is not a cursor that we gave out.", pointer="/cursor", item_code="invalid_cursor")


def page_of(
    rows: QuerySet[M], *, order: str, cursor: str | None, limit: int, present: Callable[[M], Mapping[str, Any]]
) -> dict[str, Any]:
    """Return `{results, next, total}` in the order of a column of texts or times that is never null.

    A minus in front of its name turns the order round. Rows that have the same value there go by their `pk`, a UUID.
    """
    total = rows.count()
    column, descending = order.removeprefix("-"), order.startswith("-")
    window = rows.order_by(order, "-pk" if descending else "pk")
    if cursor:
        window = window.filter(_beyond(column, cursor_decode(cursor, order=order, length=2), rows, descending))
    found = list(window[: limit + 1])
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = cursor_encode(order, _text(getattr(last, column)), last.pk.hex)
    return {"results": [present(row) for row in found[:limit]], "next": following, "total": total}


def _beyond(column: str, position: Sequence[str], rows: QuerySet[M], descending: bool) -> Q:  # noqa: FBT001 - internal
    is_time = isinstance(rows.model._meta.get_field(column), DateTimeField)  # noqa: SLF001 - Django's documented API
    try:
        value: Any = _time(position[0]) if is_time else position[0]
        key = UUID(hex=position[1])
    except ValueError:
        raise cursor_invalid() from None
    past = "lt" if descending else "gt"
    # The first condition follows from the second, but an index can be entered by it alone.
    return Q(**{f"{column}__{past}e": value}) & (Q(**{f"{column}__{past}": value}) | Q(**{f"pk__{past}": key}))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.utcoffset() != timedelta():
        raise ValueError("not in UTC")
    return moment
