"""The second half of storing many texts: the models read what was stored by its words alone.

Also what brings memories up to date whose metadata, or whose way of being read, has changed. The rows themselves say
what is left to do, so it does not matter where a worker was killed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Mod
from django.utils import timezone

from apps.memory.engine import packing
from apps.memory.engine.chunking import Chunk as Passage
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.reading import READING, Understanding, model_inputs
from apps.memory.models import Chunk, Memory, MemoryQuerySet
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.memories import (
    FINDINGS,
    Analysed,
    analysed,
    findings_replace,
    moved,
    replaced,
    understanding_of,
    understood,
)
from apps.memory.services.vectors import SHARES, understanding_start, understandings_write
from apps.memory.types import StoreItem

_BATCH = 64
_READ_PASSAGES = """
    UPDATE memory_chunk AS chunk SET sparse = read.sparse, sketch = NULL
    FROM unnest(%s::uuid[], %s::bytea[]) AS read (id, sparse) WHERE chunk.id = read.id
"""
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


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
        with alone_at(f"memory.understand {organization_id} {share}") as alone:
            if not alone:
                # It looks once more for work after it has given up its turn, so ours is not forgotten.
                return True
            while done := understand_some(share):
                on_batch(done)
                if budget is not None and monotonic() - began > budget.total_seconds():
                    return False
    return True


def unread(share: int | None = None) -> MemoryQuerySet:
    """Return the memories that are to be read by the models, oldest first; those of all shares if none is given."""
    rows = Memory.objects.filter(understood=False, deleted_at=None, archived_at=None).order_by("number")
    return rows if share is None else rows.annotate(share=Mod("number", SHARES)).filter(share=share)


@transaction.atomic
def memories_reread(*, organization_id: UUID, everything: bool, now: datetime) -> int:
    """Have workers read again what an older version has read, or everything; return how many are to be read."""
    outdated = Memory.objects.all() if everything else Memory.objects.exclude(reading=READING)
    outdated.update(reading=0, understood=False)
    count = unread().count()
    if count:
        understanding_start(organization_id=organization_id, now=now)
    return count


def understand_some(share: int) -> int:
    """Have the models read some of a share; return how many memories they were."""
    seen = list(unread(share)[:_BATCH])
    if not seen:
        return 0
    context = context_get()
    space = concept_space(context)
    anew = {memory.id: _reread(memory, space) for memory in seen if memory.reading != READING}
    passages = passages_of([memory for memory in seen if memory.id not in anew])
    found = {
        memory.id: understanding_of(inputs_of(memory, passages[memory.id]), space)
        for memory in seen
        if memory.id not in anew
    }
    with transaction.atomic():
        change = change_begin(now=timezone.now())
        if change.context.epoch_id != context.epoch_id:
            # Switched meanwhile: the next model reads them.
            return len(seen)
        present = change.context
        states = Memory.objects.filter(id__in=[memory.id for memory in seen]).values_list("id", "revision", "reading")
        as_seen = {(memory.id, memory.revision, memory.reading): memory for memory in seen}
        rows = [as_seen[state] for state in states if state in as_seen]
        read = [row.id for row in rows if row.id in found]
        _write({key: (passages[key], moved(found[key], space=space, present=present)) for key in read}, change=change)
        for row in (row for row in rows if row.id in anew):
            findings_replace(row, replaced(anew[row.id], seen=context, present=present), change=change)
            row.change = change.change
            row.save(update_fields=[*FINDINGS, "change"])
    return len(seen)


def _reread(memory: Memory, space: ConceptSpace) -> Analysed:
    item = StoreItem(content=memory.content, metadata=memory.metadata, occurred_at=memory.occurred_at)
    return understood(analysed(item, now=memory.occurred_at), space)


def passages_of(memories: Sequence[Memory]) -> dict[UUID, list[Chunk]]:
    """Return the passages of each memory, in order."""
    passages: dict[UUID, list[Chunk]] = {memory.id: [] for memory in memories}
    rows = Chunk.objects.filter(memory__in=memories).order_by("ordinal")
    for chunk in rows.only("id", "memory_id", "ordinal", "start", "end"):
        passages[chunk.memory_id].append(chunk)
    return passages


def inputs_of(memory: Memory, passages: Sequence[Chunk]) -> tuple[str, ...]:
    """Return what the models are to read of a memory, for each of its passages."""
    spans = [Passage(row.ordinal, row.start, row.end) for row in passages]
    return model_inputs(memory.content, metadata=memory.metadata, chunks=spans)


def _write(found: Mapping[UUID, tuple[Sequence[Chunk], Understanding]], *, change: Change) -> None:
    """Add what the models have found to memories whose words are stored already."""
    if not found:
        return
    passages = [
        (chunk.id, packing.pack(sparse, packing.SPARSE))
        for chunks, one in found.values()
        for chunk, sparse in zip(chunks, one.sparse, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_READ_PASSAGES, [list(column) for column in zip(*passages, strict=True)])
    Memory.objects.filter(id__in=found).update(understood=True, change=change.change)
    understandings_write(
        ((memory_id, [chunk.id for chunk in chunks], one) for memory_id, (chunks, one) in found.items()), change=change
    )


@contextmanager
def alone_at(name: str) -> Iterator[bool]:
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
