"""Reading the files of a batch: the step before its texts are stored.

The rows of a file are written in steps, each in the transaction that counts them. A reader that is killed leaves a
count; the next one reads the file anew and skips so many rows: the same bytes give the same rows.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.memory.adapters.documents import ending_of
from apps.memory.adapters.documents.limited import read_limited
from apps.memory.adapters.documents.rows import Read, Row, Unreadable
from apps.memory.adapters.originals import original_copy
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Operation, OperationFile, OperationItem
from apps.memory.selectors.operations import operation_get
from apps.memory.services.changes import change_begin
from apps.memory.services.operations import item_of, operation_start
from apps.memory.services.telling import operation_tell
from apps.memory.types import ReadLimits

_STEP = 500
_EXTERNAL_ID_LENGTH = 200
# How often a reader looks whether it is still wanted, and how long it waits for another one that was faster.
_LOOK_SECONDS = 2.0
_WAIT_SECONDS = 1.0
_LIMITS = ReadLimits()


class _NotWanted(Exception):
    """The batch was cancelled."""


def operation_read(
    *,
    organization_id: UUID,
    operation_id: UUID,
    check: Callable[[Row], Row],
    on_wait: Callable[[], None] = lambda: None,
    limits: ReadLimits = _LIMITS,
    budget: timedelta | None = None,
) -> bool:
    """Read what is left of an operation's files, and have the texts stored. Ends early if it is cancelled.

    `check` validates a row; `on_wait` is called often. Returns False if the time budget ran out between two files.
    """
    began = time.monotonic()
    while (file := _next_file(operation_id)) is not None:
        if budget is not None and time.monotonic() - began > budget.total_seconds():
            return False
        try:
            was_first = _file_read(file, check=check, on_wait=_looking(operation_id, on_wait), limits=limits)
        except _NotWanted:
            return True
        if not was_first:
            time.sleep(_WAIT_SECONDS)
    _finish(organization_id=organization_id, operation_id=operation_id, now=timezone.now())
    return True


def _next_file(operation_id: UUID) -> OperationFile | None:
    unread = OperationFile.objects.filter(
        operation_id=operation_id, is_read=False, operation__status=Operation.Status.READING
    )
    return unread.select_related("file").order_by("id").first()


def _looking(operation_id: UUID, on_wait: Callable[[], None]) -> Callable[[], None]:
    looked = time.monotonic()

    def look() -> None:
        nonlocal looked
        on_wait()
        if time.monotonic() - looked > _LOOK_SECONDS:
            if not Operation.objects.filter(id=operation_id, status=Operation.Status.READING).exists():
                raise _NotWanted
            looked = time.monotonic()

    return look


def _file_read(
    file: OperationFile, *, check: Callable[[Row], Row], on_wait: Callable[[], None], limits: ReadLimits
) -> bool:
    """Write the rows of a file from where its reading has come to; False if another reader has been faster."""
    with closing(_reads(file, limits=limits, on_wait=on_wait)) as reads:
        fresh = enumerate(islice(reads, file.rows, None), start=file.rows + 1)
        while step := list(islice(fresh, _STEP)):
            payloads = [_payload(file, read, number, check=check) for number, read in step]
            if not _rows_write(file, payloads):
                return False
    return bool(OperationFile.objects.filter(id=file.id, rows=file.rows, is_read=False).update(is_read=True))


def _reads(file: OperationFile, *, limits: ReadLimits, on_wait: Callable[[], None]) -> Generator[Read]:
    source = file.file
    if source.deleted_at is not None:
        yield Read(Unreadable("The original was deleted before it was read."))
        return
    with TemporaryFile() as copy:
        try:
            original_copy(source.storage_key, copy)
        except FileNotFoundError:
            yield Read(Unreadable("The original is not in the storage."))
            return
        yield from read_limited(copy, ending=ending_of(source.name), limits=limits, on_wait=on_wait)


def _payload(file: OperationFile, read: Read, number: int, *, check: Callable[[Row], Row]) -> Row:
    """Return the fields of a text: its own, those of its file, and its place."""
    row = check(read.row if isinstance(read.row, Unreadable) else _with_defaults(read.row, file.defaults, number))
    if isinstance(row, Unreadable):
        name = file.defaults.get("metadata", {}).get("path", "")
        return Unreadable(": ".join(part for part in (name, _place_text(read.place), row.detail) if part))
    module = {"module": file.file.module} if file.file.module else {}
    return {**row, **module, "file_id": str(file.file_id), "place": dict(read.place)}


def _with_defaults(row: Mapping[str, Any], defaults: Mapping[str, Any], number: int) -> Row:
    if not defaults:
        return row
    metadata = row.get("metadata", {})
    if isinstance(metadata, Mapping):
        metadata = {**defaults.get("metadata", {}), **metadata}
    # The end of a long path tells files apart better than its beginning.
    external_id = f"{defaults['external_id']}#{number}"[-_EXTERNAL_ID_LENGTH:]
    return {**defaults, "external_id": external_id, **row, "metadata": metadata}


def _place_text(place: Mapping[str, Any]) -> str:
    if "sheet" in place:
        return f"{place['sheet']}, row {place.get('row', '?')}"
    return next((f"{name} {place[name]}" for name in ("page", "line") if name in place), "").capitalize()


def _rows_write(file: OperationFile, rows: Sequence[Row]) -> bool:
    """Write rows and count them, unless the operation was ended or another reader has come as far."""
    with transaction.atomic():
        operation = (
            Operation.objects.select_for_update().filter(id=file.operation_id, status=Operation.Status.READING).first()
        )
        known = OperationFile.objects.filter(id=file.id, rows=file.rows, is_read=False)
        if operation is None or not known.update(rows=file.rows + len(rows)):
            return False
        items = [item_of(operation, operation.read + place, row) for place, row in enumerate(rows)]
        OperationItem.objects.bulk_create(items)
        operation.read += len(items)
        operation.failed += sum(item.status == OperationItem.Status.FAILED for item in items)
        operation.save(update_fields=["read", "failed"])
    file.rows += len(rows)
    return True


def _finish(*, organization_id: UUID, operation_id: UUID, now: datetime) -> None:
    """Queue an operation whose files are all read."""
    with transaction.atomic():
        # Nothing is read any more, so the number is the last one; the row of the context comes before any other.
        read = operation_get(operation_id=operation_id, reader=EVERYTHING).read
        first_number = change_begin(now=now, count=read).number_from
        operation = (
            Operation.objects.select_for_update().filter(id=operation_id, status=Operation.Status.READING).first()
        )
        if operation is None or operation.files.filter(is_read=False).exists():
            return
        operation.first_number, operation.total = first_number, operation.read
        operation.status, operation.reading = Operation.Status.QUEUED, False
        operation.save(update_fields=["first_number", "total", "status", "reading"])
        operation_tell("operation.read", operation, now=now)
        operation_start(organization_id=organization_id, operation=operation, now=now)
