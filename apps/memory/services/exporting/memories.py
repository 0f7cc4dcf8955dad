"""The memories of an archive with their history, a thousand to a member."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.writing import ArchiveWriter
from apps.memory.adapters.vectors import places_of, vectors_packed
from apps.memory.models import (
    ArchivedMemory,
    Chunk,
    Export,
    Memory,
    MemoryContext,
    MemoryRows,
    MemoryVersion,
    Mention,
    RelationEvidence,
)
from apps.memory.selectors.archived import versions_complete
from apps.memory.selectors.exports import NUMBERS
from apps.memory.selectors.unpacked import archived_sound
from apps.memory.services.exporting.looking import Looking
from apps.memory.services.unpacking import made_current

# The texts of so many memories are in memory at once.
_MEMORIES = 100


@dataclass(slots=True)
class Written:
    """What has been written so far."""

    counts: dict[str, int] = field(default_factory=dict)
    numbers: list[bytes] = field(default_factory=list)
    # What could not be read, since it is damaged in the archive tier.
    damaged: list[UUID] = field(default_factory=list)


def memories_write(
    export: Export,
    memories: MemoryRows,
    archive: ArchiveWriter,
    written: Written,
    *,
    context: MemoryContext,
    using: str,
    looking: Looking,
) -> None:
    """Write all memories that can be read; note the others."""
    written.counts |= {"memories": 0, "versions": 0}
    last, part = 0, 1
    while True:
        numbers = list(
            memories.filter(number__gt=last).order_by("number").values_list("number", flat=True)[: form.PART_MEMORIES]
        )
        if not numbers:
            return
        last = numbers[-1]
        written.counts["memories"] += archive.lines(
            form.memories_member(part), _memory_lines(numbers, written, context=context, using=using, looking=looking)
        )
        if export.include_versions:
            versions = MemoryVersion.objects.using(using).filter(memory__number__in=numbers)
            # The texts of their former revisions lie where theirs do.
            versions = versions.exclude(memory__in=written.damaged)
            if versions.exists():
                written.counts["versions"] += archive.lines(
                    form.versions_member(part), _version_lines(versions, using=using, looking=looking)
                )
        written.numbers.append(np.array(numbers, dtype=NUMBERS).tobytes())
        part += 1


def _version_lines(versions: QuerySet[MemoryVersion], *, using: str, looking: Looking) -> Iterator[form.VersionLine]:
    for one in _texts_filled(versions.order_by("memory__number", "revision"), using=using):
        looking.step(0)
        yield form.VersionLine.model_construct(
            memory=one.memory_id,
            **_state(one),
            recorded_at=one.recorded_at,
            replaced_at=one.replaced_at,
            changed_by=one.changed_by,
            reason=one.reason,
        )


def _texts_filled(versions: QuerySet[MemoryVersion], *, using: str) -> Iterator[MemoryVersion]:
    rows = versions.iterator(chunk_size=_MEMORIES)
    while some := list(islice(rows, _MEMORIES)):
        versions_complete(some, using=using)
        yield from some


def _state(one: Memory | MemoryVersion) -> dict[str, Any]:
    return {
        "content": one.content,
        "metadata": one.metadata,
        "memory_type": one.memory_type,
        "source": one.source,
        "occurred_at": one.occurred_at,
        "occurred_end": one.occurred_end,
        "expires_at": one.expires_at,
        "deleted_at": one.deleted_at,
        "superseded_by": one.superseded_by,
        "superseded_at": one.superseded_at,
        "revision": one.revision,
    }


def _memory_lines(
    numbers: Sequence[int], written: Written, *, context: MemoryContext, using: str, looking: Looking
) -> Iterator[form.MemoryLine]:
    for start in range(0, len(numbers), _MEMORIES):
        some = numbers[start : start + _MEMORIES]
        rows = list(Memory.objects.using(using).filter(number__in=some).select_related("file").order_by("number"))
        ids = [one.id for one in rows]
        passages = _by_memory(Chunk.objects.using(using).filter(memory__in=ids).order_by("memory_id", "ordinal"))
        vectors = vectors_packed(context.epoch_id, ids, using=using)
        places = places_of(context.epoch_id, ids, using=using)
        archived = ArchivedMemory.objects.using(using).filter(memory__in=ids).select_related("memory")
        whole, damaged = archived_sound(archived, using=using)
        away = {one.memory.id: one for one in whole}
        written.damaged += damaged
        mentions = _by_memory(
            Mention.objects.using(using).filter(memory__in=ids).select_related("entity").order_by("memory_id", "id")
        )
        evidence = _by_memory(
            RelationEvidence.objects.using(using)
            .filter(memory__in=ids)
            .select_related("relation__source", "relation__target")
            .order_by("memory_id", "id")
        )
        for row in rows:
            if row.id in damaged:
                continue
            one, parts = row, passages.get(row.id, [])
            if row.id in away:
                unpacked = made_current(away[row.id], context)
                one, parts = unpacked.memory, unpacked.findings.passages
                vectors |= {key: vector.astype("<f2").tobytes() for key, vector in unpacked.findings.vectors.items()}
                if unpacked.concepts is not None:
                    places[one.id] = unpacked.concepts
            yield form.MemoryLine.model_construct(
                id=one.id,
                number=one.number,
                **_state(one),
                content_hash=one.content_hash,
                module=one.module,
                external_id=one.external_id,
                occurred_given=one.occurred_given,
                recorded_at=one.recorded_at,
                revised_at=one.revised_at,
                created_by=one.created_by,
                archived_at=one.archived_at,
                file=form.FileName.model_construct(id=row.file.id, sha256=row.file.sha256) if row.file else None,
                place=one.place,
                fingerprint=one.fingerprint,
                thread=one.thread,
                reading=one.reading,
                understood=one.understood,
                concepts=[float(value) for value in places.get(one.id, ())],
                times=bytes(one.times),
                passages=[_passage_line(passage, vectors.get(passage.id)) for passage in parts],
                mentions=[
                    form.MentionLine.model_construct(
                        entity=said.entity.key,
                        count=said.count,
                        is_subject=said.is_subject,
                        start=said.start,
                        end=said.end,
                    )
                    for said in mentions.get(one.id, ())
                ],
                evidence=[
                    form.EvidenceLine.model_construct(
                        source=said.relation.source.key,
                        target=said.relation.target.key,
                        kind=said.relation.kind,
                        start=said.start,
                        end=said.end,
                    )
                    for said in evidence.get(one.id, ())
                ],
            )
        looking.step(len(rows))


def _passage_line(row: Chunk, vector: bytes | None) -> form.PassageLine:
    return form.PassageLine.model_construct(
        id=row.id,
        ordinal=row.ordinal,
        start=row.start,
        end=row.end,
        terms=bytes(row.terms),
        sketch=None if row.sketch is None else bytes(row.sketch),
        sparse=None if row.sparse is None else bytes(row.sparse),
        embedding=vector,
    )


def _by_memory(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    return {memory_id: list(group) for memory_id, group in groupby(rows, key=lambda row: row.memory_id)}
