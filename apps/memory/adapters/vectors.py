"""Reading the vectors of an epoch. This is the only way to them: every reader says of which epoch, and gets no other's.

Who answers a question takes the epoch from the context once (`selectors.contexts.context_get`), asks the question of
that epoch's model, and compares it with what is here.
"""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Avg, BinaryField, F, Func, QuerySet
from numpy.typing import NDArray

from apps.memory.models import EmbeddingEpoch, MemoryPlace, PassageVector

# For statements that are written by hand: tables of the vectors and places of the one epoch that they name as `epoch`.
VECTORS = "(SELECT chunk_id, embedding FROM memory_passagevector WHERE epoch_id = %(epoch)s)"
PLACES = "(SELECT memory_id, concepts, change FROM memory_memoryplace WHERE epoch_id = %(epoch)s)"

_CENTRES_AT_ONCE = 500
_VECTOR_HEADER = 4

Floats = NDArray[np.float32]


def passage_vectors(epoch_id: UUID, *, using: str | None = None) -> QuerySet[PassageVector]:
    """Return the vectors of an epoch."""
    return PassageVector.objects.using(using).filter(epoch_id=epoch_id)


def memory_places(epoch_id: UUID, *, using: str | None = None) -> QuerySet[MemoryPlace]:
    """Return where memories stand by the vectors of an epoch."""
    return MemoryPlace.objects.using(using).filter(epoch_id=epoch_id)


def places_of(epoch_id: UUID, memory_ids: Collection[UUID], *, using: str | None = None) -> dict[UUID, Floats]:
    """Return the coordinates of memories, float32 (k,); a memory that no model has read is left out."""
    rows = memory_places(epoch_id, using=using).filter(memory__in=memory_ids).values_list("memory_id", "concepts")
    return {memory_id: np.asarray(concepts, dtype=np.float32) for memory_id, concepts in rows}


def read_passages(epoch_id: UUID, memory_id: UUID) -> tuple[list[tuple[int, int]], Floats]:
    """Return the spans of a memory's passages that the model has read, with their vectors, float32 (n, d)."""
    rows = list(
        passage_vectors(epoch_id)
        .filter(chunk__memory=memory_id)
        .order_by("chunk__ordinal")
        .values_list("chunk__start", "chunk__end", "embedding")
    )
    return [(start, end) for start, end, _ in rows], np.array([vector for *_, vector in rows], dtype=np.float32)


def known_vectors(epoch_id: UUID, chunk_ids: Collection[UUID]) -> dict[UUID, Floats]:
    """Return the vectors, float32 (d,), of those of the passages that the model has read."""
    rows = passage_vectors(epoch_id).filter(chunk__in=chunk_ids).values_list("chunk_id", "embedding")
    return {chunk_id: np.array(vector, dtype=np.float32) for chunk_id, vector in rows}


def vectors_packed(epoch_id: UUID, memory_ids: Collection[UUID], *, using: str | None = None) -> dict[UUID, bytes]:
    """Return the vectors of passages bit for bit, as little-endian float16, by the passages' ids."""
    rows = (
        passage_vectors(epoch_id, using=using)
        .filter(chunk__memory__in=memory_ids)
        .annotate(sent=Func(F("embedding"), function="halfvec_send", output_field=BinaryField()))
        .values_list("chunk_id", "sent")
    )
    # The database sends vectors big-endian, after four bytes that say how long they are.
    return {
        chunk_id: np.frombuffer(bytes(sent), dtype=">f2", offset=_VECTOR_HEADER).astype("<f2").tobytes()
        for chunk_id, sent in rows
    }


def centres(epoch_id: UUID) -> Iterator[tuple[list[UUID], Floats]]:
    """Yield the ids of memories and the unit means of their passages' vectors, (n, d), batch by batch."""
    last = UUID(int=0)
    while True:
        rows = list(
            passage_vectors(epoch_id)
            .filter(chunk__memory__gt=last)
            .values("chunk__memory_id")
            .annotate(centre=Avg("embedding"))
            .order_by("chunk__memory_id")
            .values_list("chunk__memory_id", "centre")[:_CENTRES_AT_ONCE]
        )
        if not rows:
            return
        yield [memory_id for memory_id, _ in rows], _units([centre for _, centre in rows])
        last = rows[-1][0]


def centre_of(epoch_id: UUID, memory_id: UUID) -> Floats | None:
    """Return the unit mean of the vectors of a memory's passages, float32 (d,); None if no model has read it."""
    found = passage_vectors(epoch_id).filter(chunk__memory=memory_id).aggregate(centre=Avg("embedding"))["centre"]
    return None if found is None else _units([found])[0]


def _units(vectors: list[Any]) -> Floats:
    units = np.array(vectors, dtype=np.float32)
    units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-12)
    return units


def vectors_count(memory_ids: Collection[UUID]) -> dict[str, int]:
    """Return how much there is of memories in all epochs, those that are being dropped as well."""
    return {
        "vectors": PassageVector.objects.filter(chunk__memory__in=memory_ids).count(),
        "concepts": MemoryPlace.objects.filter(memory__in=memory_ids).count(),
    }


def is_kept(epoch_id: UUID) -> bool:
    """Tell whether an epoch has its vectors still."""
    return EmbeddingEpoch.objects.exclude(state=EmbeddingEpoch.State.DROPPED).filter(id=epoch_id).exists()
