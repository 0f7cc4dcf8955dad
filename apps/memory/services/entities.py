"""The knowledge graph's rows: entities, where memories name them, and what sentences state of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection

from apps.core.bulk import rows_copy, values_copy
from apps.memory.engine import packing
from apps.memory.engine.reading import NamedEntity, Statement
from apps.memory.models import Entity, Memory, Mention, Relation, RelationEvidence
from apps.memory.services.changes import Change

_MAX_NAME = 200
_MAX_COUNT = 255
_TAKE_NUMBERS = "UPDATE memory_memorycontext SET last_entity = last_entity + %s RETURNING last_entity"


@dataclass(frozen=True, slots=True)
class EntityName:
    """What is known of an entity when it is first met."""

    name: str
    kind: str
    type: str = ""


def entities_ensure(*, names: Mapping[str, EntityName], change: Change) -> dict[str, Entity]:
    """Return the entities with these keys, making those that are missing. Only within a change of the memory."""
    known = {entity.key: entity for entity in Entity.objects.filter(key__in=names)}
    # In the order of the call, so that one text's names get neighbouring numbers.
    missing = [key for key in names if key not in known]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_NUMBERS, [len(missing)])
            (last,) = cursor.fetchone()
        rows = [
            Entity(
                number=last - len(missing) + place,
                change=change.change,
                key=key,
                name=names[key].name[:_MAX_NAME],
                kind=names[key].kind,
                type=names[key].type,
            )
            for place, key in enumerate(missing, start=1)
        ]
        rows_copy(rows)
        known.update((entity.key, entity) for entity in rows)
    return known


def memories_name(*, memories: Sequence[Memory], named: Sequence[Sequence[NamedEntity]], change: Change) -> None:
    """Write what memories without mentions name, and set `named` on them, unsaved."""
    names: dict[str, EntityName] = {}
    for entry in (entry for one in named for entry in one):
        names.setdefault(entry.mention.key, EntityName(entry.mention.name, entry.mention.kind, entry.type))
    entities = entities_ensure(names=names, change=change)
    values_copy(
        Mention,
        ("entity_id", "memory_id", "count", "start", "end", "is_subject"),
        (
            (
                entities[entry.mention.key].id,
                memory.id,
                entry.count,
                entry.mention.start,
                entry.mention.end,
                entry.is_subject,
            )
            for memory, one in zip(memories, named, strict=True)
            for entry in one
        ),
    )
    stand_ins = entity_stand_ins(entities.values())
    for memory, one in zip(memories, named, strict=True):
        memory.named = named_packed(
            (stand_ins[entities[entry.mention.key].id], entry.count, entry.is_subject) for entry in one
        )


def named_packed(entries: Iterable[tuple[int, int, bool]]) -> bytes:
    """Pack numbers of entities with counts and subjects; those of one number are added up."""
    counts: dict[int, int] = defaultdict(int)
    subjects: set[int] = set()
    for number, count, is_subject in entries:
        counts[number] += count
        if is_subject:
            subjects.add(number)
    numbers = sorted(counts)
    return packing.pack(
        (
            np.array(numbers, dtype=np.uint32),
            np.array([min(counts[number], _MAX_COUNT) for number in numbers], dtype=np.uint8),
            np.array([number in subjects for number in numbers], dtype=np.bool_),
        ),
        packing.NAMED,
    )


def entity_stand_ins(entities: Iterable[Entity]) -> dict[UUID, int]:
    """Return by id the number under which each entity counts: that of the one it is an alias of, if it is."""
    rows = list(entities)
    aliases = [row.alias_of_id for row in rows if row.alias_of_id is not None]
    targets = dict(Entity.objects.filter(id__in=aliases).values_list("id", "number"))
    return {row.id: targets.get(row.alias_of_id, row.number) if row.alias_of_id else row.number for row in rows}


def memories_state(*, memories: Sequence[Memory], statements: Sequence[Sequence[Statement]]) -> None:
    """Write the relations that the memories' sentences state between entities, with the sentences as evidence."""
    found = [(memory.id, one) for memory, stated in zip(memories, statements, strict=True) for one in stated]
    keys = {key for _, one in found for key in (one.source_key, one.target_key)}
    ids_by_key = dict(Entity.objects.filter(key__in=keys).values_list("key", "id")) if keys else {}
    stated: dict[tuple[UUID, UUID, str], list[tuple[UUID, Statement]]] = defaultdict(list)
    for memory_id, one in found:
        if one.source_key in ids_by_key and one.target_key in ids_by_key:
            stated[ids_by_key[one.source_key], ids_by_key[one.target_key], one.kind].append((memory_id, one))
    if not stated:
        return
    Relation.objects.bulk_create(
        (Relation(source_id=source, target_id=target, kind=kind) for source, target, kind in stated),
        ignore_conflicts=True,
    )
    sources = {source for source, _, _ in stated}
    ids = {
        (source, target, kind): relation_id
        for relation_id, source, target, kind in Relation.objects.filter(source_id__in=sources).values_list(
            "id", "source_id", "target_id", "kind"
        )
    }
    RelationEvidence.objects.bulk_create(
        (
            RelationEvidence(relation_id=ids[key], memory_id=memory_id, start=one.start, end=one.end)
            for key, evidence in stated.items()
            for memory_id, one in evidence
        ),
        ignore_conflicts=True,
    )
