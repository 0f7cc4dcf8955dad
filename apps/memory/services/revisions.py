"""Keeping what an edit replaces."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from apps.memory.models import Memory
from apps.memory.services.changes import Change
from apps.memory.services.unpacking import memories_bring_back

# Inside the database: the texts of a thousand memories need not travel.
_KEEP = """
    INSERT INTO memory_memoryversion (
        memory_id, revision, content, metadata, memory_type, source, occurred_at, occurred_end, expires_at,
        deleted_at, superseded_by, superseded_at, recorded_at, replaced_at, changed_by, reason
    )
    SELECT id, revision, content, metadata, memory_type, source, occurred_at, occurred_end, expires_at,
        deleted_at, superseded_by, superseded_at, revised_at, %s, %s, %s
    FROM memory_memory WHERE id = ANY(%s) AND archived_at IS NULL
"""


def revisions_keep(*, memory_ids: Sequence[UUID], change: Change, user_id: UUID | None, reason: str) -> None:
    """Copy the present revisions of memories, which the caller has locked and is about to replace.

    Archived ones are brought back first; the caller accounts for their bytes. Raises `ArchiveDamaged`.
    """
    ids = list(memory_ids)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [change.moment, user_id, reason, ids])
        if cursor.rowcount < len(ids):
            brought = [one.id for one in memories_bring_back(ids, change=change)]
            cursor.execute(_KEEP, [change.moment, user_id, reason, brought])


def memories_move(
    *, memory_ids: Sequence[UUID], change: Change, user_id: UUID | None, reason: str = "", **columns: Any
) -> None:
    """Bring memories into their next revision, in which these columns have other values and the text is the same."""
    revisions_keep(memory_ids=memory_ids, change=change, user_id=user_id, reason=reason)
    Memory.objects.filter(id__in=memory_ids).update(
        **columns, revision=F("revision") + 1, revised_at=change.moment, change=change.change
    )
