"""What lies packed in the archive of single memories, as it was: their texts, history and findings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.memory.adapters.sparse import NAME as SPARSE_NAME
from apps.memory.engine.concepts import Dimension
from apps.memory.engine.packed_texts import (
    DamagedError,
    canonical,
    digest,
    findings_unpack,
    numbers_of,
    texts_unpack,
)
from apps.memory.engine.reading import place
from apps.memory.exceptions import ArchiveDamaged
from apps.memory.models import ArchivedMemory, Chunk, Memory, MemoryContext, MemoryVersion
from apps.memory.selectors.archived import damaged
from apps.memory.selectors.contexts import concept_space, dimensions_of

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


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What was found out about the text of an archived memory, unpacked: its passages, unsaved, and its place.

    `vectors` are those of the passages that the model had read, by their ids.
    """

    passages: list[Chunk]
    vectors: dict[UUID, Floats]
    concepts: Floats
    # The dimensions among which the concepts stand, see `dimensions_digest`; and the models of the vectors.
    dimensions: str
    models: list[str]

    def is_of_models(self, context: MemoryContext) -> bool:
        """Tell whether the models that made this are those that answer now."""
        return self.models == models_of(context)

    def read_passages(self, context: MemoryContext) -> tuple[list[tuple[int, int]], Floats]:
        """Return the spans of the passages that the present model has read, with their vectors, float32 (n, d)."""
        is_present = self.models[:1] == [context.epoch.model]
        read = [one for one in self.passages if is_present and one.id in self.vectors]
        vectors = np.array([self.vectors[one.id] for one in read], dtype=np.float32)
        return [(one.start, one.end) for one in read], vectors

    def concepts_in(self, context: MemoryContext) -> Floats | None:
        """Return the place in the present space, None if the vectors cannot tell."""
        if not self.is_of_models(context) or len(self.vectors) < len(self.passages) or not self.vectors:
            return None
        if self.dimensions == dimensions_digest(dimensions_of(context)):
            return self.concepts
        return place(np.array(list(self.vectors.values()), dtype=np.float32), concept_space(context))


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """An archived memory as it was, its rows unsaved."""

    memory: Memory
    versions: list[MemoryVersion]
    findings: Findings
    # In bytes of the plan.
    size_before: int
    # Where it stands in the present space, once it is made current.
    concepts: Floats | None = None


def models_of(context: MemoryContext) -> list[str]:
    """Return the models of the vectors that passages have now."""
    return [context.epoch.model, SPARSE_NAME]


def dimensions_digest(dimensions: Sequence[Dimension]) -> str:
    """Return what tells the dimensions of a space from all others."""
    return digest(canonical({"of": [[one.name, one.description] for one in dimensions]}))[:16]


def findings_read(row: ArchivedMemory, context: MemoryContext) -> Findings:
    """Unpack what was found out about a text, for a search; vectors of other models are left out.

    Raises `ArchiveDamaged` for what cannot be unpacked.
    """
    try:
        found = _findings(row.memory_id, findings_unpack(row.findings))
        embedding, sparse = found.models
    except (DamagedError, LookupError, ValueError, TypeError, AttributeError):
        raise damaged(row.memory_id) from None
    if embedding != context.epoch.model:
        found = replace(found, vectors={})
    if sparse != SPARSE_NAME:
        for one in found.passages:
            one.sparse = None
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


def archived_findings(memory: Memory) -> Findings | None:
    """Return what was found out about the text of a memory, None if it is not archived, or damaged there."""
    if memory.archived_at is None:
        return None
    row = ArchivedMemory.objects.filter(memory=memory.id).select_related("memory").first()
    try:
        return None if row is None else archived_read(row).findings
    except ArchiveDamaged:
        return None


def archived_sound(
    rows: Iterable[ArchivedMemory], *, using: str | None = None
) -> tuple[list[Whole], dict[UUID, ArchiveDamaged]]:
    """Unpack archived memories, whose rows are at hand. Returns those that are what they were, and why others are not.

    One that is damaged costs itself alone, whoever reads many.
    """
    whole: list[Whole] = []
    refused: dict[UUID, ArchiveDamaged] = {}
    for row in rows:
        try:
            whole.append(archived_read(row, using=using))
        except ArchiveDamaged as error:
            refused[row.memory_id] = error
    return whole, refused


def archived_damaged(memory_ids: Iterable[UUID]) -> dict[UUID, ArchiveDamaged]:
    """Return which of these memories are archived and cannot be had back, and why."""
    rows = ArchivedMemory.objects.filter(memory__in=list(memory_ids)).select_related("memory").order_by("memory_id")
    return archived_sound(rows)[1]


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


def _findings(memory_id: UUID, data: Mapping[str, Any]) -> Findings:
    vectors = {
        UUID(fields["id"]): np.frombuffer(numbers_of(fields["embedding"]), dtype="<f2").astype(np.float32)
        for fields in data["passages"]
        if fields["embedding"] is not None
    }
    return Findings(
        [_chunk(memory_id, fields) for fields in data["passages"]],
        vectors,
        np.frombuffer(data["concepts"], dtype="<f4"),
        data["dimensions"],
        data["models"],
    )


def _chunk(memory_id: UUID, fields: Mapping[str, Any]) -> Chunk:
    return Chunk(
        id=UUID(fields["id"]),
        memory_id=memory_id,
        ordinal=fields["ordinal"],
        start=fields["start"],
        end=fields["end"],
        terms=fields["terms"],
        sketch=fields["sketch"],
        sparse=fields["sparse"],
    )
