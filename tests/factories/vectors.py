"""What the model that answers has made of memories, as tests look at it; within the scope of an organisation."""

from uuid import UUID

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from apps.memory.adapters.vectors import memory_places, passage_vectors, places_of
from apps.memory.models import Chunk
from apps.memory.selectors.contexts import context_get


def concepts_of(memory_id: UUID | str) -> NDArray[np.float32]:
    """Return the stored place of a memory, float32 (k,)."""
    return places_of(context_get().epoch_id, [UUID(str(memory_id))])[UUID(str(memory_id))]


def concepts_set(memory_id: UUID | str, concepts: list[float]) -> None:
    memory_places(context_get().epoch_id).filter(memory=UUID(str(memory_id))).update(concepts=concepts)


def passages_without_vector() -> QuerySet[Chunk]:
    return Chunk.objects.exclude(id__in=passage_vectors(context_get().epoch_id).values("chunk_id"))
