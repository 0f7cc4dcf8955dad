"""The archive: cold memories become stubs, and come back as they were.

Archiving is no revision: nothing of what a memory says changes, nor on which moment of either clock. It says where the
text lies.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.billing.exceptions import QuotaExceeded
from apps.billing.services.quotas import quota_release, quota_reserve
from apps.billing.types import Meter
from apps.memory.engine.reader import EVERYTHING, Reader, Right
from apps.memory.engine.reading import READING
from apps.memory.exceptions import ArchiveDamaged, MemoryNotFound, NotArchivable
from apps.memory.models import ArchivedMemory, ArchiveRule, Memory, MemoryQuerySet
from apps.memory.selectors.archived import archivable, archive_due
from apps.memory.selectors.memories import memories_matching, memory_get
from apps.memory.selectors.readers import readable
from apps.memory.selectors.unpacked import Whole, archived_read, archived_sound
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.telling import memories_archived_tell, memory_tell
from apps.memory.services.unpacking import (
    Packed,
    archived_put_back,
    memories_pack,
    memories_put_away,
)
from apps.memory.services.vectors import understanding_start
from apps.memory.types import MAX_BULK_IDS, ArchiveResult, BulkError, MemoryConditions, Shelf

SWEEP_ARCHIVE = "memory.sweep_archive"
# Packed before the change begins, and put away in one: others wait for as long as that takes.
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the rules have archived, by type ("" for the others), and whether that was all that was due."""

    done: dict[str, ArchiveResult] = field(default_factory=dict)
    complete: bool = True


def memories_archive(
    *,
    organization_id: UUID,
    target: Sequence[UUID] | MemoryConditions,
    reason: str = "",
    user_id: UUID | None,
    now: datetime,
    dry_run: bool = False,
) -> ArchiveResult:
    """Archive the memories with these ids, or the first thousand that satisfy conditions; `left` is how many more do.

    It may be done again at any point: what is archived stays so. A dry run packs, and puts nothing away.
    """
    errors: tuple[BulkError, ...] = ()
    unchanged = left = 0
    rows = archivable(now)
    if isinstance(target, MemoryConditions):
        rows = rows.filter(id__in=memories_matching(target, reader=EVERYTHING, now=now).values_list("id", flat=True))
        left = max(0, rows.count() - MAX_BULK_IDS)
    else:
        rows = rows.filter(id__in=target)
        unchanged, errors = _not_among(set(target), rows, now=now)
    ids = list(rows.order_by("number").values_list("id", flat=True)[:MAX_BULK_IDS])
    done, size_before, size_after = _archive(
        organization_id, ids, reason=reason, user_id=user_id, now=now, dry_run=dry_run
    )
    return ArchiveResult(done, unchanged, left, size_before=size_before, size_after=size_after, errors=errors)


def archive_sweep(
    *,
    organization_id: UUID,
    now: datetime,
    dry_run: bool = False,
    on_batch: Callable[[int], object] = lambda _: None,
    budget: timedelta | None = None,
) -> Sweep:
    """Apply the rules, as far as the time budget goes.

    `on_batch` is called with the number of memories just done.
    """
    began, sweep = monotonic(), Sweep()
    for rule, rows in archive_due(now=now):
        total, last = ArchiveResult(), 0
        # By their numbers, so that what cannot be archived is not met again.
        while found := list(rows.filter(number__gt=last).order_by("number").values_list("id", "number")[:_BATCH]):
            if budget is not None and monotonic() - began > budget.total_seconds():
                return replace(sweep, complete=False)
            last = found[-1][1]
            done, before, after = _archive(
                organization_id,
                [memory_id for memory_id, _ in found],
                reason=f"Nothing has happened to it for {rule.days} days.",
                user_id=None,
                now=now,
                dry_run=dry_run,
            )
            total = ArchiveResult(
                total.done + done, size_before=total.size_before + before, size_after=total.size_after + after
            )
            sweep.done[rule.memory_type] = total
            on_batch(len(found))
    return sweep


