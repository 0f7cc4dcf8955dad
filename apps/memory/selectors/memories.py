"""Memories, as the API shows them."""

from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from apps.core.exceptions import DomainError
from apps.memory.engine.reader import Reader, Right
from apps.memory.exceptions import MemoryClosed, MemoryErased, MemoryNotFound
from apps.memory.models import Entity, Memory, MemoryRemoval, MemoryRows, MemoryState, Mention, Remembered
from apps.memory.selectors.archived import ids_containing, states_complete
from apps.memory.selectors.earlier import earlier_texts, entities_in
from apps.memory.selectors.files import place_present
from apps.memory.selectors.landscapes import cluster_numbers
from apps.memory.selectors.readers import narrowed, readable
from apps.memory.selectors.visible import memories_visible
from apps.memory.types import MAX_BULK_IDS, PRESENT, AsOf, BulkAction, BulkResult, MemoryConditions, Shelf

R = TypeVar("R", bound=Remembered)


def memories_matching(
    conditions: MemoryConditions,
    *,
    reader: Reader,
    shelf: Shelf = Shelf.LIVE,
    as_of: AsOf = PRESENT,
    now: datetime,
) -> MemoryRows:
    rows = memories_visible(
        reader=reader,
        now=now,
        as_of=as_of,
        shelf=shelf,
        memory_types=() if conditions.memory_type is None else (conditions.memory_type,),
        condition=conditions.filter,
        occurred_after=conditions.occurred_after,
        occurred_before=conditions.occurred_before,
    )
    if conditions.text:
        rows = _containing(rows, conditions.text, everywhere=as_of != PRESENT or shelf is not Shelf.LIVE)
    if conditions.entity_id is not None:
        rows = _naming(rows, conditions.entity_id)
    if conditions.cluster is not None:
        rows = rows.filter(number__in=cluster_numbers(conditions.cluster))
    if conditions.hour_of_week is not None:
        day, hour = divmod(conditions.hour_of_week, 24)
        rows = rows.annotate(
            day_of_week=ExtractIsoWeekDay("occurred_at", tzinfo=UTC), hour=ExtractHour("occurred_at", tzinfo=UTC)
        ).filter(day_of_week=day + 1, hour=hour)
    return rows


def _containing(rows: MemoryRows, text: str, *, everywhere: bool) -> MemoryRows:
    """Keep the memories with a part of their text, in capitals or not, be it in the archive if that is among them."""
    containing = Q(content__icontains=text)
    if everywhere:
        containing = containing & Q(archived_at=None) | Q(id__in=ids_containing(rows, text))
    return rows.filter(containing)


def _naming(rows: MemoryRows, entity_id: UUID) -> MemoryRows:
    """Keep the memories that name an entity, under whatever name."""
    named = Q(entity_id=entity_id) | Q(entity__alias_of=entity_id)
    naming = Q(id__in=Mention.objects.filter(named).values("memory_id"))
    earlier = earlier_texts(rows)
    if earlier:
        names = {entity_id, *Entity.objects.filter(alias_of=entity_id).values_list("id", flat=True)}
        then = {state.id for state, one, _ in entities_in(earlier) if one in names}
        naming = naming & ~Q(id__in=[state.id for state in earlier]) | Q(id__in=then)
    return rows.filter(naming)


def memory_get(*, memory_id: UUID, reader: Reader, now: datetime) -> Memory:
    """Return a memory that is neither in the trash nor expired.

    Raises `MemoryNotFound`, `MemoryErased`, `MemoryClosed` for one that may be read and not changed, or
    `ArchiveDamaged` for one whose text is not to be had from the archive.
    """
    memory = Memory.objects.kept(now).select_related("file").filter(id=memory_id).first()
    if memory is None:
        raise _missing(memory_id)
    memory_check(memory_id, reader)
    return _whole(memory, memory_id)


def memory_check(memory_id: UUID, reader: Reader) -> None:
    """Raise `MemoryNotFound` for a memory that is closed to the reader, `MemoryClosed` if it is to be read only."""
    if reader.everything or readable(reader).filter(id=memory_id).exists():
        return
    if reader.right is Right.READ or not readable(reader.to(Right.READ)).filter(id=memory_id).exists():
        raise _missing(memory_id)
    raise MemoryClosed("The memory belongs to a module, and no grant lets you change it.")


def memory_as_of(*, memory_id: UUID, reader: Reader, as_of: AsOf, now: datetime) -> Remembered:
    """Return the state that a memory was in at a moment, if it was to be read then; raises likewise."""
    if as_of == PRESENT:
        return memory_get(memory_id=memory_id, reader=reader, now=now)
    held = as_of.valid or as_of.recorded or now
    rows: MemoryRows
    if as_of.recorded is None:
        rows = Memory.objects.filter(deleted_at=None)
    else:
        rows = MemoryState.objects.in_force(as_of.recorded)
    if as_of.valid is not None:
        rows = rows.filter(occurred_at__lte=as_of.valid)
    rows = narrowed(rows, reader)
    memory = rows.select_related("file").filter(Q(expires_at=None) | Q(expires_at__gt=held), id=memory_id).first()
    return _whole(memory, memory_id)


def _whole(memory: R | None, memory_id: UUID) -> R:
    """Return a memory with all of its text, be it archived. Raises `ArchiveDamaged` if that is not to be had."""
    if memory is not None:
        states_complete([memory])
    if memory is None or memory.is_stub:
        raise _missing(memory_id)
    return memory


def _missing(memory_id: UUID) -> DomainError:
    removed_at = MemoryRemoval.objects.filter(memory_id=memory_id).values_list("removed_at", flat=True).first()
    if removed_at is None:
        return MemoryNotFound("There is no memory with this id.")
    return MemoryErased(f"The memory was deleted for good at {removed_at:%Y-%m-%d %H:%M} UTC.")


def memory_present(memory: Remembered) -> dict[str, Any]:
    return {
        "memory_id": str(memory.pk),
        "content": memory.content,
        "memory_type": memory.memory_type,
        "metadata": memory.metadata,
        "module": memory.module or None,
        "source": memory.source or None,
        "external_id": memory.external_id or None,
        "occurred_at": memory.occurred_at,
        "occurred_end": memory.occurred_end,
        "recorded_at": memory.recorded_at,
        "revision": memory.revision,
        "revised_at": memory.revised_at,
        "expires_at": memory.expires_at,
        "deleted_at": memory.deleted_at,
        "superseded_by": memory.superseded_by and str(memory.superseded_by),
        "superseded_at": memory.superseded_at,
        "archived_at": memory.archived_at,
        "is_stub": memory.is_stub,
        "file": place_present(memory),
    }


def bulk_present(result: BulkResult, *, action: BulkAction, dry_run: bool) -> dict[str, Any]:
    return {
        "action": action.value,
        "dry_run": dry_run,
        "done": result.done,
        "unchanged": result.unchanged,
        "failed": len(result.errors),
        "errors": [
            {"memory_id": str(one.memory_id), "code": one.code, "detail": one.detail}
            for one in result.errors[:MAX_BULK_IDS]
        ],
    }
