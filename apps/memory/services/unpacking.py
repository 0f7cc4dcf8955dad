"""The way into the archive and back: a memory becomes a stub and a packed row, and is put back bit for bit.

Below everything that makes revisions, which brings back what it is about to change; see `services.revisions`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from apps.core.bulk import rows_copy
from apps.memory.adapters.sketching import default_sketcher
from apps.memory.adapters.vectors import places_of, vectors_packed
from apps.memory.engine import packing
from apps.memory.engine.chunking import Chunk as Passage
from apps.memory.engine.packed_texts import (
    findings_pack,
    planes,
    stub_of,
    texts_pack,
)
from apps.memory.engine.reading import model_inputs
from apps.memory.models import ArchivedMemory, Chunk, Memory, MemoryContext, MemoryVersion
from apps.memory.selectors.contexts import context_get, dimensions_of
from apps.memory.selectors.unpacked import (
    Floats,
    Whole,
    archived_read,
    dimensions_digest,
    hash_of_whole,
    models_of,
)
from apps.memory.services.changes import Change
from apps.memory.services.telling import memories_tell
from apps.memory.services.vectors import others_follow, places_forget, places_write, vectors_write

_EMPTY_VERSIONS = "UPDATE memory_memoryversion SET content = '' WHERE memory_id = ANY(%s)"
_FILL_VERSIONS = """
    UPDATE memory_memoryversion AS version SET content = kept.content
    FROM unnest(%s::uuid[], %s::int[], %s::text[]) AS kept (memory_id, revision, content)
    WHERE version.memory_id = kept.memory_id AND version.revision = kept.revision
