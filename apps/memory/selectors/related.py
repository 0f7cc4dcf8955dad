"""What stands near a memory: by meaning, with the names that both share, and whether they say nearly the same."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.index_store import index_current
from apps.memory.adapters.sketching import DIMENSION as SKETCH_DIMENSION
from apps.memory.adapters.vectors import read_passages
from apps.memory.engine import packing
from apps.memory.engine.chunking import chunk_text
from apps.memory.engine.duplicates import MIN_SIMILARITY, distinct_terms, similarity
from apps.memory.engine.reader import Reader
from apps.memory.engine.reading import model_inputs
from apps.memory.engine.terms import Hashes
from apps.memory.models import Chunk, Memory, MemoryContext, Mention
from apps.memory.selectors.contexts import answered, dimensions_of
from apps.memory.selectors.memories import memory_get, memory_present
from apps.memory.selectors.readers import open_of, readable
from apps.memory.selectors.unpacked import Findings, archived_findings

# Passages of a memory whose vectors are not to be had, read on the spot.
_READ_NOW = 4
_NAMES_SHOWN = 5


def related_present(
    *, organization_id: UUID, reader: Reader, memory_id: UUID, limit: int, now: datetime
) -> dict[str, Any]:
    """Return the memories nearest in meaning, nearest first.

    Raises `MemoryNotFound`, or `EmbedderUnavailable` for a memory that no model has read yet.
    """
    memory = memory_get(memory_id=memory_id, reader=reader, now=now)
    away = archived_findings(memory)

    def answer(context: MemoryContext) -> list[tuple[UUID, float]]:
        vector = _meaning(memory, away, context)
        with index_current(
            organization_id=organization_id,
            epoch=context.epoch,
            change=context.change,
            concepts=len(dimensions_of(context)),
        ) as index:
            nowhere = np.zeros(SKETCH_DIMENSION, dtype=np.float32)
            visible = open_of(index, reader) & index.visible(now=now.timestamp())
            positions, cosines = index.neural(vector, nowhere, visible=visible)
            return [(index.ids[at], cosine) for at, cosine in zip(positions.tolist(), cosines.tolist(), strict=True)]

    near = answered(organization_id, answer)
    near = [(one, cosine) for one, cosine in near if one != memory_id][:limit]
    rows = readable(reader).live(now).select_related("file").in_bulk([one for one, _ in near])
    terms = terms_of_memories([memory_id, *rows])
    if away is not None:
        terms[memory_id] = distinct_terms([_terms_of(one.terms) for one in away.passages])
    shared = _shared_names(memory_id, list(rows))
    results = [
        {
            **memory_present(rows[one]),
            "closeness": round(max(0.0, min(1.0, cosine)), 6),
            "shared_entities": shared.get(one, []),
            "is_duplicate": rows[one].content_hash == memory.content_hash
            or similarity(terms[memory_id], terms[one]) >= MIN_SIMILARITY,
        }
        for one, cosine in near
        if one in rows
    ]
    return {"results": results, "next": None, "total": len(results)}


def terms_of_memories(ids: Collection[UUID]) -> dict[UUID, Hashes]:
    """Return the distinct terms of memories, uint64 (n,) each; none for an id that is not known."""
    passages: dict[UUID, list[Hashes]] = {memory_id: [] for memory_id in ids}
    for memory_id, packed in Chunk.objects.filter(memory_id__in=ids).values_list("memory_id", "terms"):
        passages[memory_id].append(_terms_of(packed))
    return {memory_id: distinct_terms(terms) for memory_id, terms in passages.items()}


def _terms_of(packed: bytes | memoryview) -> Hashes:
    return packing.unpack(packed, packing.TERMS)[0]


def _meaning(memory: Memory, away: Findings | None, context: MemoryContext) -> NDArray[np.float32]:
    """Return the mean direction of a memory's passages, float32 (d,) of length 1."""
    vectors = vectors_at_hand(memory, away, context)
    centre = vectors.mean(axis=0)
    vector: NDArray[np.float32] = (centre / max(float(np.linalg.norm(centre)), 1e-12)).astype(np.float32)
    return vector


def _shared_names(memory_id: UUID, others: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the names that each of the others shares with a memory, in alphabetical order."""
    own = Mention.objects.filter(memory_id=memory_id).values("entity_id")
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = Mention.objects.filter(memory_id__in=others, entity_id__in=own).order_by("entity__name")
    for other, name in rows.values_list("memory_id", "entity__name"):
        if len(found[other]) < _NAMES_SHOWN:
            found[other].append(name)
    return found


def passages_at_hand(
    memory: Memory, away: Findings | None, context: MemoryContext
) -> tuple[list[tuple[int, int]], NDArray[np.float32]]:
    """Return the spans of a memory's passages that the model has read, with their vectors, float32 (n, d).

    `away` is what the archive has of it, if it lies there.
    """
    return read_passages(context.epoch_id, memory.id) if away is None else away.read_passages(context)


def vectors_at_hand(memory: Memory, away: Findings | None, context: MemoryContext) -> NDArray[np.float32]:
    """Return vectors of a memory's passages, float32 (n, d).

    Those of one that the present model has not read are made of its first passages on the spot.
    """
    _, vectors = passages_at_hand(memory, away, context)
    if len(vectors):
        return vectors
    chunks = chunk_text(memory.content)[:_READ_NOW]
    inputs = model_inputs(memory.content, metadata=memory.metadata, chunks=chunks)
    return embedder_named(context.epoch.model).embed(inputs)