def memories_unarchive(
    *, organization_id: UUID, memory_ids: Sequence[UUID], reader: Reader, now: datetime
) -> ArchiveResult:
    """Bring memories back as they were. Those for which the plan has no room, and damaged ones, stay archived.

    What is closed to the reader is as unknown as what there is not.
    """
    with transaction.atomic():
        change = change_begin(now=now)
        rows = ArchivedMemory.objects.filter(memory__in=readable(reader.to(Right.WRITE)).filter(id__in=memory_ids))
        whole, damaged = archived_sound(rows.select_related("memory").order_by("memory_id"))
        errors = [BulkError(memory_id, error.code, error.detail) for memory_id, error in damaged.items()]
        found = {*(one.memory.id for one in whole), *damaged}
        afforded, refused = _afford(organization_id, whole, now=now)
        before = sum(one.memory.size_bytes for one in afforded)
        memories = _put_back(organization_id, afforded, change=change, now=now)
    others = set(memory_ids) - found
    open_to = readable(reader.to(Right.WRITE)).kept(now).filter(id__in=others)
    known = set(open_to.values_list("id", flat=True))
    return ArchiveResult(
        len(memories),
        len(known),
        size_before=before,
        size_after=sum(one.size_bytes for one in memories),
        errors=(*errors, *refused, *_unknown(others - known)),
    )


def memories_unarchive_matching(
    *, organization_id: UUID, conditions: MemoryConditions, after: int = 0, reader: Reader, now: datetime
) -> ArchiveResult:
    """Bring back the thousand archived memories after a number that satisfy conditions; `next` is where more follow.

    By their numbers, so that those that stay archived are not met again.
    """
    rows = memories_matching(conditions, reader=reader.to(Right.WRITE), shelf=Shelf.ARCHIVED, now=now)
    rows = rows.filter(number__gt=after).order_by("number")
    found = list(rows.values_list("id", "number")[: MAX_BULK_IDS + 1])
    some = found[:MAX_BULK_IDS]
    ids = [memory_id for memory_id, _ in some]
    result = memories_unarchive(organization_id=organization_id, memory_ids=ids, reader=reader, now=now)
    return replace(result, next=some[-1][1] if len(found) > len(some) else None)


def memory_unarchive(*, organization_id: UUID, memory_id: UUID, reader: Reader, now: datetime) -> Memory:
    """Bring one memory back. Raises `MemoryNotFound`, `MemoryClosed`, `ArchiveDamaged` or `QuotaExceeded`."""
    with transaction.atomic():
        change = change_begin(now=now)
        memory = memory_get(memory_id=memory_id, reader=reader.to(Right.WRITE), now=now)
        row = ArchivedMemory.objects.filter(memory=memory_id).select_related("memory").first()
        if row is None:
            return memory
        one = archived_read(row)
        _reserve(organization_id, one.size_before - one.memory.size_bytes, now=now)
        _put_back(organization_id, [one], change=change, now=now)
    return memory_get(memory_id=memory_id, reader=reader.to(Right.WRITE), now=now)


def memories_put_away_again(*, organization_id: UUID, archived_at: Mapping[UUID, datetime], now: datetime) -> None:
    """Archive memories that an import has brought, as they were where they come from.

    Those that the models here have yet to read stay.
    """
    rows = Memory.objects.filter(id__in=archived_at, archived_at=None, deleted_at=None, understood=True)
    packed = memories_pack(list(rows.order_by("id")))
    _put_away(organization_id, packed, among=rows, archived_at=archived_at, reason="Imported.", user_id=None, now=now)


@transaction.atomic
def archive_rules_set(*, rules: Sequence[Mapping[str, Any]], user_id: UUID | None, now: datetime) -> None:
    """Put these rules (`memory_type`, `days`) in the place of all others."""
    change_begin(now=now)
    ArchiveRule.objects.all().delete()
    ArchiveRule.objects.bulk_create(ArchiveRule(**rule, changed_by=user_id, changed_at=now) for rule in rules)
    memory_tell("memory.archive_changed", ("archive", ""), now=now, rules=len(rules))


def archive_verify() -> tuple[int, list[UUID]]:
    """Return how many archived memories there are, and which of them are not what they were."""
    count, bad = 0, []
    for row in ArchivedMemory.objects.select_related("memory").order_by("memory_id").iterator(_BATCH):
        count += 1
        try:
            archived_read(row)
        except ArchiveDamaged:
            bad.append(row.memory_id)
    return count, bad


