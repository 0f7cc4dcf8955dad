"""Batches: many texts, stored in the background, with progress that is true.

Files are read first (`services.reading_files`); until then nobody knows how many texts there are. Texts are stored by
their words, with sketches of their meaning, so that they can be found at once; the models read them afterwards
(`services.understanding`). Items are stored in the transaction that marks them done and counts them. Workers take items
with SKIP LOCKED, so any number of them, and the `ingest` command beside them, may work on one operation; a killed one
leaves its items pending.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.billing.services.usage import usage_record
from apps.billing.types import Meter, Usage
from apps.core.exceptions import DomainError
from apps.core.request_context import caller_set
from apps.core.services import enqueue
from apps.core.types import Caller
from apps.memory.adapters.documents.rows import Row, Unreadable
from apps.memory.engine.reader import Reader
from apps.memory.exceptions import ItemInvalid, OperationFinished, OperationRunning
from apps.memory.models import Operation, OperationFile, OperationItem, SourceFile
from apps.memory.selectors.operations import operation_get, unread_of
from apps.memory.services.changes import change_begin
from apps.memory.services.files import name_storable
from apps.memory.services.memories import memories_store
from apps.memory.services.telling import operation_tell
from apps.memory.services.vectors import understanding_start
from apps.memory.types import StoreItem, StoreResult

_INSERT_BATCH = 500
# So many items are stored in one transaction: other writers of the organisation wait for a fraction of a second.
_STORE_BATCH = 100
# One job for so many items, and never more: enough to keep the workers busy, too few to shut out other organisations.
_ITEMS_PER_JOB = 100
_MAX_JOBS = 4
# How often a worker looks again while others hold the last items.
_WAIT_SECONDS = 0.2
_MARK_STORED = """
    UPDATE memory_operationitem AS item SET status = 'done', memory_id = stored.memory_id, payload = NULL,
        duplicate_of = stored.duplicate_of, similarity = stored.similarity
    FROM unnest(%s::bigint[], %s::uuid[], %s::uuid[], %s::float8[]) AS stored (id, memory_id, duplicate_of, similarity)
    WHERE item.id = stored.id
