"""Batches on their way in, as the API shows them."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.api.event_stream import Event
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.memory.exceptions import OperationNotFound
from apps.memory.models import Memory, MemoryQuerySet, Operation, OperationItem

# Errors and duplicates shown with an operation; the counts are always complete.
MAX_SHOWN = 100
_LOOK_EVERY = 0.4
_HEARTBEAT = timedelta(seconds=15)


def operation_get(*, operation_id: UUID) -> Operation:
    operation = Operation.objects.filter(id=operation_id).first()
    if operation is None:
        raise OperationNotFound("There is no operation with this id.")
    return operation


def unread_of(operation: Operation) -> MemoryQuerySet:
    """Return the memories of an operation that the models have not read yet."""
    numbers = (operation.first_number, operation.first_number + operation.total - 1)
    return Memory.objects.filter(understood=False, deleted_at=None, number__range=numbers)


def operation_summary(operation: Operation) -> dict[str, Any]:
    return {
        "operation_id": str(operation.id),
        "name": operation.name,
        "status": operation.status,
        "total": operation.total,
        "done": operation.done,
        "failed": operation.failed,
        "understood": operation.done - unread_of(operation).count(),
        "created_at": operation.created_at,
        "finished_at": operation.finished_at,
    }


def operation_present(operation: Operation) -> dict[str, Any]:
    failed = operation.items.filter(status=OperationItem.Status.FAILED).order_by("index")[:MAX_SHOWN]
    duplicates = operation.items.filter(duplicate_of__isnull=False)
    return {
        **operation_summary(operation),
        "errors": [{"index": item.index, "code": item.error_code, "detail": item.error_detail} for item in failed],
        "duplicates": list(
            duplicates.order_by("index").values("index", "memory_id", "duplicate_of", "similarity")[:MAX_SHOWN]
        ),
        "duplicate_count": duplicates.count(),
    }


def operation_events(*, organization_id: UUID, operation_id: UUID, seen: str, lasts: timedelta) -> Iterator[Event]:
    """Yield what an operation has come to whenever it has changed, until nothing more will, or the time is up.

    `seen` is the id of the last event that the caller knows. Each look takes a connection and gives it back.
    """
    began = spoke = time.monotonic()
    while True:
        with public_scope(), organization_scope(organization_id):
            body = operation_present(operation_get(operation_id=operation_id))
        # A stream that is silent holds no connection, unless its caller's transaction does.
        if not connection.in_atomic_block:
            connection.close()
        over = body["finished_at"] is not None and body["understood"] >= body["done"]
        mark = f"{body['status']}-{body['done']}-{body['failed']}-{body['understood']}"
        if mark != seen or over:
            yield Event("done" if over else "progress", body, id=mark)
            seen, spoke = mark, time.monotonic()
        if over or time.monotonic() - began > lasts.total_seconds():
            return
        if time.monotonic() - spoke > _HEARTBEAT.total_seconds():
            yield Event.heartbeat()
            spoke = time.monotonic()
        time.sleep(_LOOK_EVERY)
