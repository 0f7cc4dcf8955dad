"""One action on many memories: all of it in one change, and a reason for each memory that is left out.

The rows are locked in the order of their ids and changed by few statements, whatever their number; texts stay in the
database.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.billing.exceptions import QuotaExceeded
from apps.billing.services.quotas import quota_release, quota_reserve
from apps.billing.types import Meter
from apps.memory.engine.reader import Reader, Right
from apps.memory.exceptions import (
    ArchiveDamaged,
    ExternalIdConflict,
    MemoryClosed,
    MemoryNotFound,
    MetadataTooLarge,
    TooManyItems,
)
from apps.memory.models import ArchivedMemory, Memory, MemoryQuerySet
from apps.memory.selectors.memories import memories_matching
from apps.memory.selectors.readers import readable
from apps.memory.selectors.revisions import same_value
from apps.memory.selectors.unpacked import archived_damaged, archived_sound
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.memories import json_size
from apps.memory.services.revisions import memories_move, revisions_keep
from apps.memory.services.telling import memories_tell
from apps.memory.services.unpacking import archived_put_back
from apps.memory.services.vectors import understanding_start
from apps.memory.types import (
    MAX_BULK_ROWS,
    MAX_METADATA_BYTES,
    BulkAction,
    BulkError,
    BulkFields,
    BulkResult,
    MemoryConditions,
    Shelf,
)

_BATCH = 500

_UPDATE = """
    UPDATE memory_memory AS memory SET
        memory_type = next.memory_type, metadata = next.metadata::jsonb, size_bytes = next.size_bytes,
        -- Its metadata are part of what is read of it.
        reading = CASE WHEN memory.metadata = next.metadata::jsonb THEN memory.reading ELSE 0 END,
        understood = memory.understood AND memory.metadata = next.metadata::jsonb,
        revision = memory.revision + 1, revised_at = %s, change = %s
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[]) AS next (id, memory_type, metadata, size_bytes)
    WHERE memory.id = next.id
