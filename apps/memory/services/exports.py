"""Exports: the memory, or a part of it, in an archive in our storage.

An archive is written in one go by a job that reads everything as of one moment. A job that was killed begins anew: the
row names the place of its archive before anything is written there, so what it left is erased, and nobody has seen it.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

import numpy as np
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from apps.core.ids import new_id
from apps.core.services import enqueue
from apps.core.tenancy.scope import schema_name_for
from apps.memory.adapters.originals import (
    EXPORTS,
    archive_put,
    archives_of,
    original_erase,
    original_kept_at,
    original_open,
)
from apps.memory.exceptions import ExportNotReady, TooManyExports
from apps.memory.models import Export, ExportPart, Import
from apps.memory.selectors.exports import NUMBERS, export_get, exports_kept
from apps.memory.services.changes import change_begin
from apps.memory.services.exporting.archive import archive_write
from apps.memory.services.exporting.looking import ExportGone, Looking
from apps.memory.services.exporting.memories import Written
from apps.memory.services.files import SWEPT_AFTER
from apps.memory.services.telling import memory_tell
from apps.memory.types import EXPORT_LIFETIME, MAX_DAMAGED_SHOWN, MAX_EXPORTS

WRITE_EXPORT = "memory.write_export"
ERASE_ORIGINAL = "memory.erase_original"
_PART = 1 << 20


def export_create(
    *,
    organization_id: UUID,
    conditions: Mapping[str, Any] | None,
    include_versions: bool,
    include_files: bool,
    user_id: UUID | None,
    now: datetime,
) -> Export:
    """Have an archive written. `conditions` None means everything; see `conditions_read`. Raises `TooManyExports`."""
    with transaction.atomic():
        # The row of the context, so that of two calls at once one waits for the other.
        change_begin(now=now)
        kept = exports_kept(now)
        if kept.filter(status__in=[Export.Status.QUEUED, Export.Status.RUNNING]).exists():
            raise TooManyExports("An export is being written. Wait for its end, or delete it.")
        if kept.count() >= MAX_EXPORTS:
            raise TooManyExports(f"{MAX_EXPORTS} exports are kept. Delete one first.")
        export = Export.objects.create(
            conditions=None if conditions is None else dict(conditions),
            include_versions=include_versions,
            include_files=include_files,
            created_by=user_id,
            created_at=now,
        )
        memory_tell("export.requested", ("export", export.id), now=now, whole=conditions is None)
        enqueue(WRITE_EXPORT, organization_id=organization_id, export_id=str(export.id), now=now)
    return export


def export_write(
    *, organization_id: UUID, export_id: UUID, on_wait: Callable[[], None] = lambda: None, now: datetime
) -> None:
    """Write the archive of an export and put it into the storage. What a former attempt left is erased first."""
    key = f"{schema_name_for(organization_id)}/{EXPORTS}/{new_id()}"
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(id=export_id).first()
        if export is None or export.status in {Export.Status.SUCCEEDED, Export.Status.FAILED}:
            return
        left, export.storage_key = export.storage_key, key
        export.status, export.done, export.total = Export.Status.RUNNING, 0, 0
        export.save(update_fields=["storage_key", "status", "done", "total"])
    if left:
        original_erase(left)
    looking = Looking(export, on_wait)
    try:
        with TemporaryFile() as file:
            written = archive_write(export, file, looking=looking, now=now)
            digest, size = _measured(file)
            looking.look()
            archive_put(key, File(file), on_wait=on_wait)
        wanted = _finish(export_id, key, written, digest=digest, size=size, now=timezone.now())
    except ExportGone:
        wanted = False
    if not wanted:
        original_erase(key)


def export_fail(*, export_id: UUID, now: datetime) -> None:
    """Say that the archive will not be written."""
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(id=export_id).first()
        if export is None or export.finished_at is not None:
            return
        export.status, export.finished_at, export.expires_at = Export.Status.FAILED, now, now + EXPORT_LIFETIME
        export.error = "The archive could not be written. Ask for another one."
        export.save(update_fields=["status", "finished_at", "expires_at", "error"])
        _tell("export.finished", export, now=now, status=export.status)
    if export.storage_key:
        original_erase(export.storage_key)


def export_ready(*, export_id: UUID, now: datetime) -> Export:
    """Return an export whose archive is written. Raises `ExportNotFound` or `ExportNotReady`."""
    export = export_get(export_id=export_id, now=now)
    if export.status != Export.Status.SUCCEEDED:
        raise ExportNotReady("The archive is not written yet." if export.finished_at is None else export.error)
    return export


def export_fetch(*, export_id: UUID, now: datetime) -> tuple[Export, "File[Any]"]:
    """Open the archive of an export, and tell that somebody did. Raises `ExportNotFound` or `ExportNotReady`."""
    export = export_ready(export_id=export_id, now=now)
    try:
        content = original_open(export.storage_key)
    except FileNotFoundError:
        raise ExportNotReady("The archive is not in the storage.") from None
    with transaction.atomic():
        _tell("export.downloaded", export, now=now)
    return export, content


@transaction.atomic
def export_delete(*, organization_id: UUID, export_id: UUID, now: datetime) -> None:
    """Delete an export with its archive; one that is being written stops. Raises `ExportNotFound`."""
    export_get(export_id=export_id, now=now)
    for export in Export.objects.select_for_update().filter(id=export_id):
        _delete(export, organization_id=organization_id, now=now)


@transaction.atomic
def exports_expire(*, organization_id: UUID, now: datetime) -> int:
    """Delete the exports whose time is over; return how many."""
    expired = list(Export.objects.select_for_update().filter(expires_at__lte=now).order_by("id"))
    for export in expired:
        _delete(export, organization_id=organization_id, now=now)
    return len(expired)


def archives_sweep(*, organization_id: UUID, now: datetime) -> int:
    """Erase the archives that no row names, which a crash has left; return how many."""
    keys = set(archives_of(schema_name_for(organization_id)))
    keys -= set(Export.objects.values_list("storage_key", flat=True))
    keys -= set(Import.objects.values_list("storage_key", flat=True))
    lost = [key for key in sorted(keys) if original_kept_at(key) < now - SWEPT_AFTER]
    for key in lost:
        original_erase(key)
    return len(lost)


def _delete(export: Export, *, organization_id: UUID, now: datetime) -> None:
    if export.storage_key:
        enqueue(ERASE_ORIGINAL, organization_id=organization_id, key=export.storage_key, now=now)
    _tell("export.deleted", export, now=now)
    export.delete()


def _tell(name: str, export: Export, *, now: datetime, **more: Any) -> None:
    held = {"memories": export.counts.get("memories", 0), "size_bytes": export.size_bytes}
    memory_tell(name, ("export", export.id), now=now, **held, **more)


def _finish(export_id: UUID, key: str, written: Written, *, digest: str, size: int, now: datetime) -> bool:
    """Say that the archive is there; False if nobody waits for it any more."""
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(id=export_id, storage_key=key).first()
        if export is None:
            return False
        export.status, export.counts = Export.Status.SUCCEEDED, written.counts
        export.done = export.total = written.counts["memories"]
        export.damaged = [str(one) for one in written.damaged[:MAX_DAMAGED_SHOWN]]
        export.size_bytes, export.sha256 = size, digest
        export.finished_at, export.expires_at = now, now + EXPORT_LIFETIME
        export.save()
        ExportPart.objects.bulk_create(
            ExportPart(export=export, first_number=int(part[0]), last_number=int(part[-1]), numbers=packed)
            for packed in written.numbers
            if len(part := np.frombuffer(packed, dtype=NUMBERS))
        )
        _tell("export.finished", export, now=now, status=export.status)
    return True


def _measured(file: IO[bytes]) -> tuple[str, int]:
    digest = hashlib.sha256()
    file.seek(0)
    while part := file.read(_PART):
        digest.update(part)
    return digest.hexdigest(), file.tell()
