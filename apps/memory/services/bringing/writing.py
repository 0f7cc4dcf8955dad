"""Writing memories that come from an archive, with all that was found out about them there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np

from apps.billing.services.quotas import quota_reserve
from apps.billing.services.usage import usage_record
from apps.billing.types import Meter, Usage
from apps.core.bulk import rows_copy, values_copy
from apps.memory.adapters.archives import form
from apps.memory.adapters.vectors import Floats
from apps.memory.engine.reading import place
from apps.memory.exceptions import ItemInvalid
from apps.memory.models import Chunk, Entity, Memory, Mention, Relation, RelationEvidence, SourceFile
from apps.memory.selectors.contexts import concept_space, dimensions_of
from apps.memory.services.bringing.sorting import Fault
from apps.memory.services.bringing.turn import Turn
from apps.memory.services.changes import Change
from apps.memory.services.entities import entity_stand_ins, memories_name, memories_state, named_packed
from apps.memory.services.memories import Analysed, findings_set, passages_write, size_of, stores_record
from apps.memory.services.telling import memories_tell
from apps.memory.services.vectors import others_follow, places_write, vectors_write


def memories_write(
    turn: Turn,
    part: int,
    fresh: Sequence[tuple[int, form.MemoryLine]],
    texts: Mapping[UUID, Analysed],
    change: Change,
    *,
    now: datetime,
) -> list[Fault]:
    """Write memories with all that was found out about them. Returns those that name what is not there."""
    faults: list[Fault] = []
    given = [line for _, line in fresh if line.id not in texts]
    keys = {one.entity for line in given for one in line.mentions}
    keys |= {key for line in given for one in line.evidence for key in (one.source, one.target)}
    entities = {one.key: one for one in Entity.objects.filter(key__in=keys)}
    relations = _relations_of(given)
    wanted: list[tuple[int, form.MemoryLine]] = []
    for number, line in fresh:
        if line.id not in texts and not (
            all(one.entity in entities for one in line.mentions)
            and all((one.source, one.target, one.kind) in relations for one in line.evidence)
        ):
            faults.append(Fault(number, ItemInvalid.code, "It names what the archive does not hold.", line.id))
        else:
            wanted.append((number, line))
    if not wanted:
        return faults
    files = dict(
        SourceFile.objects.filter(id__in=[line.file.id for _, line in wanted if line.file]).values_list("id", "sha256")
    )
    stand_ins = entity_stand_ins(entities.values())
    memories = [_row(turn, part, number, line, files, change) for number, line in wanted]
    given_rows = [(memory, line) for memory, (_, line) in zip(memories, wanted, strict=True) if line.id not in texts]
    anew = [(memory, texts[memory.id]) for memory in memories if memory.id in texts]
    for memory, line in given_rows:
        _findings_take(memory, line)
        memory.named = named_packed(
            (stand_ins[entities[one.entity].id], one.count, one.is_subject) for one in line.mentions
        )
    for memory, text in anew:
        findings_set(memory, text)
    memories_name(
        memories=[memory for memory, _ in anew], named=[text.reading.entities for _, text in anew], change=change
    )
    rows_copy(memories)
    rows_copy([_chunk(memory, one) for memory, line in given_rows for one in line.passages])
    _vectors_take(turn, [line for _, line in given_rows], change)
    passages_write(memories=[memory for memory, _ in anew], texts=[text for _, text in anew], change=change)
    memories_state(memories=[memory for memory, _ in anew], statements=[text.reading.statements for _, text in anew])
    values_copy(
        Mention,
        ("entity_id", "memory_id", "count", "start", "end", "is_subject"),
        (
            (entities[one.entity].id, memory.id, one.count, one.start, one.end, one.is_subject)
            for memory, line in given_rows
            for one in line.mentions
        ),
    )
    RelationEvidence.objects.bulk_create(
        RelationEvidence(
            relation_id=relations[one.source, one.target, one.kind],
            memory_id=memory.id,
            start=one.start,
            end=one.end,
        )
        for memory, line in given_rows
        for one in line.evidence
    )
    _account(turn, part, [number for number, _ in wanted], memories, now=now)
    return faults


def _account(turn: Turn, part: int, numbers: Sequence[int], memories: Sequence[Memory], *, now: datetime) -> None:
    size = sum(memory.size_bytes for memory in memories if memory.deleted_at is None)
    if size:
        quota_reserve(organization_id=turn.organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
    stores_record(organization_id=turn.organization_id, memories=memories, now=now)
    memories_tell("memory.trashed", [one for one in memories if one.deleted_at is not None], now=now)
    usage_record(
        organization_id=turn.organization_id,
        meter=Meter.INGESTION_ITEMS,
        quantity=1,
        usage=Usage("ingestion", operation="import"),
        source_ids=[f"{turn.one.id}:{part}:{number}" for number in numbers],
        now=now,
    )


def _relations_of(lines: Sequence[form.MemoryLine]) -> dict[tuple[str, str, str], int]:
    stated = [one for line in lines for one in line.evidence]
    if not stated:
        return {}
    rows = Relation.objects.filter(
        source__key__in={one.source for one in stated}, target__key__in={one.target for one in stated}
    )
    return {
        (source, target, kind): relation_id
        for relation_id, source, target, kind in rows.values_list("id", "source__key", "target__key", "kind")
    }


def _row(
    turn: Turn, part: int, number: int, line: form.MemoryLine, files: Mapping[UUID, str], change: Change
) -> Memory:
    in_order = turn.one.first_number + (part - 1) * form.PART_MEMORIES + number - 1
    has_file = line.file is not None and files.get(line.file.id) == line.file.sha256
    return Memory(
        id=line.id,
        number=line.number if turn.one.keeps_numbers else in_order,
        change=change.change,
        content=line.content,
        content_hash=line.content_hash,
        metadata=line.metadata,
        memory_type=line.memory_type,
        module=line.module,
        source=line.source,
        external_id=line.external_id,
        # Without those before it, it is the first one.
        revision=line.revision if turn.manifest.include_versions else 1,
        occurred_at=line.occurred_at,
        occurred_end=line.occurred_end,
        occurred_given=line.occurred_given,
        recorded_at=line.recorded_at,
        revised_at=line.revised_at,
        expires_at=line.expires_at,
        deleted_at=line.deleted_at,
        superseded_by=line.superseded_by,
        superseded_at=line.superseded_at,
        created_by=line.created_by,
        file_id=line.file.id if line.file and has_file else None,
        place=line.place if has_file else {},
        size_bytes=size_of(content=line.content, metadata=line.metadata),
    )


def _findings_take(memory: Memory, line: form.MemoryLine) -> None:
    """Set on a memory, unsaved, what was found out about it elsewhere, as we should have."""
    memory.fingerprint, memory.thread, memory.reading = line.fingerprint, line.thread, line.reading
    memory.times, memory.understood = line.times, line.understood


def _vectors_take(turn: Turn, lines: Sequence[form.MemoryLine], change: Change) -> None:
    """Write what the model that answers here, too, made of memories elsewhere."""
    dimensions = [(one.name, one.description) for one in dimensions_of(change.context)]
    is_same_space = dimensions == [(one.name, one.description) for one in turn.given.dimensions]
    epoch_id = change.context.epoch_id
    passages: list[tuple[Sequence[UUID], Floats]] = []
    places: list[tuple[UUID, Floats]] = []
    for line in lines:
        read = [(one.id, one.embedding) for one in line.passages if one.embedding is not None]
        if not read:
            continue
        vectors = np.array([np.frombuffer(packed, dtype="<f2") for _, packed in read], dtype=np.float32)
        passages.append(([passage_id for passage_id, _ in read], vectors))
        if is_same_space and len(line.concepts) == len(dimensions):
            places.append((line.id, np.array(line.concepts, dtype=np.float32)))
        else:
            places.append((line.id, place(vectors, concept_space(change.context))))
    vectors_write(passages, epoch_id=epoch_id)
    places_write(places, epoch_id=epoch_id, change=change)
    if places:
        others_follow(change)


def _chunk(memory: Memory, one: form.PassageLine) -> Chunk:
    return Chunk(
        id=one.id,
        memory_id=memory.id,
        ordinal=one.ordinal,
        start=one.start,
        end=one.end,
        terms=one.terms,
        sketch=one.sketch,
        sparse=one.sparse,
    )
