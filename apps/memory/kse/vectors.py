"""The SDK's vector store over the passages of memories. A vector's id is its passage's id."""

import math
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pgvector.django import CosineDistance

from apps.memory.adapters.embedding import MINILM
from apps.memory.adapters.filters import compile_filter
from apps.memory.engine.filters import FilterError, parse_filter
from apps.memory.kse.bound import OrganizationBound, parse_id, refuse
from apps.memory.kse.contract import kse_contract
from apps.memory.models import Chunk, Memory

_ERROR = "VectorStoreError"
MAX_TOP_K = 1_000

Vector = list[float]


class PostgresVectorStore(OrganizationBound):
    async def create_index(self, dimension: int, metric: str = "cosine") -> bool:
        refuse(_ERROR, "create_index", f"indexes come with migrations ({dimension} dimensions, {metric})")

    async def delete_index(self) -> bool:
        refuse(_ERROR, "delete_index", "the vectors belong to memories; delete those")

    async def upsert_vectors(self, vectors: list[tuple[str, Vector, dict[str, Any]]]) -> bool:
        """Replace the vectors of existing passages, all or none.

        Metadata belongs to the memory, so only an empty one is accepted. Raises `VectorStoreError`.
        """
        rows = [self._checked(*one) for one in vectors]
        return await self._run(lambda: _replace(rows))

    async def delete_vectors(self, vector_ids: list[str]) -> bool:
        """Delete passages: their memories stay, but are no longer found through them. Unknown ids change nothing."""
        ids = [parse_id(one, error=_ERROR, operation="delete_vectors") for one in vector_ids]
        return await self._run(lambda: Chunk.objects.filter(id__in=ids).delete()[0] > 0)

    async def search_vectors(
        self, query_vector: Vector, top_k: int = 10, filters: dict[str, Any] | None = None
    ) -> list[tuple[str, float, dict[str, Any]]]:
        """Return the nearest passages that satisfy the filter, with their cosine in [-1, 1], best first.

        `filters` is the filter language of the API; what it does not know is refused with `VectorStoreError`.
        """
        vector = _vector(query_vector, operation="search_vectors")
        if not 1 <= top_k <= MAX_TOP_K:
            refuse(_ERROR, "search_vectors", f"top_k must lie between 1 and {MAX_TOP_K}")
        try:
            condition = compile_filter(parse_filter(filters or {}))
        except FilterError as error:
            refuse(_ERROR, "search_vectors", f"{error.pointer}: {error.detail}")

        def search() -> list[tuple[str, float, dict[str, Any]]]:
            visible = Memory.objects.live(timezone.now()).filter(condition)
            rows = (
                Chunk.objects.filter(memory__in=visible.values("id"))
                .select_related("memory")
                .annotate(distance=CosineDistance("embedding", vector))
                .order_by("distance", "id")[:top_k]
            )
            return [(str(row.id), 1.0 - row.distance, _metadata(row)) for row in rows]

        return await self._run(search)

    async def get_vector(self, vector_id: str) -> tuple[Vector, dict[str, Any]] | None:
        chunk_id = parse_id(vector_id, error=_ERROR, operation="get_vector")

        def get() -> tuple[Vector, dict[str, Any]] | None:
            visible = Memory.objects.live(timezone.now())
            row = Chunk.objects.filter(id=chunk_id, memory__in=visible.values("id")).select_related("memory").first()
            return None if row is None else (list(row.embedding), _metadata(row))

        return await self._run(get)

    def _checked(self, vector_id: str, vector: Vector, metadata: dict[str, Any]) -> tuple[UUID, Vector]:
        if metadata:
            refuse(_ERROR, "upsert_vectors", "metadata belongs to the memory and is changed there")
        chunk_id = parse_id(vector_id, error=_ERROR, operation="upsert_vectors")
        return chunk_id, _vector(vector, operation="upsert_vectors")


def _vector(vector: Vector, *, operation: str) -> Vector:
    if len(vector) != MINILM.dimension or not all(math.isfinite(number) for number in vector):
        refuse(_ERROR, operation, f"a vector has {MINILM.dimension} finite numbers")
    return list(vector)


def _replace(rows: list[tuple[UUID, Vector]]) -> bool:
    with transaction.atomic():
        for chunk_id, vector in rows:
            if not Chunk.objects.filter(id=chunk_id).update(embedding=vector):
                refuse(_ERROR, "upsert_vectors", f"there is no passage {chunk_id}")
    return True


def _metadata(chunk: Chunk) -> dict[str, Any]:
    return {
        "memory_id": str(chunk.memory_id),
        "memory_type": chunk.memory.memory_type,
        "start": chunk.start,
        "end": chunk.end,
        "metadata": chunk.memory.metadata,
    }


kse_contract().interface("VectorStoreInterface").register(PostgresVectorStore)
