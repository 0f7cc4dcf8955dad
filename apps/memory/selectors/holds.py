"""Legal holds, and the memories that they keep."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.memory.adapters.filters import compile_filter
from apps.memory.engine.filters import parse_filter
from apps.memory.exceptions import LegalHoldNotFound
from apps.memory.models import LegalHold, Memory, MemoryState


def holds_in_force() -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(released_at=None).order_by("created_at", "id")


def holds() -> QuerySet[LegalHold]:
    return LegalHold.objects.all()


def hold_get(*, hold_id: UUID) -> LegalHold:
    hold = LegalHold.objects.filter(id=hold_id).first()
    if hold is None:
        raise LegalHoldNotFound("There is no legal hold with this id.")
    return hold


def held_condition() -> Q:
    """Return the condition under which a memory must be kept."""
    condition = Q(pk__in=[])
    for hold in holds_in_force():
        condition |= _about(hold)
    return condition


def holds_of(memory_ids: Sequence[UUID]) -> dict[LegalHold, int]:
    """Return the holds that keep some of these memories, each with how many."""
    rows = Memory.objects.filter(id__in=memory_ids)
    counts = {hold: rows.filter(_about(hold)).count() for hold in holds_in_force()}
    return {hold: count for hold, count in counts.items() if count}


def hold_present(hold: LegalHold) -> dict[str, Any]:
    return {
        "id": str(hold.id),
        "name": hold.name,
        "reason": hold.reason or None,
        "filters": hold.filters,
        "memories": Memory.objects.filter(_about(hold)).count() if hold.released_at is None else 0,
        "created_by": hold.created_by and str(hold.created_by),
        "created_at": hold.created_at,
        "released_by": hold.released_by and str(hold.released_by),
        "released_at": hold.released_at,
    }


def _about(hold: LegalHold) -> Q:
    """Return which memories a hold keeps: those it is, or ever was, about: no edit frees one."""
    if not hold.filters:
        return Q(pk__isnull=False)
    states = MemoryState.objects.filter(compile_filter(parse_filter(hold.filters)))
    return Q(pk__in=states.values("id"))
