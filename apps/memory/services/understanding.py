"""The second half of storing many texts: the models read what was stored by its words alone.

Also what brings memories up to date whose metadata, or whose way of being read, has changed. The rows themselves say
what is left to do, so it does not matter where a worker was killed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Mod
from numpy.typing import NDArray

from apps.core.services import enqueue
from apps.memory.engine import packing
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.reading import READING, Understanding, model_inputs
from apps.memory.models import Chunk, Memory, MemoryQuerySet
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.entities import memories_state
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
from apps.memory.types import StoreItem

# Shares of an organisation's work, so that as many workers can help without doing the same.
SHARES = 2
_BATCH = 64
_READ_PASSAGES = """
    UPDATE memory_chunk AS chunk SET embedding = read.embedding::halfvec, sparse = read.sparse, sketch = NULL
    FROM unnest(%s::uuid[], %s::text[], %s::bytea[]) AS read (id, embedding, sparse) WHERE chunk.id = read.id
"""
_READ_MEMORIES = """
    UPDATE memory_memory AS memory SET concepts = read.concepts::vector, understood = true, change = %s
    FROM unnest(%s::uuid[], %s::text[]) AS read (id, concepts) WHERE memory.id = read.id
"""
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
            while done := understand_some(share):
                on_batch(done)
                if budget is not None and monotonic() - began > budget.total_seconds():
                    return False
    return True


def unread(share: int | None = None) -> MemoryQuerySet:
    """Return the memories that are to be read by the models, oldest first; those of all shares if none is given."""
    rows = Memory.objects.filter(understood=False, deleted_at=None).order_by("number")
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
    space = concept_space(context_get())
    revisions = {memory.id: memory.revision for memory in seen}
    anew = {memory.id: _reread(memory, space) for memory in seen if memory.reading != READING}
    found = {
        memory.id: understanding_of(model_inputs(memory.content, metadata=memory.metadata), space)
        for memory in seen
        if memory.id not in anew
    }
    with transaction.atomic():
        change = change_begin()
        present = concept_space(change.context)
        rows = [row for row in Memory.objects.filter(id__in=revisions) if row.revision == revisions[row.id]]
        read = [row for row in rows if row.id in found and row.reading == READING]
        _write(read, {row.id: moved(found[row.id], space=space, present=present) for row in read}, change=change)
        for row in (row for row in rows if row.id in anew):
            findings_replace(row, replaced(anew[row.id], space=space, present=present), change=change)
            row.change = change.change
            row.save(update_fields=[*FINDINGS, "change"])
    return len(seen)


def _reread(memory: Memory, space: ConceptSpace) -> Analysed:
    item = StoreItem(content=memory.content, metadata=memory.metadata, occurred_at=memory.occurred_at)
    return understood(analysed(item, now=memory.occurred_at), space)


def _write(memories: Sequence[Memory], found: Mapping[UUID, Understanding], *, change: Change) -> None:
    """Add what the models have found to memories whose words are stored already."""
    passages = [
        (
            chunk_id,
            _vector_text(found[memory_id].vectors[ordinal]),
            packing.pack(found[memory_id].sparse[ordinal], packing.SPARSE),
        )
        for chunk_id, memory_id, ordinal in Chunk.objects.filter(memory_id__in=found).values_list(
            "id", "memory_id", "ordinal"
        )
    ]
    places = [(memory_id, _vector_text(one.concepts)) for memory_id, one in found.items()]
    if not places:
        return
    with connection.cursor() as cursor:
        cursor.execute(_READ_PASSAGES, [list(column) for column in zip(*passages, strict=True)])
        cursor.execute(_READ_MEMORIES, [change.change, *(list(column) for column in zip(*places, strict=True))])
    memories_state(memories=memories)


def _vector_text(vector: NDArray[np.float32]) -> str:
    return f"[{','.join(map(str, vector.tolist()))}]"


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
