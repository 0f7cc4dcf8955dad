"""Memories, as the API shows them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from apps.memory.adapters.filters import compile_filter
from apps.memory.engine.filters import Filter
from apps.memory.exceptions import MemoryNotFound
from apps.memory.models import Memory, MemoryQuerySet, Mention
from apps.memory.selectors.files import place_present
from apps.memory.selectors.landscapes import cluster_numbers
from apps.memory.types import MAX_BULK_IDS, BulkAction, BulkResult, MemoryConditions


def memories_visible(
    *,
    now: datetime,
    memory_types: tuple[str, ...] = (),
    condition: Filter | None = None,
    occurred_after: datetime | None = None,
    occurred_before: datetime | None = None,
    text: str = "",
    trashed: bool = False,
) -> MemoryQuerySet:
    """Return the live memories, or those in the trash, that satisfy every condition.

    The window includes its start and excludes its end; `text` is a part of the content, in capitals or not.
    """
    rows = Memory.objects.trashed(now) if trashed else Memory.objects.live(now)
    if memory_types:
        rows = rows.filter(memory_type__in=memory_types)
    if occurred_after is not None:
        rows = rows.filter(occurred_at__gte=occurred_after)
    if occurred_before is not None:
        rows = rows.filter(occurred_at__lt=occurred_before)
    if condition is not None:
        rows = rows.filter(compile_filter(condition))
    if text:
        rows = rows.filter(content__icontains=text)
    return rows


def memories_matching(conditions: MemoryConditions, *, trashed: bool = False, now: datetime) -> MemoryQuerySet:
    rows = memories_visible(
        now=now,
        memory_types=() if conditions.memory_type is None else (conditions.memory_type,),
        condition=conditions.filter,
        occurred_after=conditions.occurred_after,
        occurred_before=conditions.occurred_before,
        text=conditions.text,
        trashed=trashed,
    )
    if conditions.entity_id is not None:
        named = Q(entity_id=conditions.entity_id) | Q(entity__alias_of=conditions.entity_id)
        rows = rows.filter(id__in=Mention.objects.filter(named).values("memory_id"))
    if conditions.cluster is not None:
        rows = rows.filter(number__in=cluster_numbers(conditions.cluster))
    if conditions.hour_of_week is not None:
        day, hour = divmod(conditions.hour_of_week, 24)
        rows = rows.annotate(
            day_of_week=ExtractIsoWeekDay("occurred_at", tzinfo=UTC), hour=ExtractHour("occurred_at", tzinfo=UTC)
        ).filter(day_of_week=day + 1, hour=hour)
    return rows


def memory_get(*, memory_id: UUID, now: datetime) -> Memory:
    memory = Memory.objects.live(now).select_related("file").filter(id=memory_id).first()
    if memory is None:
        raise MemoryNotFound("There is no memory with this id.")
    return memory


def memory_present(memory: Memory) -> dict[str, Any]:
    return {
        "memory_id": str(memory.id),
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
