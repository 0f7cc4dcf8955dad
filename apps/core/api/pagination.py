"""Cursor pages over a UUIDv7 key: newest first, each row once even while rows are being added."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from apps.core.exceptions import InvalidInput

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

M = TypeVar("M", bound=Model)


def cursor_encode(key: UUID) -> str:
    return base64.urlsafe_b64encode(key.bytes).decode().rstrip("=")


def cursor_decode(cursor: str) -> UUID:
    """Return the key of a cursor. It names a position only: it can never widen what the query may see."""
    try:
        return UUID(bytes=base64.b64decode(cursor.encode("ascii") + b"==", altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise InvalidInput(
            "This is not a cursor that we gave out.", pointer="/cursor", item_code="invalid_cursor"
        ) from None


def page_of(
    rows: QuerySet[M], *, cursor: str | None, limit: int, present: Callable[[M], Mapping[str, Any]]
) -> dict[str, Any]:
    """Return `{results, next, total}` for rows keyed by a UUIDv7 `pk`, newest first."""
    total = rows.count()
    window = rows.order_by("-pk")
    if cursor:
        window = window.filter(pk__lt=cursor_decode(cursor))
    found = list(window[: limit + 1])
    following = cursor_encode(found[limit - 1].pk) if len(found) > limit else None
    return {"results": [present(row) for row in found[:limit]], "next": following, "total": total}