"""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A memory as it was read, and what takes its place."""

    memory: Memory
    archived: ArchivedMemory
    # How many bytes of it count towards the plan from now on.
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What models made of memories: by passage the vectors, by memory where it stands among the dimensions."""

    dimensions: str
    models: list[str]
    vectors: Mapping[UUID, bytes]
    places: Mapping[UUID, Floats]


def memories_pack(memories: Sequence[Memory]) -> list[Packed]:
    """Read and pack memories. The slow part: what has changed when they are put away must be left out then."""
    ids = [one.id for one in memories]
    context = context_get()
    versions: dict[UUID, list[MemoryVersion]] = _by_memory(
        MemoryVersion.objects.filter(memory__in=ids).order_by("memory_id", "revision")
    )
    passages = _by_memory(Chunk.objects.filter(memory__in=ids).order_by("memory_id", "ordinal"))
    found = _Made(
        dimensions=dimensions_digest(dimensions_of(context)),
        models=models_of(context),
        vectors=vectors_packed(context.epoch_id, ids),
        places=places_of(context.epoch_id, ids),
    )
    return [_packed(one, versions.get(one.id, []), passages.get(one.id, []), found) for one in memories]


def memories_put_away(
    packed: Sequence[Packed], *, change: Change, archived_at: Mapping[UUID, datetime] | None = None
) -> None:
    """Leave stubs of memories that are as they were packed. Only within the change.

    `archived_at` are the moments of those that were archived elsewhere.
    """
    for one in packed:
        memory = one.memory
        memory.content = stub_of(memory.content)
        memory.archived_at = min((archived_at or {}).get(memory.id, change.moment), change.moment)
        memory.size_bytes, memory.change, memory.is_stub = one.size, change.change, True
    ids = [one.memory.id for one in packed]
    ArchivedMemory.objects.bulk_create(one.archived for one in packed)
    Memory.objects.bulk_update([one.memory for one in packed], ["content", "archived_at", "size_bytes", "change"])
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY_VERSIONS, [ids])
    # With the vectors of all epochs; the archive has those of the one that answers.
    Chunk.objects.filter(memory__in=ids).only("id").delete()
    places_forget(ids)


def memories_bring_back(memory_ids: Iterable[UUID], *, change: Change) -> list[Memory]:
    """Put those of these memories back that are archived, and return them. Only within the change.

    The caller takes the bytes by which they count for more: `size_bytes` is what counted before they were archived.
    Raises `ArchiveDamaged`, having done nothing.
    """
    rows = ArchivedMemory.objects.filter(memory__in=list(memory_ids)).select_related("memory").order_by("memory_id")
    return archived_put_back([archived_read(row) for row in rows], change=change)


def archived_put_back(whole: Sequence[Whole], *, change: Change) -> list[Memory]:
    """Do the same with what was read within the change."""
    if not whole:
        return []
    whole = [made_current(one, change.context) for one in whole]
    texts: list[tuple[UUID, int, str]] = []
    chunks: list[Chunk] = []
    for one in whole:
        memory = one.memory
        memory.archived_at, memory.is_stub = None, False
        memory.size_bytes, memory.change = one.size_before, change.change
        texts += [(memory.id, version.revision, version.content) for version in one.versions]
        chunks += one.findings.passages
    memories = [one.memory for one in whole]
    columns = ["content", "archived_at", "size_bytes", "change", "understood"]
    Memory.objects.bulk_update(memories, columns)
    with connection.cursor() as cursor:
        cursor.execute(_FILL_VERSIONS, [list(column) for column in zip(*texts, strict=True)] or [[], [], []])
    rows_copy(chunks)
    epoch_id = change.context.epoch_id
    passages = (([key], vector[None, :]) for one in whole for key, vector in one.findings.vectors.items())
    vectors_write(passages, epoch_id=epoch_id)
    places = [(one.memory.id, one.concepts) for one in whole if one.concepts is not None]
    places_write(places, epoch_id=epoch_id, change=change)
    others_follow(change)
    ArchivedMemory.objects.filter(memory__in=[one.id for one in memories]).delete()
    memories_tell("memory.unarchived", memories, now=change.moment)
    return memories


def made_current(one: Whole, context: MemoryContext) -> Whole:
    """Place an unpacked memory in the present space, and leave out vectors of other models than the present ones."""
    if not one.findings.is_of_models(context):
        _forget_models(one.memory, one.findings.passages)
        return replace(one, findings=replace(one.findings, vectors={}))
    return replace(one, concepts=one.findings.concepts_in(context))


def _packed(memory: Memory, versions: Sequence[MemoryVersion], passages: Sequence[Chunk], made: _Made) -> Packed:
    texts, texts_sha256, text_bytes = texts_pack(
        {memory.revision: memory.content, **{one.revision: one.content for one in versions}}
    )
    findings = {
        "concepts": made.places.get(memory.id, np.empty(0)).astype("<f4").tobytes(),
        "dimensions": made.dimensions,
        "models": made.models,
        "passages": [_passage(one, made.vectors.get(one.id)) for one in passages],
    }
    archived = ArchivedMemory(
        memory=memory,
        texts=texts,
        texts_sha256=texts_sha256,
        findings=findings_pack(findings),
        sha256=hash_of_whole(memory, versions, findings),
        unpacked_bytes=text_bytes + sum(_passage_bytes(one, made.vectors.get(one.id)) for one in passages),
        size_before=memory.size_bytes,
    )
    # The metadata stay where they are. Of a short text with a long history it may be more than before.
    size = min(memory.size_bytes, len(texts) + len(json.dumps(memory.metadata, ensure_ascii=False).encode()))
    return Packed(memory, archived, size)


def _passage(row: Chunk, vector: bytes | None) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "ordinal": row.ordinal,
        "start": row.start,
        "end": row.end,
        "terms": bytes(row.terms),
        "sketch": row.sketch,
        "sparse": row.sparse,
        "embedding": None if vector is None else planes(vector),
    }


def _passage_bytes(row: Chunk, vector: bytes | None) -> int:
    return sum(len(one) for one in (row.terms, row.sketch, row.sparse, vector) if one is not None)


def _forget_models(memory: Memory, passages: Sequence[Chunk]) -> None:
    """Leave the vectors of other models out: until the present ones have read it, a memory is found by its words."""
    spans = [Passage(row.ordinal, row.start, row.end) for row in passages]
    sketches = default_sketcher().sketch(model_inputs(memory.content, metadata=memory.metadata, chunks=spans))
    for one, sketch in zip(passages, sketches, strict=True):
        one.sparse = None
        one.sketch = packing.pack([sketch], packing.SKETCH)
    memory.understood = False


def _by_memory(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    return {memory_id: list(group) for memory_id, group in groupby(rows, key=lambda row: row.memory_id)}
