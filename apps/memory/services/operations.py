"""Batches: many texts, stored one by one in the background, with progress that is true.

Each item is stored in the transaction that marks it done and counts it. Workers take items with SKIP LOCKED, so any
number of them, and the `ingest` command beside them, may work on one operation; a killed one leaves its item pending.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.core.exceptions import DomainError
from apps.core.services import enqueue
from apps.memory.adapters.documents import Row, Unreadable
from apps.memory.exceptions import ItemInvalid, OperationFinished
from apps.memory.models import Operation, OperationItem
from apps.memory.selectors.memories import operation_get
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem

_INSERT_BATCH = 500
# One job for so many items, and never more: enough to keep the workers busy, too few to shut out other organisations.
_ITEMS_PER_JOB = 100
_MAX_JOBS = 4
# How often a worker looks again while others hold the last items.
_WAIT_SECONDS = 0.2
_OPEN = (Operation.Status.QUEUED, Operation.Status.RUNNING)


def operation_create(*, organization_id: UUID, rows: Iterable[Row], user_id: UUID | None, now: datetime) -> Operation:
    """Record a batch and start it. A row has the fields of `StoreItem`, checked by the caller, or is unreadable."""
    with transaction.atomic():
        operation = Operation.objects.create(created_by=user_id, created_at=now)
        items = (_item(operation, index, row) for index, row in enumerate(rows))
        while batch := list(islice(items, _INSERT_BATCH)):
            OperationItem.objects.bulk_create(batch)
            operation.total += len(batch)
            operation.failed += sum(item.status == OperationItem.Status.FAILED for item in batch)
        operation.save(update_fields=["total", "failed"])
        _start(organization_id=organization_id, operation=operation, now=now)
    return operation


def operation_process(
    *,
    organization_id: UUID,
    operation_id: UUID,
    on_item: Callable[[], None] = lambda: None,
    budget: timedelta | None = None,
) -> bool:
    """Store pending items until none is left; `on_item` is called after each.

    Returns False if the time budget ran out first.
    """
    began = time.monotonic()
    while True:
        if budget is not None and time.monotonic() - began > budget.total_seconds():
            return False
        if _store_next(organization_id=organization_id, operation_id=operation_id):
            on_item()
        elif _finish(operation_id=operation_id, now=timezone.now()):
            return True
        else:
            # Others hold the last items. If they die, the items come free, so somebody has to stay.
            time.sleep(_WAIT_SECONDS)
            on_item()


def operation_cancel(*, operation_id: UUID, now: datetime) -> Operation:
    """Stop after the items in hand; what is stored stays. Raises `OperationFinished`."""
    operation_get(operation_id=operation_id)
    changed = Operation.objects.filter(id=operation_id, status__in=_OPEN).update(
        status=Operation.Status.CANCELLED, finished_at=now
    )
    if not changed:
        raise OperationFinished("The operation has ended already.")
    return operation_get(operation_id=operation_id)


@transaction.atomic
def operation_retry(*, organization_id: UUID, operation_id: UUID, now: datetime) -> Operation:
    """Try failed and cancelled items again. Raises `OperationFinished` if there are none, or while it runs."""
    operation_get(operation_id=operation_id)
    operation = Operation.objects.select_for_update().get(id=operation_id)
    if operation.status in _OPEN:
        raise OperationFinished("The operation is still running.")
    # What could not be read has no payload, and no second try will find one.
    operation.items.filter(status=OperationItem.Status.FAILED, payload__isnull=False).update(
        status=OperationItem.Status.PENDING, error_code="", error_detail=""
    )
    if not operation.items.filter(status=OperationItem.Status.PENDING).exists():
        raise OperationFinished("Every item of the operation is stored.")
    operation.failed = operation.items.filter(status=OperationItem.Status.FAILED).count()
    operation.status, operation.finished_at = Operation.Status.QUEUED, None
    operation.save(update_fields=["status", "failed", "finished_at"])
    _start(organization_id=organization_id, operation=operation, now=now)
    return operation


def operation_fail(*, operation_id: UUID, now: datetime) -> None:
    """Mark what could not be worked on as failed, so that the caller sees it and can retry."""
    with transaction.atomic():
        operation = Operation.objects.select_for_update().get(id=operation_id)
        if operation.status not in _OPEN:
            return
        lost = operation.items.filter(status=OperationItem.Status.PENDING).update(
            status=OperationItem.Status.FAILED,
            error_code="internal_error",
            error_detail="The item could not be processed. Retry the operation.",
        )
        Operation.objects.filter(id=operation_id).update(
            failed=F("failed") + lost, status=Operation.Status.FAILED, finished_at=now
        )


def _item(operation: Operation, index: int, row: Row) -> OperationItem:
    if isinstance(row, Unreadable):
        return OperationItem(
            operation=operation,
            index=index,
            status=OperationItem.Status.FAILED,
            error_code=ItemInvalid.code,
            error_detail=row.detail,
        )
    # Written out here, because Django's JSON encoder would cut times to milliseconds.
    payload = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    return OperationItem(operation=operation, index=index, payload=payload)


def _start(*, organization_id: UUID, operation: Operation, now: datetime) -> None:
    jobs = min(_MAX_JOBS, 1 + operation.total // _ITEMS_PER_JOB)
    for _ in range(jobs):
        enqueue("memory.ingest", organization_id=organization_id, operation_id=str(operation.id), now=now)


@transaction.atomic
def _store_next(*, organization_id: UUID, operation_id: UUID) -> bool:
    """Store one pending item and count it; return False if there is none to be had."""
    item = (
        OperationItem.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(operation_id=operation_id, operation__status__in=_OPEN, status=OperationItem.Status.PENDING)
        .select_related("operation")
        .order_by("index")
        .first()
    )
    if item is None or item.payload is None:
        return False
    now = timezone.now()
    try:
        with transaction.atomic():
            result = memory_store(
                organization_id=organization_id,
                item=_store_item(item.payload),
                user_id=item.operation.created_by,
                now=now,
            )
    except DomainError as error:
        item.status, item.error_code, item.error_detail = OperationItem.Status.FAILED, error.code, error.detail
        counted = "failed"
    else:
        item.status, item.memory_id, item.payload = OperationItem.Status.DONE, result.memory_id, None
        counted = "done"
    item.save(update_fields=["status", "memory_id", "payload", "error_code", "error_detail"])
    Operation.objects.filter(id=operation_id).update(**{counted: F(counted) + 1})
    Operation.objects.filter(id=operation_id, status=Operation.Status.QUEUED).update(status=Operation.Status.RUNNING)
    return True


def _finish(*, operation_id: UUID, now: datetime) -> bool:
    """Close the operation if no item is pending; return whether it is closed. It fails if every item failed."""
    with transaction.atomic():
        operation = Operation.objects.select_for_update().get(id=operation_id)
        if operation.status not in _OPEN:
            return True
        if operation.items.filter(status=OperationItem.Status.PENDING).exists():
            return False
        all_failed = operation.total > 0 and operation.failed == operation.total
        operation.status = Operation.Status.FAILED if all_failed else Operation.Status.SUCCEEDED
        operation.finished_at = now
        operation.save(update_fields=["status", "finished_at"])
        return True


def _store_item(payload: Mapping[str, Any]) -> StoreItem:
    times = {name: parse_datetime(payload[name]) for name in ("occurred_at", "expires_at") if payload.get(name)}
    return StoreItem(**{**payload, **times})
