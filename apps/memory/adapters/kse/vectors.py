"""The SDK's vector store over the passages of memories. A vector's id is its passage's id.

Passages come and go with memories, so vectors are neither added nor indexed here. Memories that are in the trash or
have expired have no vectors.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Never
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pgvector.django import CosineDistance

from apps.memory.adapters.filters import compile_filter
from apps.memory.adapters.kse.base import Floats, Store, id_of, implements
from apps.memory.adapters.vectors import passage_vectors
from apps.memory.engine.filters import FilterError, parse_filter
from apps.memory.models import Chunk, Memory, MemoryQuerySet
from apps.memory.selectors.contexts import context_get
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.vectors import vectors_write

MAX_RESULTS = 1_000
MAX_UPSERT = 1_000

Metadata = dict[str, Any]
Vector = tuple[str, list[float], Metadata]


@implements("VectorStoreInterface")
class VectorStore(Store):
    """Metadata is `{"memory_id": str, "memory_type": str, "metadata": {...}}`, the last being the memory's own."""

    error = "VectorStoreError"

    async def create_index(self, dimension: int, metric: str = "cosine") -> bool:
        """Raise: migrations own the index."""
        self._refuse_index(dimension, metric)

    async def delete_index(self) -> bool:
        """Raise likewise."""
        self._refuse_index()

    async def upsert_vectors(self, vectors: list[Vector]) -> bool:
        """Replace the embeddings of passages, all or none; they are stored at unit length in half precision.

        Raises for an id that is unknown, and for metadata other than the memory's: a vector has none of its own.
        """
        return await self._run(self._upsert, vectors)

    async def delete_vectors(self, vector_ids: list[str]) -> bool:
        """Delete the passages of live memories among these ids; return False if there was none.

        Raises when a memory would be left without a passage, and so could not be found: then delete the memory.
        """
        return await self._run(self._delete, vector_ids)

    async def search_vectors(
        self, query_vector: list[float], top_k: int = 10, filters: dict[str, Any] | None = None
    ) -> list[tuple[str, float, Metadata]]:
        """Return ids with their cosine in [-1, 1] and metadata, best first; filters are those of the memory's API.

        Raises for a filter that is not understood.
        """
        return await self._run(self._search, query_vector, top_k, filters)

    async def get_vector(self, vector_id: str) -> tuple[list[float], Metadata] | None:
        return await self._run(self._get, vector_id)

    def _refuse_index(self, *_: object) -> Never:
        raise self.refusal("vector indexes belong to the migrations and cannot be made or dropped here")

    def _upsert(self, vectors: list[Vector]) -> bool:
        self.whole(len(vectors), name="the number of vectors", most=MAX_UPSERT)
        with transaction.atomic():
            change = change_begin(now=timezone.now())
            dimension = change.context.epoch.dimension
            wanted = [
                (id_of(vector_id), self.vector_checked(vector, dimension), given)
                for vector_id, vector, given in vectors
            ]
            known = self._locked({one for one, *_ in wanted})
            changed: dict[UUID, tuple[Chunk, Floats]] = {}
            for chunk_id, vector, given in wanted:
                chunk = known.get(chunk_id)
                if chunk is None:
                    raise self.refusal("an id belongs to no vector; passages are made by storing memories")
                if given and given != _metadata(chunk.memory):
                    raise self.refusal("metadata belongs to the memory and cannot be changed with a vector")
                changed[chunk.id] = chunk, vector
            vectors_write(
                (([chunk.id], vector[None, :]) for chunk, vector in changed.values()), epoch_id=change.context.epoch_id
            )
            _stamp({chunk.memory_id for chunk, _ in changed.values()}, change)
        return True

    def _delete(self, vector_ids: list[str]) -> bool:
        wanted = {id_of(one) for one in vector_ids}
        with transaction.atomic():
            change = change_begin(now=timezone.now())
            known = self._locked(wanted)
            memories = {chunk.memory_id for chunk in known.values()}
            kept = Chunk.objects.filter(memory_id__in=memories).exclude(id__in=known)
            if memories - set(kept.values_list("memory_id", flat=True)):
                raise self.refusal("a memory keeps at least one passage; delete the memory instead")
            deleted, _ = Chunk.objects.filter(id__in=known).delete()
            _stamp(memories, change)
        return deleted > 0

    def _locked(self, chunk_ids: set[UUID]) -> dict[UUID, Chunk]:
        """Return the passages of live memories, with their memories locked in one order."""
        live = _live(timezone.now()).filter(chunks__in=chunk_ids)
        memories = set(
            # DISTINCT and row locks exclude each other.
            Memory.objects.filter(id__in=live.values("id"))
            .order_by("id")
            .select_for_update()
            .values_list("id", flat=True)
        )
        rows = Chunk.objects.filter(id__in=chunk_ids, memory_id__in=memories).select_related("memory")
        return {chunk.id: chunk for chunk in rows}

    def _search(
        self, query_vector: list[float], top_k: int, filters: Mapping[str, Any] | None
    ) -> list[tuple[str, float, Metadata]]:
        epoch = context_get().epoch
        vector: Floats = self.vector_checked(query_vector, epoch.dimension)
        limit = self.whole(top_k, name="top_k", most=MAX_RESULTS)
        visible = _live(timezone.now())
        if filters is not None:
            try:
                visible = visible.filter(compile_filter(parse_filter(filters)))
            except FilterError as problem:
                raise self.refusal(f"the filter was not understood: {problem}") from None
        nearest = (
            passage_vectors(epoch.id)
            .filter(chunk__memory__in=visible.values("id"))
            .annotate(distance=CosineDistance("embedding", vector))
            .select_related("chunk__memory")
            .order_by("distance", "chunk_id")[:limit]
        )
        return [(str(one.chunk_id), 1.0 - one.distance, _metadata(one.chunk.memory)) for one in nearest]

    def _get(self, vector_id: str) -> tuple[list[float], Metadata] | None:
        visible = _live(timezone.now()).values("id")
        found = (
            passage_vectors(context_get().epoch_id)
            .filter(chunk_id=id_of(vector_id), chunk__memory__in=visible)
            .select_related("chunk__memory")
            .first()
        )
        return (list(found.embedding), _metadata(found.chunk.memory)) if found else None


def _stamp(memory_ids: set[UUID], change: Change) -> None:
    """Tell those who follow the changes that these memories are found otherwise now."""
    Memory.objects.filter(id__in=memory_ids).update(change=change.change)


def _live(now: datetime) -> MemoryQuerySet:
    return Memory.objects.live(now)


def _metadata(memory: Memory) -> Metadata:
    return {"memory_id": str(memory.id), "memory_type": memory.memory_type, "metadata": memory.metadata}
