"""The revisions of a memory, as the API shows them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.api.pagination import cursor_decode, cursor_encode, cursor_invalid
from apps.memory.engine.reader import Reader
from apps.memory.models import Memory, MemoryState, MemoryVersion
from apps.memory.selectors.archived import versions_complete
from apps.memory.selectors.memories import memory_get
from apps.memory.types import RevisionAction

State = Memory | MemoryState | MemoryVersion

# What an edit can change, in the order in which it is named.
REVISED_FIELDS = (
    "content",
    "metadata",
    "memory_type",
    "source",
    "occurred_at",
    "occurred_end",
    "expires_at",
)
# What else makes a revision.
_MOVED_FIELDS = ("deleted_at", "superseded_by", "superseded_at")
_ORDER = "-revision"
_DIGITS = 10


def same_value(one: Any, other: Any) -> bool:
    """Tell whether two values of a field are the same: to Python 1, 1.0 and true are equal, in JSON they are not."""
    return bool(one == other) and (not isinstance(one, dict) or _canonical(one) == _canonical(other))


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def history_page(*, memory_id: UUID, reader: Reader, cursor: str | None, limit: int, now: datetime) -> dict[str, Any]:
    """Return a page of a live memory's revisions, newest first; raises `MemoryNotFound` or `InvalidInput`."""
    memory = memory_get(memory_id=memory_id, reader=reader, now=now)
    newest = memory.revision if cursor is None else min(memory.revision, _position(cursor) - 1)
    oldest = max(newest - limit + 1, 1)
    # With the one before the oldest of the page, of which it is told what changed and by whom.
    kept = {
        version.revision: version
        for version in MemoryVersion.objects.filter(
            memory_id=memory_id, revision__gte=oldest - 1, revision__lt=memory.revision, revision__lte=newest
        )
    }
    versions_complete(list(kept.values()))
    return {
        "results": [
            _present(kept.get(number, memory), kept.get(number - 1), memory) for number in range(newest, oldest - 1, -1)
        ],
        "next": cursor_encode(_ORDER, str(oldest)) if oldest > 1 else None,
        "total": memory.revision,
    }


def _position(cursor: str) -> int:
    (text,) = cursor_decode(cursor, order=_ORDER, length=1)
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise cursor_invalid()
    return int(text)


def _present(revision: Memory | MemoryVersion, before: MemoryVersion | None, memory: Memory) -> dict[str, Any]:
    current = isinstance(revision, Memory)
    author = memory.created_by if before is None else before.changed_by
    return {
        "revision": revision.revision,
        "action": action_between(before, revision).value,
        "recorded_at": revision.revised_at if isinstance(revision, Memory) else revision.recorded_at,
        "replaced_at": revision.replaced_at if isinstance(revision, MemoryVersion) else None,
        "recorded_by": None if author is None else str(author),
        "current": current,
        "reason": None if before is None else before.reason or None,
        "changed": [] if before is None else fields_changed(revision, before),
        **{name: getattr(revision, name) for name in (*REVISED_FIELDS, *_MOVED_FIELDS)},
        "source": revision.source or None,
    }


def fields_changed(after: State, before: State) -> Sequence[str]:
    """Return the names of the fields in which two states differ."""
    names = [*REVISED_FIELDS, *_MOVED_FIELDS]
    if any(getattr(one, "is_stub", False) for one in (after, before)):
        # Damaged in the archive: nobody can tell what the text was.
        names.remove("content")
    return [name for name in names if not same_value(getattr(after, name), getattr(before, name))]


def action_between(before: State | None, after: State) -> RevisionAction:
    """Return what was done to a memory between two of its states; None before the first one."""
    if before is None:
        return RevisionAction.STORED
    if after.deleted_at != before.deleted_at:
        return RevisionAction.RESTORED if after.deleted_at is None else RevisionAction.TRASHED
    if after.superseded_at != before.superseded_at or after.superseded_by != before.superseded_by:
        return RevisionAction.REINSTATED if after.superseded_at is None else RevisionAction.SUPERSEDED
    return RevisionAction.EDITED
