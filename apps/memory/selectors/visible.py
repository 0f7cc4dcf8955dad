"""Which memories there are to read, now or as of a moment."""

from datetime import datetime

from django.db.models import Q

from apps.core.exceptions import InvalidInput
from apps.memory.adapters.filters import compile_filter
from apps.memory.engine.filters import Filter
from apps.memory.engine.reader import Reader
from apps.memory.models import Memory, MemoryQuerySet, MemoryRows, MemoryState
from apps.memory.selectors.readers import narrowed
from apps.memory.types import PRESENT, AsOf, Shelf


def memories_visible(
    *,
    reader: Reader,
    now: datetime,
    as_of: AsOf = PRESENT,
    shelf: Shelf = Shelf.LIVE,
    memory_types: tuple[str, ...] = (),
    condition: Filter | None = None,
    occurred_after: datetime | None = None,
    occurred_before: datetime | None = None,
) -> MemoryRows:
    """Return the memories of a shelf, as they were at a moment, open to the reader, that satisfy every condition.

    The window includes its start and excludes its end. What is archived is not live, but readings of a
    moment find it wherever it lies.
    """
    rows = _on_shelf(shelf, now=now) if as_of == PRESENT else _of_the_moment(as_of, shelf, now=now)
    rows = narrowed(rows, reader)
    if memory_types:
        rows = rows.filter(memory_type__in=memory_types)
    if occurred_after is not None:
        rows = rows.filter(occurred_at__gte=occurred_after)
    if occurred_before is not None:
        rows = rows.filter(occurred_at__lt=occurred_before)
    if condition is not None:
        rows = rows.filter(compile_filter(condition))
    return rows


def _on_shelf(shelf: Shelf, *, now: datetime) -> MemoryQuerySet:
    match shelf:
        case Shelf.LIVE:
            return Memory.objects.live(now)
        case Shelf.SUPERSEDED:
            return Memory.objects.kept(now).exclude(superseded_at=None)
        case Shelf.EXPIRED:
            return Memory.objects.filter(expires_at__lte=now, deleted_at=None)
        case Shelf.ARCHIVED:
            return Memory.objects.kept(now).exclude(archived_at=None)
        case Shelf.TRASH:
            return Memory.objects.trashed(now)


def _of_the_moment(as_of: AsOf, shelf: Shelf, *, now: datetime) -> MemoryRows:
    """Return what was live at a moment; raise `InvalidInput` for another shelf, which has no past."""
    if shelf is not Shelf.LIVE:
        raise InvalidInput("Only live memories are read as of a moment.", pointer="/state", item_code="contradiction")
    rows: MemoryRows
    if as_of.recorded is None:
        rows = Memory.objects.filter(deleted_at=None)
    else:
        rows = MemoryState.objects.in_force(as_of.recorded)
    if as_of.valid is None:
        held = as_of.recorded or now
        return rows.filter(Q(expires_at=None) | Q(expires_at__gt=held), superseded_at=None)
    return rows.filter(
        Q(expires_at=None) | Q(expires_at__gt=as_of.valid),
        Q(superseded_at=None) | Q(superseded_at__gt=as_of.valid),
        occurred_at__lte=as_of.valid,
    )
