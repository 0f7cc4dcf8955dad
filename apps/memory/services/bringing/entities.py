"""The names of an archive, and what was stated between them."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.bulk import rows_copy
from apps.core.ids import new_id
from apps.memory.adapters.archives import form
from apps.memory.exceptions import ItemInvalid
from apps.memory.models import Entity, MemoryContext, Relation
from apps.memory.services.bringing.sorting import Fault, parted
from apps.memory.services.bringing.turn import Turn
from apps.memory.services.changes import Change, change_begin


def entities_bring(turn: Turn) -> None:
    for start, batch in turn.batches(form.ENTITIES, form.EntityLine):
        now = timezone.now()
        good, faults = parted(start, batch)
        with transaction.atomic():
            change = change_begin(now=now)
            turn.advance(line=start + len(batch))
            faults += _entities_write(turn, good, change)
            turn.note(form.ENTITIES, faults, now=now)
        turn.pause()


def _entities_write(turn: Turn, good: Sequence[tuple[int, form.EntityLine]], change: Change) -> list[Fault]:
    faults: list[Fault] = []
    fresh: dict[str, tuple[int, form.EntityLine]] = {}
    for number, line in good:
        fresh.setdefault(line.key, (number, line))
    wanted = {line.alias_of for _, line in fresh.values() if line.alias_of}
    here = {
        one.key: one.alias_of_id or one.id
        for one in Entity.objects.filter(key__in={*fresh, *wanted}).only("key", "alias_of")
    }
    fresh = {key: one for key, one in fresh.items() if key not in here}
    if not fresh:
        return faults
    ids = {line.id for _, line in fresh.values()}
    taken_ids = set(Entity.objects.filter(id__in=ids).values_list("id", flat=True))
    numbers = {line.number for _, line in fresh.values()}
    taken_numbers = set(Entity.objects.filter(number__in=numbers).values_list("number", flat=True))
    rows: list[Entity] = []
    # Roots first, so that what others are names of is there.
    for number, line in sorted(fresh.values(), key=lambda one: one[1].alias_of is not None):
        entity = Entity(
            id=new_id() if line.id in taken_ids else line.id,
            change=change.change,
            key=line.key,
            name=line.name,
            kind=line.kind,
            type=line.type,
            properties=line.properties,
        )
        taken_ids.add(entity.id)
        entity.number = _entity_number(turn, line.number, taken_numbers)
        taken_numbers.add(entity.number)
        if line.alias_of:
            entity.alias_of_id = here.get(line.alias_of)
            if entity.alias_of_id is None:
                faults.append(Fault(number, ItemInvalid.code, "It is another name of what is not there."))
        here[line.key] = entity.alias_of_id or entity.id
        rows.append(entity)
    rows_copy(rows)
    return faults


def _entity_number(turn: Turn, given: int, taken: set[int]) -> int:
    if turn.one.keeps_entities and given <= turn.manifest.last_entity and given not in taken:
        return given
    MemoryContext.objects.update(last_entity=F("last_entity") + 1)
    return MemoryContext.objects.values_list("last_entity", flat=True).get()


def relations_bring(turn: Turn) -> None:
    for start, batch in turn.batches(form.RELATIONS, form.RelationLine):
        now = timezone.now()
        good, faults = parted(start, batch)
        with transaction.atomic():
            change_begin(now=now)
            turn.advance(line=start + len(batch))
            keys = {key for _, line in good for key in (line.source, line.target)}
            ids = dict(Entity.objects.filter(key__in=keys).values_list("key", "id"))
            missing = [one for one in good if not {one[1].source, one[1].target} <= set(ids)]
            faults += [Fault(at, ItemInvalid.code, "It joins what is not there.") for at, _ in missing]
            Relation.objects.bulk_create(
                (
                    Relation(
                        source_id=ids[line.source],
                        target_id=ids[line.target],
                        kind=line.kind,
                        properties=line.properties,
                    )
                    for _, line in good
                    if line.source in ids and line.target in ids
                ),
                ignore_conflicts=True,
            )
            turn.note(form.RELATIONS, faults, now=now)
        turn.pause()
