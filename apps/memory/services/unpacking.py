"""The way into the archive and back: a memory becomes a stub and a packed row, and is put back bit for bit.

Below everything that makes revisions, which brings back what it is about to change; see `services.revisions`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import BinaryField, F, Func
from numpy.typing import NDArray

from apps.core.bulk import rows_copy
from apps.memory.adapters.embedding import MINILM
from apps.memory.adapters.sketching import default_sketcher
from apps.memory.adapters.sparse import NAME as SPARSE_NAME
from apps.memory.engine import packing
from apps.memory.engine.chunking import Chunk as Passage
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.packed_texts import (
    DamagedError,
    canonical,
    digest,
    findings_pack,
    findings_unpack,
    numbers_of,
    planes,
    stub_of,
    texts_pack,
    texts_unpack,
)
from apps.memory.engine.reading import model_inputs, place
from apps.memory.models import ArchivedMemory, Chunk, Memory, MemoryVersion
from apps.memory.selectors.archived import damaged
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.services.changes import Change
from apps.memory.services.telling import memories_tell

# What is said of a memory and its former revisions, and so is covered by the hash.
_SAID = (
    "content",
    "metadata",
    "memory_type",
    "source",
    "occurred_at",
    "occurred_end",
    "expires_at",
    "deleted_at",
    "superseded_by",
    "superseded_at",
    "revision",
)
_OF_MEMORY = (
    *_SAID,
    "id",
    "number",
    "module",
    "external_id",
    "recorded_at",
    "revised_at",
    "created_by",
    "file_id",
    "place",
    "content_hash",
    "fingerprint",
    "occurred_given",
    "times",
    "thread",
)
_OF_VERSION = (*_SAID, "recorded_at", "replaced_at", "changed_by", "reason")
Floats = NDArray[np.float32]

# Whose vectors the passages have.
_MODELS = [MINILM.name, SPARSE_NAME]
# pgvector sends a vector as its length and two bytes of nothing, then big-endian numbers.
_VECTOR_HEADER = 4

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


def memories_pack(memories: Sequence[Memory]) -> list[Packed]:
    """Read and pack memories. The slow part: what has changed when they are put away must be left out then."""
    ids = [one.id for one in memories]
    dimensions = _dimensions(concept_space(context_get()))
    versions: dict[UUID, list[MemoryVersion]] = _by_memory(
        MemoryVersion.objects.filter(memory__in=ids).order_by("memory_id", "revision")
    )
    passages = _by_memory(passages_of(ids))
    return [_packed(one, versions.get(one.id, []), passages.get(one.id, []), dimensions) for one in memories]


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
    Chunk.objects.filter(memory__in=ids).delete()


def memories_bring_back(memory_ids: Iterable[UUID], *, change: Change) -> list[Memory]:
    """Put those of these memories back that are archived, and return them. Only within the change.

    The caller takes the bytes by which they count for more: `size_bytes` is what counted before they were archived.
    Raises `ArchiveDamaged`, having done nothing.
    """
    rows = ArchivedMemory.objects.filter(memory__in=list(memory_ids)).select_related("memory").order_by("memory_id")
    return archived_put_back([archived_read(row) for row in rows], change=change)


def archived_put_back(whole: Sequence["Whole"], *, change: Change) -> list[Memory]:
    """Do the same with what was read within the change."""
    if not whole:
        return []
    space = concept_space(change.context)
    texts: list[tuple[UUID, int, str]] = []
    chunks: list[Chunk] = []
    for one in whole:
        memory = one.memory
        memory.archived_at, memory.is_stub = None, False
        memory.size_bytes, memory.change = one.size_before, change.change
        texts += [(memory.id, version.revision, version.content) for version in one.versions]
        chunks += one.findings.passages
        made_current(one, space)
    memories = [one.memory for one in whole]
    columns = ["content", "archived_at", "size_bytes", "change", "concepts", "understood"]
    Memory.objects.bulk_update(memories, columns)
    with connection.cursor() as cursor:
        cursor.execute(_FILL_VERSIONS, [list(column) for column in zip(*texts, strict=True)] or [[], [], []])
    rows_copy(chunks)
    ArchivedMemory.objects.filter(memory__in=[one.id for one in memories]).delete()
    memories_tell("memory.unarchived", memories, now=change.moment)
    return memories


def _dimensions(space: ConceptSpace) -> str:
    """Return what tells the dimensions of a space from all others."""
    return digest(canonical({"of": [[one.name, one.description] for one in space.dimensions]}))[:16]


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What was found out about the text of an archived memory, unpacked: its passages, unsaved, and its place."""

    passages: list[Chunk]
    concepts: Floats
    # The dimensions among which the concepts stand, see `_dimensions`; and the models of the vectors.
    dimensions: str
    models: list[str]

    @property
    def is_of_present_models(self) -> bool:
        return self.models == _MODELS

    def concepts_in(self, space: ConceptSpace) -> Floats:
        """Return the place in the present space, in the middle of it if the vectors cannot tell."""
        if self.dimensions == _dimensions(space):
            return self.concepts
        vectors = [passage.embedding for passage in self.passages]
        if not self.is_of_present_models or not vectors or any(vector is None for vector in vectors):
            return np.full(len(space.dimensions), 0.5, dtype=np.float32)
        return place(np.array(vectors, dtype=np.float32), space)


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """An archived memory as it was, its rows unsaved."""

    memory: Memory
    versions: list[MemoryVersion]
    findings: Findings
    # In bytes of the plan.
    size_before: int


