"""The second half of storing many texts: the models read what was stored by its words alone.

Also what brings memories up to date whose metadata, or whose way of being read, has changed. The rows themselves say
what is left to do, so it does not matter where a worker was killed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Mod

from apps.core.services import enqueue
from apps.memory.engine.reading import READING
from apps.memory.models import Chunk, Memory, MemoryQuerySet
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.services.changes import change_begin
from apps.memory.services.memories import FINDINGS, analysed, findings_replace, replaced, understood
from apps.memory.types import StoreItem

# Shares of an organisation's work, so that as many workers can help without doing the same.
SHARES = 2
_BATCH = 32
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


def understanding_start(*, organization_id: UUID, now: datetime) -> None:
    """Have workers read what the models have not read yet."""
    for share in range(SHARES):
        enqueue("memory.understand", organization_id=organization_id, share=share, now=now)


def memories_understand(
    *,
    organization_id: UUID,
    share: int,
    on_batch: Callable[[int], object] = lambda _: None,
    budget: timedelta | None = None,
) -> bool:
    """Have the models read one share of what is left; `on_batch` is called with the number of memories just done.

    Returns False if the time budget ran out first. If another worker is at the same share, it goes on in our place.
    """
    began = monotonic()
    while unread(share).exists():
        with _alone(f"memory.understand {organization_id} {share}") as alone:
            if not alone:
                # It looks once more for work after it has given up its turn, so ours is not forgotten.
                return True
            while done := _understand_some(share):
                on_batch(done)
                if budget is not None and monotonic() - began > budget.total_seconds():
                    return False
    return True


def unread(share: int | None = None) -> MemoryQuerySet:
    """Return the memories that are to be read by the models, oldest first; those of all shares if none is given."""
    passages = Chunk.objects.filter(memory=OuterRef("id"), embedding=None)
    rows = Memory.objects.filter(Q(reading=0) | Exists(passages), deleted_at=None).order_by("number")
    return rows if share is None else rows.annotate(share=Mod("number", SHARES)).filter(share=share)


def memories_reread(*, now: datetime, organization_id: UUID) -> int:
    """Have all memories read anew that an older way of reading has read; return how many."""
    count = Memory.objects.exclude(reading=READING).update(reading=0)
    if count:
        understanding_start(organization_id=organization_id, now=now)
    return count


def _understand_some(share: int) -> int:
    seen = list(unread(share)[:_BATCH])
    if not seen:
        return 0
    space = concept_space(context_get())
    texts = {
        memory.id: understood(
            analysed(
                StoreItem(content=memory.content, metadata=memory.metadata, occurred_at=memory.occurred_at),
                now=memory.occurred_at,
            ),
            space,
        )
        for memory in seen
    }
    revisions = {memory.id: memory.revision for memory in seen}
    with transaction.atomic():
        change = change_begin()
        present = concept_space(change.context)
        for memory in Memory.objects.filter(id__in=texts).order_by("number"):
            if memory.revision == revisions[memory.id]:
                findings_replace(memory, replaced(texts[memory.id], space=space, present=present), change=change)
                memory.change = change.change
                memory.save(update_fields=[*FINDINGS, "change"])
    return len(seen)


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """Hold a lock of the database's session, which ends with it if the process is killed; False if it is taken."""
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCK, [name])
        (taken,) = cursor.fetchone()
    try:
        yield taken
    finally:
        if taken:
            with connection.cursor() as cursor:
                cursor.execute(_UNLOCK, [name])
