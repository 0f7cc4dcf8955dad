"""For how long memories are kept: rules by type, and the sweep that applies them."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Memory, MemoryQuerySet, RetentionRule
from apps.memory.selectors.holds import held_condition
from apps.memory.services.bulk import memories_bulk
from apps.memory.services.changes import change_begin
from apps.memory.services.erasing import memories_erase
from apps.memory.services.telling import memory_tell
from apps.memory.types import BulkAction

_log = logging.getLogger(__name__)
_BATCH = 1_000


@transaction.atomic
def retention_set(*, rules: Sequence[Mapping[str, Any]], user_id: UUID | None, now: datetime) -> None:
    """Put these rules (`memory_type`, `days`, `action`, `active`) in the place of all others."""
    change_begin(now=now)
    RetentionRule.objects.all().delete()
    RetentionRule.objects.bulk_create(RetentionRule(**rule, changed_by=user_id, changed_at=now) for rule in rules)
    memory_tell("memory.retention_changed", ("retention", ""), now=now, rules=len(rules))


def retention_due(*, now: datetime) -> Iterator[tuple[RetentionRule, MemoryQuerySet]]:
    """Yield each rule with the memories that it is time for; what is kept by a legal hold is not among them.

    Of a rule that is not active these are those that it would be time for. It keeps the rule for all other types from
    its type nevertheless.
    """
    rules = list(RetentionRule.objects.order_by("memory_type"))
    own = [rule.memory_type for rule in rules if rule.memory_type]
    for rule in rules:
        rows = Memory.objects.filter(recorded_at__lte=now - timedelta(days=rule.days)).exclude(held_condition())
        rows = rows.filter(memory_type=rule.memory_type) if rule.memory_type else rows.exclude(memory_type__in=own)
        # What has expired or lies in the trash is left to the trash, unless it is to be erased.
        yield rule, rows.kept(now) if rule.action == RetentionRule.Action.TRASH else rows


def retention_sweep(
    *, organization_id: UUID, now: datetime, dry_run: bool = False, on_batch: Callable[[int], object] = lambda _: None
) -> dict[str, int]:
    """Apply the rules; return by type ("" for the others) how many memories were moved to the trash or erased.

    `on_batch` is called with the number of memories just done.
    """
    done: dict[str, int] = {}
    for rule, rows in retention_due(now=now):
        if not rule.active:
            continue
        if dry_run:
            done[rule.memory_type] = rows.count()
            continue
        done[rule.memory_type] = 0
        reason = f"Retention: {rule.days} days."
        last = 0
        # By their numbers, so that what cannot be moved, as it is damaged in the archive, is not met again.
        while found := list(rows.filter(number__gt=last).order_by("number").values_list("id", "number")[:_BATCH]):
            ids, last = [memory_id for memory_id, _ in found], found[-1][1]
            if rule.action == RetentionRule.Action.TRASH:
                result = memories_bulk(
                    reader=EVERYTHING,
                    organization_id=organization_id,
                    action=BulkAction.TRASH,
                    target=ids,
                    reason=reason,
                    user_id=None,
                    now=now,
                )
                done[rule.memory_type] += result.done
                for error in result.errors:
                    _log.warning("a rule left the memory %s as it is: %s", error.memory_id, error.code)
            else:
                memories_erase(organization_id=organization_id, target=ids, reason=reason, user_id=None, now=now)
                done[rule.memory_type] += len(ids)
            on_batch(len(ids))
    return done
