"""Keeping what an edit replaces."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

# Inside the database: the texts of a thousand memories need not travel.
_KEEP = """
    INSERT INTO memory_memoryversion (
        memory_id, revision, content, metadata, memory_type, source, occurred_at, occurred_end, expires_at,
        recorded_at, replaced_at, changed_by
    )
    SELECT id, revision, content, metadata, memory_type, source, occurred_at, occurred_end, expires_at,
        revised_at, greatest(revised_at, %s), %s
    FROM memory_memory WHERE id = ANY(%s)
"""


def revisions_keep(*, memory_ids: Sequence[UUID], user_id: UUID | None, now: datetime) -> None:
    """Copy the present revisions of memories, which the caller has locked and is about to replace."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [now, user_id, list(memory_ids)])