"""


def memories_bulk(  # noqa: PLR0913 - one action with all that it is about
    *,
    organization_id: UUID,
    reader: Reader,
    action: BulkAction,
    target: Sequence[UUID] | MemoryConditions,
    fields: BulkFields | None = None,
    reason: str = "",
    user_id: UUID | None,
    now: datetime,
    dry_run: bool = False,
) -> BulkResult:
    """Trash, restore or update the memories with these ids, archived ones as well, or those that satisfy conditions.

    `fields` are for an update. Conditions look in the trash for what to restore, and among live memories else. What is
    damaged in the archive stays there. A dry run does everything and takes it back. Raises `TooManyItems`, having done
    nothing.
    """
    with transaction.atomic():
        change = change_begin(now=now)
        damaged: dict[UUID, ArchiveDamaged] = {}
        if action is BulkAction.UPDATE and not isinstance(target, MemoryConditions):
            damaged = _bring_back(organization_id, target, reader, change=change, now=now)
        rows = [row for row in _rows(action, target, reader, now=now) if row.id not in damaged]
        work = _Work(organization_id=organization_id, change=change, user_id=user_id, reason=reason, now=now)
        match action:
            case BulkAction.TRASH:
                result = work.trash(rows)
            case BulkAction.RESTORE:
                result = work.restore(rows)
            case BulkAction.UPDATE:
                result = work.update(rows, fields or BulkFields())
        if not isinstance(target, MemoryConditions):
            missing = set(target) - {row.id for row in rows} - set(damaged)
            result = _with_missing(result, action, missing, reader, now=now)
        if dry_run:
            transaction.set_rollback(True)
    return replace(result, errors=(*result.errors, *_refused(damaged))) if damaged else result


def _bring_back(
    organization_id: UUID, memory_ids: Sequence[UUID], reader: Reader, *, change: Change, now: datetime
) -> dict[UUID, ArchiveDamaged]:
    """Bring back those of these memories that are archived: what is to be changed is to be had in full.

    Returns those that are damaged.
    """
    rows = ArchivedMemory.objects.filter(memory__in=readable(reader.to(Right.WRITE)).filter(id__in=memory_ids))
    whole, damaged = archived_sound(rows.select_related("memory").order_by("memory_id"))
    grown = sum(one.size_before - one.memory.size_bytes for one in whole)
    archived_put_back(whole, change=change)
    if grown > 0:
        quota_reserve(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=grown, now=now)
    return damaged


def _refused(damaged: Mapping[UUID, ArchiveDamaged]) -> list[BulkError]:
    return [BulkError(memory_id, error.code, error.detail) for memory_id, error in damaged.items()]


def _rows(
    action: BulkAction, target: Sequence[UUID] | MemoryConditions, reader: Reader, *, now: datetime
) -> list[Memory]:
    """Return the memories to act on, locked, without their texts."""
    rows: MemoryQuerySet
    if isinstance(target, MemoryConditions):
        shelf = Shelf.TRASH if action is BulkAction.RESTORE else Shelf.LIVE
        matching = memories_matching(target, reader=reader.to(Right.WRITE), shelf=shelf, now=now)
        rows = Memory.objects.filter(id__in=matching.values_list("id", flat=True))
    else:
        writable = readable(reader.to(Right.WRITE)).values("id")
        rows = _within(action, now=now).filter(id__in=target).filter(id__in=writable)
    columns = ["id", "number", "external_id", "size_bytes", "memory_type", "module", "revision"]
    if action is BulkAction.UPDATE:
        columns.append("metadata")
    found = list(rows.only(*columns).select_for_update().order_by("id")[: MAX_BULK_ROWS + 1])
    if len(found) > MAX_BULK_ROWS:
        raise TooManyItems(
            f"More than {MAX_BULK_ROWS} memories satisfy the conditions. Narrow them, for instance by time."
        )
    return found


def _within(action: BulkAction, *, now: datetime) -> MemoryQuerySet:
    return Memory.objects.trashed(now) if action is BulkAction.RESTORE else Memory.objects.kept(now)


def _with_missing(
    result: BulkResult, action: BulkAction, missing: set[UUID], reader: Reader, *, now: datetime
) -> BulkResult:
    """Add the ids that named nothing to act on: some are where the action would bring them, the others unknown."""
    already: set[UUID] = set()
    closed: set[UUID] = set()
    if missing and not reader.everything:
        seen = _within(action, now=now).filter(id__in=missing)
        closed = set(seen.filter(id__in=readable(reader).values("id")).values_list("id", flat=True))
    if missing and action is not BulkAction.UPDATE:
        other = BulkAction.TRASH if action is BulkAction.RESTORE else BulkAction.RESTORE
        there = _within(other, now=now).filter(id__in=missing)
        already = set(there.filter(id__in=readable(reader.to(Right.WRITE)).values("id")).values_list("id", flat=True))
    place = " in the trash" if action is BulkAction.RESTORE else ""
    detail = f"There is no memory with this id{place}."
    refused = tuple(BulkError(one, MemoryClosed.code, "It is not yours to change.") for one in sorted(closed))
    unknown = tuple(BulkError(one, MemoryNotFound.code, detail) for one in sorted(missing - already - closed))
    return BulkResult(result.done, result.unchanged + len(already), (*result.errors, *refused, *unknown))


@dataclass(frozen=True, slots=True)
class _Next:
    """What a memory becomes; `grown` is by how many bytes more it is held."""

    memory: Memory
    grown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A bulk action within its transaction."""

    organization_id: UUID
    change: Change
    user_id: UUID | None
    reason: str
    now: datetime

    def trash(self, rows: Sequence[Memory]) -> BulkResult:
        damaged: dict[UUID, ArchiveDamaged] = {}
        try:
            with transaction.atomic():
                self._move(rows, deleted_at=self.change.moment)
        except ArchiveDamaged:
            # Rare enough to unpack what is archived twice.
            damaged = archived_damaged(row.id for row in rows)
            rows = [row for row in rows if row.id not in damaged]
            self._move(rows, deleted_at=self.change.moment)
        self._release(sum(row.size_bytes for row in rows))
        memories_tell("memory.trashed", rows, now=self.now)
        return BulkResult(len(rows), 0, tuple(_refused(damaged)))

    def restore(self, rows: Sequence[Memory]) -> BulkResult:
        # All writers take their turn, so nobody else takes an external id meanwhile.
        names = {row.external_id for row in rows} - {""}
        taken = set(Memory.objects.filter(deleted_at=None, external_id__in=names).values_list("external_id", flat=True))
        free, errors = [], []
        for row in sorted(rows, key=lambda row: row.number):
            if row.external_id in taken:
                detail = "Another memory has taken its external id since."
                errors.append(BulkError(row.id, ExternalIdConflict.code, detail))
                continue
            if row.external_id:
                taken.add(row.external_id)
            free.append(_Next(row, row.size_bytes))
        afforded, refused = self._afford(free)
        restored = [one.memory for one in afforded]
        self._move(restored, deleted_at=None)
        memories_tell("memory.restored", restored, now=self.now)
        return BulkResult(len(restored), 0, (*errors, *refused))

    def update(self, rows: Sequence[Memory], fields: BulkFields) -> BulkResult:
        errors: list[BulkError] = []
        changed: list[_Next] = []
        for row in rows:
            metadata = row.metadata if fields.metadata is None else _merged(row.metadata, fields.metadata)
            memory_type = fields.memory_type or row.memory_type
            if memory_type == row.memory_type and same_value(metadata, row.metadata):
                continue
            size = json_size(metadata)
            if size > MAX_METADATA_BYTES:
                detail = f"Its metadata would be larger than {MAX_METADATA_BYTES} bytes."
                errors.append(BulkError(row.id, MetadataTooLarge.code, detail))
                continue
            grown = size - json_size(row.metadata)
            row.metadata, row.memory_type = metadata, memory_type
            row.size_bytes += grown
            changed.append(_Next(row, grown))
        afforded, refused = self._afford(changed)
        for start in range(0, len(afforded), _BATCH):
            self._revise([one.memory for one in afforded[start : start + _BATCH]])
        named = {"memory_type": fields.memory_type, "metadata": fields.metadata}
        changed_fields = sorted(name for name, value in named.items() if value is not None)
        memories_tell("memory.updated", [one.memory for one in afforded], now=self.now, changed=changed_fields)
        if fields.metadata is not None:
            understanding_start(organization_id=self.organization_id, now=self.now)
        unchanged = len(rows) - len(changed) - len(errors)
        return BulkResult(len(afforded), unchanged, (*errors, *refused))

    def _move(self, rows: Sequence[Memory], *, deleted_at: datetime | None) -> None:
        memories_move(
            memory_ids=[row.id for row in rows],
            change=self.change,
            user_id=self.user_id,
            reason=self.reason,
            deleted_at=deleted_at,
        )
        for row in rows:
            row.revision += 1

    def _revise(self, rows: Sequence[Memory]) -> None:
        ids = [row.id for row in rows]
        revisions_keep(memory_ids=ids, change=self.change, user_id=self.user_id, reason=self.reason)
        values: list[list[Any]] = [
            ids,
            [row.memory_type for row in rows],
            [json.dumps(row.metadata) for row in rows],
            [row.size_bytes for row in rows],
        ]
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [self.change.moment, self.change.change, *values])
        for row in rows:
            row.revision += 1

    def _afford(self, wanted: Sequence[_Next]) -> tuple[Sequence[_Next], Sequence[BulkError]]:
        """Take the bytes by which memories grow, together if they fit, else for one after the other."""
        total = sum(one.grown for one in wanted)
        if total <= 0:
            self._release(-total)
            return wanted, []
        try:
            self._reserve(total)
        except QuotaExceeded:
            return self._afford_singly(wanted)
        return wanted, []

    def _afford_singly(self, wanted: Sequence[_Next]) -> tuple[Sequence[_Next], Sequence[BulkError]]:
        # What becomes smaller makes room for what becomes larger.
        self._release(-sum(min(one.grown, 0) for one in wanted))
        afforded: list[_Next] = []
        errors: list[BulkError] = []
        for one in wanted:
            try:
                if one.grown > 0:
                    self._reserve(one.grown)
            except QuotaExceeded as refused:
                errors.append(BulkError(one.memory.id, refused.code, refused.detail))
            else:
                afforded.append(one)
        return afforded, errors

    def _reserve(self, quantity: int) -> None:
        quota_reserve(organization_id=self.organization_id, meter=Meter.MEMORY_BYTES, quantity=quantity, now=self.now)

    def _release(self, quantity: int) -> None:
        if quantity:
            quota_release(
                organization_id=self.organization_id, meter=Meter.MEMORY_BYTES, quantity=quantity, now=self.now
            )


def _merged(value: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value with a patch merged into it (RFC 7396, section 2)."""
    merged = dict(value) if isinstance(value, dict) else {}
    for name, one in patch.items():
        if one is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), one) if isinstance(one, dict) else one
    return merged
