"""Writing vectors, always within a change: at once for the epoch that answers, and by jobs for the others.

Together with `adapters.vectors`, which reads them, this is all that knows where they lie.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray

from apps.core.models import Job
from apps.core.services import enqueue
from apps.core.tenancy.scope import current_scope
from apps.memory.engine.reading import Understanding
from apps.memory.models import EmbeddingEpoch, MemoryPlace
from apps.memory.services.changes import Change

# Shares of an organisation's reading, so that as many workers can help without doing the same.
SHARES = 2
FILL_EPOCH = "memory.fill_epoch"
# Shares of an epoch's work, so that as many workers can help without doing the same.
FILL_SHARES = 2
# The states in which an epoch gets what is stored and edited.
FOLLOWING = (EmbeddingEpoch.State.FILLING, EmbeddingEpoch.State.READY)
_VECTORS = """
    INSERT INTO memory_passagevector (chunk_id, epoch_id, embedding)
    SELECT made.chunk_id, %s, made.embedding::halfvec FROM unnest(%s::uuid[], %s::text[]) AS made (chunk_id, embedding)
    ON CONFLICT (chunk_id, epoch_id) DO UPDATE SET embedding = excluded.embedding
"""
_PLACES = """
    INSERT INTO memory_memoryplace (memory_id, epoch_id, concepts, change)
    SELECT made.memory_id, %s, made.concepts::vector, %s
    FROM unnest(%s::uuid[], %s::text[]) AS made (memory_id, concepts)
    ON CONFLICT (memory_id, epoch_id) DO UPDATE SET concepts = excluded.concepts, change = excluded.change
"""
_DROP = """
    DELETE FROM memory_passagevector WHERE id IN (
        SELECT id FROM memory_passagevector WHERE epoch_id = %s AND id > %s ORDER BY id LIMIT %s
    ) RETURNING id
"""
_DROPPED_AT_ONCE = 5_000

Floats = NDArray[np.float32]


def understanding_start(*, organization_id: UUID, now: datetime) -> None:
    """Have workers read what the models have not read yet."""
    for share in range(SHARES):
        enqueue("memory.understand", organization_id=organization_id, share=share, now=now)


def understandings_write(found: Iterable[tuple[UUID, Sequence[UUID], Understanding]], *, change: Change) -> None:
    """Write what the model of the epoch that answers has made of memories, and have the other models follow.

    Of each memory come its id, the ids of its passages, and what was made of these.
    """
    found = list(found)
    epoch_id = change.context.epoch_id
    vectors_write(((ids, one.vectors) for _, ids, one in found), epoch_id=epoch_id)
    places_write([(memory_id, one.concepts) for memory_id, _, one in found], epoch_id=epoch_id, change=change)
    if found:
        others_follow(change)


def vectors_write(passages: Iterable[tuple[Sequence[UUID], Floats]], *, epoch_id: UUID) -> None:
    """Write the vectors, (n, d), of some passages after the other. Whoever does notes it with the memories' places."""
    rows = [(one, _half_text(vector)) for ids, vectors in passages for one, vector in zip(ids, vectors, strict=True)]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_VECTORS, [epoch_id, *(list(column) for column in zip(*rows, strict=True))])


def places_write(places: Sequence[tuple[UUID, Floats]], *, epoch_id: UUID, change: Change) -> None:
    """Write where memories stand by the vectors of an epoch."""
    rows = [(memory_id, str(concepts.tolist())) for memory_id, concepts in places]
    if rows:
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(_PLACES, [epoch_id, change.change, *columns])


def places_forget(memory_ids: Collection[UUID]) -> None:
    """Forget where memories stand that are read anew, in all epochs; their vectors go with their passages."""
    MemoryPlace.objects.filter(memory__in=memory_ids).delete()


def places_touch(memory_ids: Collection[UUID], *, change: Change) -> None:
    """Note that vectors of these memories in the epoch that answers are others now."""
    rows = MemoryPlace.objects.filter(memory__in=memory_ids, epoch_id=change.context.epoch_id)
    rows.update(change=change.change)


def others_refill(change: Change) -> None:
    """Have the other epochs place every memory anew, since the dimensions are others now; their vectors stay."""
    others = EmbeddingEpoch.objects.filter(state__in=FOLLOWING).exclude(id=change.context.epoch_id)
    MemoryPlace.objects.exclude(epoch_id=change.context.epoch_id).delete()
    others.update(state=EmbeddingEpoch.State.FILLING, ready_at=None)
    others_follow(change)


def others_follow(change: Change) -> None:
    """Have the models of the other epochs read what this change has written."""
    others = EmbeddingEpoch.objects.filter(state__in=FOLLOWING).exclude(id=change.context.epoch_id)
    for epoch_id in others.values_list("id", flat=True):
        filling_start(epoch_id)


def filling_start(epoch_id: UUID) -> None:
    """Have workers fill an epoch, unless some are about to."""
    organization_id = current_scope().organization_id
    waiting = Job.objects.filter(
        name=FILL_EPOCH, organization_id=organization_id, status=Job.Status.QUEUED, arguments__epoch_id=str(epoch_id)
    )
    shares = set(waiting.values_list("arguments__share", flat=True))
    for share in set(range(FILL_SHARES)) - shares:
        enqueue(FILL_EPOCH, organization_id=organization_id, epoch_id=str(epoch_id), share=share, now=timezone.now())


def vectors_drop(epoch_id: UUID, *, after: int) -> int | None:
    """Delete some vectors of an epoch, in their order; return up to which they are gone, None if none are left."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP, [epoch_id, after, _DROPPED_AT_ONCE])
        return max((row_id for (row_id,) in cursor.fetchall()), default=None)


def places_drop(epoch_id: UUID) -> None:
    MemoryPlace.objects.filter(epoch_id=epoch_id).delete()


def _half_text(vector: Floats) -> str:
    """Write a vector for PostgreSQL. Five digits are more than a halfvec keeps, and far cheaper than all of them."""
    return f"[{','.join(['%.5g'] * len(vector)) % tuple(vector.tolist())}]"
