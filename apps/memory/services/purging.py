"""The end of memories: rows deleted for good, with what only they supported."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.memory.models import Entity, Memory, MemoryQuerySet, MemoryRemoval, Mention, Relation
from apps.memory.selectors.exports import imports_at_work
from apps.memory.selectors.holds import held_condition
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.files import files_release
from apps.memory.services.telling import memories_erased_tell
from apps.memory.types import TRASH_LIFETIME

_PURGE_BATCH = 500


@transaction.atomic
def trash_empty(*, now: datetime) -> int:
    """Delete for good what has been in the trash for 30 days; return how many. What a legal hold keeps stays there."""
    return _purge(Memory.objects.filter(deleted_at__lte=now - TRASH_LIFETIME), now=now)


@transaction.atomic
def memories_purge(*, memory_ids: Sequence[UUID], now: datetime, dry_run: bool = False) -> int:
    """Delete for good those of these memories that are in the trash, however long; return how many.

    What a legal hold keeps stays there.
    """
    count = _purge(Memory.objects.filter(id__in=memory_ids).exclude(deleted_at=None), now=now)
    if dry_run:
        transaction.set_rollback(True)
    return count


def _purge(rows: MemoryQuerySet, *, now: datetime) -> int:
    if not rows.exclude(held_condition()).exists():
        return 0
    change = change_begin(now=now)
    # Asked again: a hold, which is a change too, may have come meanwhile.
    ids = list(rows.exclude(held_condition()).values_list("id", flat=True))
    rows_delete(ids, change=change, now=now)
    return len(ids)


def rows_delete(memory_ids: Sequence[UUID], *, change: Change, now: datetime) -> None:
    """Delete these memories for good, within a change, leaving only their numbers to those who follow the changes."""
    rows = Memory.objects.filter(id__in=memory_ids)
    gone = list(rows.select_for_update().order_by("id").only("id", "number", "memory_type", "module"))
    MemoryRemoval.objects.bulk_create(
        MemoryRemoval(number=one.number, change=change.change, memory_id=one.id, removed_at=change.moment)
        for one in gone
    )
    memories_erased_tell(gone, now=now)
    ids = [one.id for one in gone]
    file_ids = list(rows.exclude(file=None).values_list("file_id", flat=True).distinct())
    named = set(Mention.objects.filter(memory__in=ids).values_list("entity_id", flat=True))
    stated = set(Relation.objects.filter(evidence__memory__in=ids).values_list("id", flat=True))
    for start in range(0, len(ids), _PURGE_BATCH):
        # Django fetches what it deletes; the texts need not come along.
        Memory.objects.filter(id__in=ids[start : start + _PURGE_BATCH]).only("id").delete()
    with connection.cursor() as cursor:
        # Every store writes to this table before it names an entity: none may do so while unnamed ones are removed.
        cursor.execute("LOCK TABLE memory_entity IN SHARE ROW EXCLUSIVE MODE")
    # A relation with properties was stated by somebody else than a text.
    Relation.objects.filter(id__in=stated, evidence=None, properties={}).delete()
    unnamed = Entity.objects.filter(mentions=None, relations_out=None, relations_in=None)
    # What an import has brought is not named yet.
    (unnamed.filter(id__in=named) if imports_at_work() else unnamed).delete()
    files_release(file_ids=file_ids, now=now)