"""
_TIMES = ("occurred_at", "occurred_end", "expires_at")
_OPEN = (Operation.Status.QUEUED, Operation.Status.RUNNING)
READ_FILES = "memory.read_files"
_UNFINISHED = (Operation.Status.READING, *_OPEN)
_INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class FileToRead:
    """A kept file, and what its texts get that say nothing else; of `external_id` the beginning."""

    file: SourceFile
    defaults: Mapping[str, Any] = field(default_factory=dict)


def operation_create(
    *,
    organization_id: UUID,
    rows: Iterable[Row] = (),
    files: Sequence[FileToRead] = (),
    module: str = "",
    user_id: UUID | None,
    now: datetime,
    name: str = "",
) -> Operation:
    """Record a batch and start it: of rows, of files that are yet to be read, or of both, rows first.

    A row has the fields of `StoreItem`, checked by the caller, or is unreadable. `name` is that of a file.
    """
    status = Operation.Status.READING if files else Operation.Status.QUEUED
    with transaction.atomic():
        operation = Operation.objects.create(
            name=name_storable(name),
            status=status,
            reading=bool(files),
            module=module,
            created_by=user_id,
            created_at=now,
        )
        items = (item_of(operation, index, row) for index, row in enumerate(rows))
        while batch := list(islice(items, _INSERT_BATCH)):
            OperationItem.objects.bulk_create(batch)
            operation.read += len(batch)
            operation.failed += sum(item.status == OperationItem.Status.FAILED for item in batch)
        for one in files:
            OperationFile.objects.get_or_create(operation=operation, file=one.file, defaults={"defaults": one.defaults})
        if not files:
            operation.total = operation.read
            # The numbers of their memories are theirs from now on, so that texts keep their order whoever stores them.
            operation.first_number = change_begin(now=now, count=operation.total).number_from
        operation.save(update_fields=["read", "total", "failed", "first_number"])
        operation_tell("operation.created", operation, now=now)
        operation_start(organization_id=organization_id, operation=operation, now=now)
    return operation


def operation_process(
    *,
    organization_id: UUID,
    operation_id: UUID,
    on_item: Callable[[], None] = lambda: None,
    budget: timedelta | None = None,
) -> bool:
    """Store pending items until none is left; `on_item` is called after each batch of them.

    Returns False if the time budget ran out first.
    """
    began = time.monotonic()
    while True:
        if budget is not None and time.monotonic() - began > budget.total_seconds():
            return False
        if _store_some(organization_id=organization_id, operation_id=operation_id):
            on_item()
        elif _finish(organization_id=organization_id, operation_id=operation_id, now=timezone.now()):
            return True
        else:
            # Others hold the last items. If they die, the items come free, so somebody has to stay.
            time.sleep(_WAIT_SECONDS)
            on_item()


def operation_wait(*, operation_id: UUID, reader: Reader, most: timedelta) -> None:
    """Wait until an operation has ended and the models have read its texts.

    Raises `OperationNotFound`, or `OperationRunning` when that takes longer than `most`.
    """
    deadline = time.monotonic() + most.total_seconds()
    while True:
        operation = operation_get(operation_id=operation_id, reader=reader)
        if operation.status not in _UNFINISHED and not unread_of(operation).exists():
            return
        if time.monotonic() > deadline:
            raise OperationRunning("The operation is not complete yet; ask again in a moment.")
        time.sleep(_WAIT_SECONDS)


def operation_cancel(*, operation_id: UUID, reader: Reader, now: datetime) -> Operation:
    """Stop after the items in hand; what is stored stays. Raises `OperationFinished`."""
    operation_get(operation_id=operation_id, reader=reader)
    with transaction.atomic():
        changed = Operation.objects.filter(id=operation_id, status__in=_UNFINISHED).update(
            status=Operation.Status.CANCELLED, finished_at=now
        )
        if not changed:
            raise OperationFinished("The operation has ended already.")
        operation = operation_get(operation_id=operation_id, reader=reader)
        operation_tell("operation.cancelled", operation, now=now)
    return operation


@transaction.atomic
def operation_retry(*, organization_id: UUID, operation_id: UUID, reader: Reader, now: datetime) -> Operation:
    """Try failed and cancelled items again, and read on. Raises `OperationFinished` if there is nothing to do yet."""
    operation_get(operation_id=operation_id, reader=reader)
    operation = Operation.objects.select_for_update().get(id=operation_id)
    if operation.status in _UNFINISHED:
        raise OperationFinished("The operation is still running.")
    # What could not be read has no payload, and no second try will find one.
    operation.items.filter(status=OperationItem.Status.FAILED, payload__isnull=False).update(
        status=OperationItem.Status.PENDING, error_code="", error_detail=""
    )
    if operation.reading:
        # This one only said that reading was given up.
        operation.items.filter(index=operation.read, error_code=_INTERNAL_ERROR).delete()
    elif not operation.items.filter(status=OperationItem.Status.PENDING).exists():
        raise OperationFinished("Every item of the operation is stored.")
    operation.failed = operation.items.filter(status=OperationItem.Status.FAILED).count()
    operation.status = Operation.Status.READING if operation.reading else Operation.Status.QUEUED
    operation.finished_at = None
    operation.save(update_fields=["status", "failed", "finished_at"])
    operation_tell("operation.retried", operation, now=now)
    operation_start(organization_id=organization_id, operation=operation, now=now)
    return operation


def operation_fail(*, organization_id: UUID, operation_id: UUID, now: datetime) -> None:
    """Mark what could not be worked on as failed, so that the caller sees it and can retry."""
    with transaction.atomic():
        operation = Operation.objects.select_for_update().get(id=operation_id)
        if operation.status not in _UNFINISHED:
            return
        if operation.reading:
            lost = 1
            # Beyond those that are counted: a retry takes it away and goes on there.
            OperationItem.objects.create(
                operation=operation,
                index=operation.read,
                status=OperationItem.Status.FAILED,
                error_code=_INTERNAL_ERROR,
                error_detail="The file could not be read to its end. Retry the operation.",
            )
        else:
            lost = operation.items.filter(status=OperationItem.Status.PENDING).update(
                status=OperationItem.Status.FAILED,
                error_code=_INTERNAL_ERROR,
                error_detail="The item could not be processed. Retry the operation.",
            )
        Operation.objects.filter(id=operation_id).update(
            failed=F("failed") + lost, status=Operation.Status.FAILED, finished_at=now
        )
        operation.refresh_from_db()
        _finished_tell(operation, now=now)
        understanding_start(organization_id=organization_id, now=now)


def item_of(operation: Operation, index: int, row: Row) -> OperationItem:
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


def operation_start(*, organization_id: UUID, operation: Operation, now: datetime) -> None:
    """Have an operation worked on in the background."""
    if operation.reading:
        enqueue(READ_FILES, organization_id=organization_id, operation_id=str(operation.id), now=now)
        return
    jobs = min(_MAX_JOBS, 1 + operation.total // _ITEMS_PER_JOB)
    for _ in range(jobs):
        enqueue("memory.ingest", organization_id=organization_id, operation_id=str(operation.id), now=now)


@transaction.atomic
def _store_some(*, organization_id: UUID, operation_id: UUID) -> int:
    """Store pending items and count them; return how many there were to be had."""
    items = list(
        OperationItem.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(operation_id=operation_id, operation__status__in=_OPEN, status=OperationItem.Status.PENDING)
        .select_related("operation")
        .order_by("index")[:_STORE_BATCH]
    )
    if not items:
        return 0
    now = timezone.now()
    operation = items[0].operation
    texts = [_store_item(item.payload or {}) for item in items]
    numbers = [operation.first_number + item.index for item in items]
    outcomes: Sequence[StoreResult | DomainError]
    with caller_set(Caller(operation.created_by, texts[0].module)):
        outcomes = _outcomes(organization_id, texts, numbers, user_id=operation.created_by, now=now)
        usage_record(
            organization_id=organization_id,
            meter=Meter.INGESTION_ITEMS,
            quantity=1,
            usage=Usage("ingestion", operation="ingest"),
            source_ids=[f"{operation_id}:{item.index}" for item in items],
            now=now,
        )
    _mark(items, outcomes)
    failed = sum(isinstance(one, DomainError) for one in outcomes)
    Operation.objects.filter(id=operation_id).update(failed=F("failed") + failed, done=F("done") + len(items) - failed)
    Operation.objects.filter(id=operation_id, status=Operation.Status.QUEUED).update(status=Operation.Status.RUNNING)
    return len(items)


def _outcomes(
    organization_id: UUID, texts: Sequence[StoreItem], numbers: Sequence[int], *, user_id: UUID | None, now: datetime
) -> Sequence[StoreResult | DomainError]:
    try:
        with transaction.atomic():
            return memories_store(
                organization_id=organization_id, items=texts, numbers=numbers, user_id=user_id, now=now
            )
    except (DomainError, IntegrityError):
        # Not all of them can be had. One after the other, so that the others are.
        return [
            _outcome(organization_id, text, number, user_id=user_id, now=now)
            for text, number in zip(texts, numbers, strict=True)
        ]


def _outcome(
    organization_id: UUID, text: StoreItem, number: int, *, user_id: UUID | None, now: datetime
) -> StoreResult | DomainError:
    try:
        with transaction.atomic():
            (result,) = memories_store(
                organization_id=organization_id, items=[text], numbers=[number], user_id=user_id, now=now
            )
    except DomainError as error:
        return error
    return result


def _mark(items: Sequence[OperationItem], outcomes: Sequence[StoreResult | DomainError]) -> None:
    stored: list[tuple[int, UUID, UUID | None, float | None]] = []
    for item, outcome in zip(items, outcomes, strict=True):
        if isinstance(outcome, DomainError):
            item.status, item.error_code, item.error_detail = (
                OperationItem.Status.FAILED,
                outcome.code,
                outcome.detail,
            )
            item.save(update_fields=["status", "error_code", "error_detail"])
        else:
            known = outcome.duplicate_of
            of, alike = (known.memory_id, known.similarity) if known else (None, None)
            stored.append((item.id, outcome.memory_id, of, alike))
    if stored:
        with connection.cursor() as cursor:
            cursor.execute(_MARK_STORED, [list(column) for column in zip(*stored, strict=True)])


def _finish(*, organization_id: UUID, operation_id: UUID, now: datetime) -> bool:
    """Close the operation if no item is pending; return whether it is closed. It fails if every item failed."""
    with transaction.atomic():
        operation = Operation.objects.select_for_update().get(id=operation_id)
        if operation.status not in _OPEN:
            # What was stored before it was cancelled stays, so the models are to read it.
            if unread_of(operation).exists():
                understanding_start(organization_id=organization_id, now=now)
            return True
        if operation.items.filter(status=OperationItem.Status.PENDING).exists():
            return False
        all_failed = operation.total > 0 and operation.failed == operation.total
        operation.status = Operation.Status.FAILED if all_failed else Operation.Status.SUCCEEDED
        operation.finished_at = now
        operation.save(update_fields=["status", "finished_at"])
        _finished_tell(operation, now=now)
        understanding_start(organization_id=organization_id, now=now)
        return True


def _finished_tell(operation: Operation, *, now: datetime) -> None:
    done, failed = operation.done, operation.failed
    operation_tell("operation.finished", operation, now=now, status=operation.status, done=done, failed=failed)


def _store_item(payload: Mapping[str, Any]) -> StoreItem:
    times = {name: parse_datetime(payload[name]) for name in _TIMES if payload.get(name)}
    file_id = {"file_id": UUID(payload["file_id"])} if "file_id" in payload else {}
    return StoreItem(**{**payload, **times, **file_id})
