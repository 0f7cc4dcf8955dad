"""Batches on their way in, as the API shows them."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.core.api.event_stream import Event
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.memory.engine.reader import EVERYTHING, Reader
from apps.memory.exceptions import OperationNotFound
from apps.memory.models import Memory, MemoryQuerySet, Operation, OperationItem
from apps.memory.selectors.readers import readable

# Errors and duplicates shown with an operation; the counts are always complete.
MAX_SHOWN = 100
_LOOK_EVERY = 0.4
_HEARTBEAT = timedelta(seconds=15)


def operations_open(reader: Reader) -> QuerySet[Operation]:
    """Return the operations that a reader may follow: those of people, and a module its own."""
    return Operation.objects.all() if reader.everything else Operation.objects.filter(module__in={"", reader.module})


def operation_get(*, operation_id: UUID, reader: Reader) -> Operation:
    operation = operations_open(reader).filter(id=operation_id).first()
    if operation is None:
        raise OperationNotFound("There is no operation with this id.")
    return operation


def unread_of(operation: Operation) -> MemoryQuerySet:
    """Return the memories of an operation that the models have not read yet."""
    numbers = (operation.first_number, operation.first_number + operation.total - 1)
    return Memory.objects.filter(understood=False, deleted_at=None, archived_at=None, number__range=numbers)


def operations_counted(reader: Reader) -> QuerySet[Operation]:
    """Return the operations that a reader may follow with the number of their unread memories, all in one query."""
    numbers = (OuterRef("first_number"), OuterRef("first_number") + OuterRef("total") - 1)
    rows = Memory.objects.filter(understood=False, deleted_at=None, archived_at=None, number__range=numbers)
    counted = rows.order_by().values("understood").annotate(number_of=Count("id")).values("number_of")
    return operations_open(reader).annotate(unread=Coalesce(Subquery(counted, output_field=IntegerField()), 0))


def _unread(operation: Operation) -> int:
    counted: int | None = getattr(operation, "unread", None)
    return unread_of(operation).count() if counted is None else counted


def operation_summary(operation: Operation) -> dict[str, Any]:
    return {
        "operation_id": str(operation.id),
        "name": operation.name,
        "status": operation.status,
        "read": operation.read,
        "total": None if operation.reading else operation.total,
        "done": operation.done,
        "failed": operation.failed,
        "understood": operation.done - _unread(operation),
        "created_at": operation.created_at,
        "finished_at": operation.finished_at,
    }


def operation_present(operation: Operation, reader: Reader) -> dict[str, Any]:
    """Return an operation with what failed, and with the duplicates of memories that are open to the reader."""
    failed = operation.items.filter(status=OperationItem.Status.FAILED).order_by("index")[:MAX_SHOWN]
    duplicates = operation.items.filter(duplicate_of__isnull=False)
    if not reader.everything:
        duplicates = duplicates.filter(duplicate_of__in=readable(reader).values("id"))
    return {
        **operation_summary(operation),
        "errors": [{"index": item.index, "code": item.error_code, "detail": item.error_detail} for item in failed],
        "duplicates": list(
            duplicates.order_by("index").values("index", "memory_id", "duplicate_of", "similarity")[:MAX_SHOWN]
        ),
        "duplicate_count": duplicates.count(),
    }


def operation_events(
    *,
    organization_id: UUID,
    operation_id: UUID,
    present: Callable[[Operation], dict[str, Any]],
    seen: str,
    lasts: timedelta,
) -> Iterator[Event]:
    """Yield what an operation has come to whenever it has changed, until nothing more will, or the time is up.

    Whether the caller may follow it was found out before; `present` says what they are shown. `seen` is the
    id of the last event that the caller knows.
    Each look takes a connection and gives it back.
    """
    began = spoke = time.monotonic()
    while True:
        with public_scope(), organization_scope(organization_id):
            operation = operation_get(operation_id=operation_id, reader=EVERYTHING)
            body = operation_summary(operation)
            mark = f"{body['status']}-{body['read']}-{body['done']}-{body['failed']}-{body['understood']}"
            over = body["finished_at"] is not None and body["understood"] >= body["done"]
            is_news = mark != seen or over
            if is_news:
                body = present(operation)
        # A stream that is silent holds no connection, unless its caller's transaction does.
        if not connection.in_atomic_block:
            connection.close()
        if is_news:
            yield Event("done" if over else "progress", body, id=mark)
            seen, spoke = mark, time.monotonic()
        if over or time.monotonic() - began > lasts.total_seconds():
            return
        if time.monotonic() - spoke > _HEARTBEAT.total_seconds():
            yield Event.heartbeat()
            spoke = time.monotonic()
        time.sleep(_LOOK_EVERY)