def made_current(one: Whole, space: ConceptSpace) -> None:
    """Place an unpacked memory in the present space, and leave out vectors of other models than the present ones."""
    one.memory.concepts = one.findings.concepts_in(space)
    if not one.findings.is_of_present_models:
        _forget_models(one.memory, one.findings.passages)


def findings_read(row: ArchivedMemory) -> Findings:
    """Unpack what was found out about a text, for a search; vectors of other models are left out.

    Raises `ArchiveDamaged` for what cannot be unpacked.
    """
    try:
        found = _findings(row.memory_id, findings_unpack(row.findings))
    except (DamagedError, LookupError, ValueError, TypeError, AttributeError):
        raise damaged(row.memory_id) from None
    if not found.is_of_present_models:
        for one in found.passages:
            one.embedding, one.sparse = None, None
    return found


def archived_read(row: ArchivedMemory, *, using: str | None = None) -> Whole:
    """Unpack an archived memory, whose row is at hand. Raises `ArchiveDamaged` if it is not what it was."""
    memory = row.memory
    try:
        texts = texts_unpack(row.texts, row.texts_sha256)
        findings = findings_unpack(row.findings)
        versions = list(MemoryVersion.objects.using(using).filter(memory=memory).order_by("revision"))
        memory.content = texts[memory.revision]
        for one in versions:
            one.content = texts[one.revision]
        found = _findings(memory.id, findings)
    except (DamagedError, LookupError, ValueError, TypeError, AttributeError):
        raise damaged(memory.id) from None
    if hash_of_whole(memory, versions, findings) != row.sha256:
        raise damaged(memory.id)
    return Whole(memory, versions, found, row.size_before)


def _findings(memory_id: UUID, data: Mapping[str, Any]) -> Findings:
    return Findings(
        [_chunk(memory_id, fields) for fields in data["passages"]],
        np.frombuffer(data["concepts"], dtype="<f4"),
        data["dimensions"],
        data["models"],
    )


def passages_of(memory_ids: Sequence[UUID], *, using: str | None = None) -> Any:
    """Return passages with their vectors as PostgreSQL sends them, under `vector`."""
    return (
        Chunk.objects.using(using)
        .defer("embedding")
        .annotate(vector=Func(F("embedding"), function="halfvec_send", output_field=BinaryField()))
        .filter(memory__in=memory_ids)
        .order_by("memory_id", "ordinal")
    )


def _packed(memory: Memory, versions: Sequence[MemoryVersion], passages: Sequence[Any], dimensions: str) -> Packed:
    texts, texts_sha256, text_bytes = texts_pack(
        {memory.revision: memory.content, **{one.revision: one.content for one in versions}}
    )
    findings = {
        "concepts": np.asarray(memory.concepts, dtype="<f4").tobytes(),
        "dimensions": dimensions,
        "models": _MODELS,
        "passages": [_passage(one) for one in passages],
    }
    archived = ArchivedMemory(
        memory=memory,
        texts=texts,
        texts_sha256=texts_sha256,
        findings=findings_pack(findings),
        sha256=hash_of_whole(memory, versions, findings),
        unpacked_bytes=text_bytes + sum(map(_passage_bytes, passages)),
        size_before=memory.size_bytes,
    )
    # The metadata stay where they are. Of a short text with a long history it may be more than before.
    size = min(memory.size_bytes, len(texts) + len(json.dumps(memory.metadata, ensure_ascii=False).encode()))
    return Packed(memory, archived, size)


def hash_of_whole(memory: Memory, versions: Sequence[MemoryVersion], findings: Mapping[str, Any]) -> str:
    """Return the hash of all that a memory was."""
    return digest(
        canonical(
            {
                "memory": {name: getattr(memory, name) for name in _OF_MEMORY},
                "versions": [{name: getattr(one, name) for name in _OF_VERSION} for one in versions],
                "findings": findings,
            }
        )
    )


def _passage(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "ordinal": row.ordinal,
        "start": row.start,
        "end": row.end,
        "terms": bytes(row.terms),
        "sketch": row.sketch,
        "sparse": row.sparse,
        "embedding": None
        if row.vector is None
        else planes(np.frombuffer(bytes(row.vector), dtype=">f2", offset=_VECTOR_HEADER).astype("<f2").tobytes()),
    }


def _passage_bytes(row: Any) -> int:
    return sum(len(one) for one in (row.terms, row.sketch, row.sparse, row.vector) if one is not None)


def _chunk(memory_id: UUID, fields: Mapping[str, Any]) -> Chunk:
    embedding = fields["embedding"]
    return Chunk(
        id=UUID(fields["id"]),
        memory_id=memory_id,
        ordinal=fields["ordinal"],
        start=fields["start"],
        end=fields["end"],
        terms=fields["terms"],
        sketch=fields["sketch"],
        sparse=fields["sparse"],
        embedding=None if embedding is None else np.frombuffer(numbers_of(embedding), dtype="<f2").astype(np.float32),
    )


def _forget_models(memory: Memory, passages: Sequence[Chunk]) -> None:
    """Leave the vectors of other models out: until the present ones have read it, a memory is found by its words."""
    spans = [Passage(row.ordinal, row.start, row.end) for row in passages]
    sketches = default_sketcher().sketch(model_inputs(memory.content, metadata=memory.metadata, chunks=spans))
    for one, sketch in zip(passages, sketches, strict=True):
        one.embedding, one.sparse = None, None
        one.sketch = packing.pack([sketch], packing.SKETCH)
    memory.understood = False
    memory.concepts = np.full(len(memory.concepts), 0.5, dtype=np.float32)


def _by_memory(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    return {memory_id: list(group) for memory_id, group in groupby(rows, key=lambda row: row.memory_id)}
