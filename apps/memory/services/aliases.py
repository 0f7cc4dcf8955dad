"""Names that mean the same entity: found, merged, and parted again.

Merging loses nothing: mentions keep the name that their text uses, and only what searches read of a memory (`named`)
says the entity instead. So a merge is undone by clearing `alias_of` and packing those memories again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Coalesce

from apps.memory.engine.aliases import AliasCandidate, AliasEvidence, EntityName, alias_candidates
from apps.memory.engine.reader import EVERYTHING, Reader
from apps.memory.engine.types import AliasReason, Confidence, EntityType, MentionKind
from apps.memory.exceptions import AliasConflict, EntityNotFound
from apps.memory.models import Entity, Memory, Mention
from apps.memory.selectors.readers import entities_named, relations_visible
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.entities import named_packed
from apps.memory.services.telling import memory_tell

_BATCH = 500
# How `services.entities` records what texts define for one another.
DEFINED = {reason.value for reason in (AliasReason.ACRONYM, AliasReason.KNOWN_AS, AliasReason.FORMERLY)}


def aliases_proposed(reader: Reader) -> list[tuple[AliasCandidate, Entity, Entity]]:
    """Return the pairs of entities that may be one, with the alias and the entity it would stand for."""
    known = entities_named(reader).filter(alias_of=None)
    rows = {row.key: row for row in known.annotate(times=Count("mentions"))}
    names = {
        key: EntityName(row.name, MentionKind(row.kind), EntityType(row.type or EntityType.UNKNOWN), row.times)
        for key, row in rows.items()
        if row.kind in set(MentionKind)
    }
    relations = relations_visible(reader).filter(kind__in=DEFINED)
    stated = relations.values_list("source__key", "target__key", "kind")
    evidence = [AliasEvidence(alias, name, AliasReason(kind), 0, 0) for alias, name, kind in stated]
    return [(one, rows[one.alias_key], rows[one.name_key]) for one in alias_candidates(names, evidence=evidence)]


def aliases_merge_certain(*, now: datetime) -> int:
    """Merge the pairs that are beyond doubt; return how many. What somebody has parted stays apart."""
    merged = 0
    for candidate, alias, entity in aliases_proposed(EVERYTHING):
        if candidate.confidence is Confidence.CERTAIN and "parted_from" not in alias.properties:
            entity_merge(alias_id=alias.id, into_id=entity.id, reader=EVERYTHING, now=now)
            merged += 1
    return merged


@transaction.atomic
def entity_merge(*, alias_id: UUID, into_id: UUID, reader: Reader, now: datetime) -> Entity:
    """Make an entity another name of a second one, or of what that is another name of.

    Raises `EntityNotFound`, or `AliasConflict` for an entity that has other names itself, and for itself.
    """
    change = change_begin(now=now)
    alias, into = (entity_get(entity_id=one, reader=reader) for one in (alias_id, into_id))
    into = into.alias_of or into
    if into == alias:
        raise AliasConflict("An entity cannot be another name of itself.")
    if alias.aliases.exists():
        raise AliasConflict("It has other names itself. Merge the other way round.")
    alias.alias_of, alias.change = into, change.change
    alias.properties = {name: value for name, value in alias.properties.items() if name != "parted_from"}
    alias.save(update_fields=["alias_of", "change", "properties"])
    _pack(alias, change)
    memory_tell("entity.merged", ("entity", alias.id), now=now, into=str(into.id))
    return alias


@transaction.atomic
def entity_part(*, alias_id: UUID, reader: Reader, now: datetime) -> Entity:
    """Undo a merge. Raises `EntityNotFound`, or `AliasConflict` for an entity that stands for itself."""
    change = change_begin(now=now)
    alias = entity_get(entity_id=alias_id, reader=reader)
    if alias.alias_of is None:
        raise AliasConflict("It is no other name of anything.")
    # Remembered, so that no automatic merge comes again.
    alias.properties = {**alias.properties, "parted_from": alias.alias_of.key}
    parted_from = alias.alias_of_id
    alias.alias_of, alias.change = None, change.change
    alias.save(update_fields=["alias_of", "change", "properties"])
    _pack(alias, change)
    memory_tell("entity.parted", ("entity", alias.id), now=now, parted_from=str(parted_from))
    return alias


def entity_get(*, entity_id: UUID, reader: Reader) -> Entity:
    found = entities_named(reader).select_related("alias_of").filter(id=entity_id).first()
    if found is None:
        raise EntityNotFound("There is no entity with this id.")
    return found


def _pack(alias: Entity, change: Change) -> None:
    """Write anew what searches read of the memories that hold the name."""
    ids: Iterator[UUID] = Mention.objects.filter(entity=alias).values_list("memory_id", flat=True).iterator()
    while batch := list(islice(ids, _BATCH)):
        _pack_some(batch, change)


def _pack_some(memory_ids: Sequence[UUID], change: Change) -> None:
    entries: dict[UUID, list[tuple[int, int, bool]]] = {memory_id: [] for memory_id in memory_ids}
    mentions = Mention.objects.filter(memory_id__in=memory_ids).annotate(
        stands_for=Coalesce("entity__alias_of__number", "entity__number")
    )
    for memory_id, number, count, is_subject in mentions.values_list("memory_id", "stands_for", "count", "is_subject"):
        entries[memory_id].append((number, count, is_subject))
    rows = [Memory(id=memory_id, named=named_packed(one), change=change.change) for memory_id, one in entries.items()]
    Memory.objects.bulk_update(rows, ["named", "change"])