def _archive(
    organization_id: UUID,
    memory_ids: Sequence[UUID],
    *,
    reason: str,
    user_id: UUID | None,
    now: datetime,
    dry_run: bool,
) -> tuple[int, int, int]:
    """Archive these memories, batch by batch; return how many, and the bytes that the plan counts before and after."""
    done = before = after = 0
    for start in range(0, len(memory_ids), _BATCH):
        some = memory_ids[start : start + _BATCH]
        packed = memories_pack(list(archivable(now).filter(id__in=some).order_by("id")))
        if not dry_run:
            packed = _put_away(organization_id, packed, among=archivable(now), reason=reason, user_id=user_id, now=now)
        done += len(packed)
        before += sum(one.archived.size_before for one in packed)
        after += sum(one.size for one in packed)
    return done, before, after


@transaction.atomic
def _put_away(
    organization_id: UUID,
    packed: Sequence[Packed],
    *,
    among: MemoryQuerySet,
    archived_at: Mapping[UUID, datetime] | None = None,
    reason: str,
    user_id: UUID | None,
    now: datetime,
) -> list[Packed]:
    change = change_begin(now=now)
    states = among.filter(id__in=[one.memory.id for one in packed]).order_by("id").select_for_update()
    present = dict(states.values_list("id", "change"))
    # What has changed since it was read is no longer what was packed; nor is it cold.
    as_seen = [one for one in packed if present.get(one.memory.id) == one.memory.change]
    if not as_seen:
        return []
    for one in as_seen:
        one.archived.archived_by, one.archived.reason = user_id, reason
    memories_put_away(as_seen, change=change, archived_at=archived_at)
    saved = sum(one.archived.size_before - one.size for one in as_seen)
    quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=saved, now=now)
    memories_archived_tell([(one.memory, one.archived.size_before) for one in as_seen], now=now)
    return as_seen


def _not_among(wanted: set[UUID], rows: MemoryQuerySet, *, now: datetime) -> tuple[int, tuple[BulkError, ...]]:
    """Return how many of these memories are archived already, and why the others cannot be that are not among rows."""
    missing = wanted - set(rows.values_list("id", flat=True))
    others = dict(Memory.objects.filter(id__in=missing).values_list("id", "archived_at"))
    kept = dict(Memory.objects.kept(now).filter(id__in=missing).values_list("id", "archived_at"))
    already = {memory_id for memory_id, archived_at in kept.items() if archived_at is not None}
    unread = "The models have not read it yet, or it lies in the trash or has expired."
    refused = [BulkError(one, NotArchivable.code, unread) for one in sorted(set(others) - already)]
    return len(already), (*refused, *_unknown(missing - set(others)))


def _unknown(memory_ids: set[UUID]) -> list[BulkError]:
    return [BulkError(one, MemoryNotFound.code, "There is no memory with this id.") for one in sorted(memory_ids)]


def _put_back(organization_id: UUID, whole: Sequence[Whole], *, change: Change, now: datetime) -> list[Memory]:
    memories = archived_put_back(whole, change=change)
    if any(not one.understood or one.reading != READING for one in memories):
        understanding_start(organization_id=organization_id, now=now)
    return memories


def _afford(organization_id: UUID, whole: Sequence[Whole], *, now: datetime) -> tuple[Sequence[Whole], list[BulkError]]:
    """Take the bytes by which memories count for more, together if they fit, else for one after the other."""
    grown = [one.size_before - one.memory.size_bytes for one in whole]
    try:
        _reserve(organization_id, sum(grown), now=now)
    except QuotaExceeded:
        afforded, errors = [], []
        for one, more in zip(whole, grown, strict=True):
            try:
                _reserve(organization_id, more, now=now)
            except QuotaExceeded as refused:
                errors.append(BulkError(one.memory.id, refused.code, refused.detail))
            else:
                afforded.append(one)
        return afforded, errors
    return whole, []


def _reserve(organization_id: UUID, quantity: int, *, now: datetime) -> None:
    if quantity > 0:
        quota_reserve(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=quantity, now=now)
