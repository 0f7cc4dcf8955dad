"""Original files: kept when they are brought in, deleted on request or with the last of their memories.

The bytes are written before the row that names them and erased after it, by a job; what a crash leaves between is found
by `files_sweep`. Whoever deletes holds the row of the context, so that no memory comes to a file meanwhile.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.billing.services.quotas import quota_check, quota_release, quota_reserve
from apps.billing.types import Meter
from apps.core.ids import new_id
from apps.core.services import enqueue
from apps.core.tenancy.scope import current_scope, schema_name_for
from apps.memory.adapters.documents import MEDIA_TYPES, ending_of
from apps.memory.adapters.originals import (
    archives_of,
    folders_drop,
    original_erase,
    original_kept_at,
    original_put,
    originals_of,
)
from apps.memory.engine.reader import Reader
from apps.memory.exceptions import FileInUse
from apps.memory.models import Memory, Operation, OperationFile, OperationItem, SourceFile
from apps.memory.selectors.exports import imports_at_work
from apps.memory.selectors.files import file_get
from apps.memory.services.changes import change_begin
from apps.memory.services.telling import memory_tell

_MAX_NAME = 255
# A key without a row may be one whose row is about to be written.
SWEPT_AFTER = timedelta(days=1)


def name_storable(name: str) -> str:
    """Return what a client calls a file without what no column takes; of a long name the end."""
    return name.encode(errors="replace").decode().replace("\0", "")[-_MAX_NAME:]


def file_keep(
    *,
    organization_id: UUID,
    name: str,
    content: "File[Any]",
    module: str = "",
    user_id: UUID | None,
    now: datetime,
) -> SourceFile:
    """Keep the original of a file, once for each name, content and sender; it counts as memory.

    Raises `UnsupportedFile` or `QuotaExceeded`.
    """
    name = name_storable(name)
    media_type, size = MEDIA_TYPES[ending_of(name)], content.size
    digest = _sha256(content)
    with transaction.atomic():
        known = (
            SourceFile.objects.select_for_update()
            .filter(name=name, sha256=digest, module=module, deleted_at=None)
            .order_by("id")
            .first()
        )
        if known is not None:
            return known
        quota_check(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
        file_id = new_id()
        key = f"{schema_name_for(organization_id)}/{file_id}"
        # Before the quota's counter is taken: writing may be slow, and others wait for that.
        original_put(key, content)
        try:
            with transaction.atomic():
                file = SourceFile.objects.create(
                    id=file_id,
                    name=name,
                    media_type=media_type,
                    size_bytes=size,
                    sha256=digest,
                    storage_key=key,
                    module=module,
                    created_by=user_id,
                    created_at=now,
                )
                memory_tell("file.stored", ("file", file.id), now=now, media_type=media_type, size_bytes=size)
                quota_reserve(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
        except BaseException:
            original_erase(key)
            raise
    return file


@transaction.atomic
def file_delete(*, organization_id: UUID, file_id: UUID, reader: Reader, now: datetime) -> None:
    """Delete an original; the memories that were read from it stay. Raises `FileNotFound` or `FileInUse`."""
    file_get(file_id=file_id, reader=reader)
    change_begin(now=now)
    if not originals_delete([file_id], organization_id=organization_id, now=now):
        # Gone meanwhile, or still to be read.
        file_get(file_id=file_id, reader=reader)
        raise FileInUse("The file is being read. Cancel its operation first, or wait for its end.")


def files_release(*, file_ids: Collection[UUID], now: datetime) -> None:
    """Delete those of these files of which no memory is left. Only within a change."""
    organization_id = current_scope().organization_id
    if organization_id is None:
        raise RuntimeError("the memory of no organisation is at work here")
    left = SourceFile.objects.filter(id__in=file_ids).exclude(Exists(Memory.objects.filter(file=OuterRef("pk"))))
    # Of some of them memories may be about to come.
    awaited = OperationFile.objects.filter(file=OuterRef("pk"), operation__finished_at=None)
    ids = list(left.exclude(Exists(awaited)).values_list("id", flat=True))
    originals_delete(ids, organization_id=organization_id, now=now)
    _rows_drop(ids)


def files_sweep(*, organization_id: UUID, now: datetime) -> int:
    """Erase what the storage holds for an organisation and no row names any more; return how much that was."""
    schema_name = schema_name_for(organization_id)
    keys = set(originals_of(schema_name))
    keys -= set(SourceFile.objects.filter(deleted_at=None).values_list("storage_key", flat=True))
    lost = [key for key in sorted(keys) if original_kept_at(key) < now - SWEPT_AFTER]
    for key in lost:
        original_erase(key)
    if deleted := list(SourceFile.objects.exclude(deleted_at=None).values_list("id", flat=True)):
        with transaction.atomic():
            change_begin(now=now)
            _rows_drop(deleted)
    return len(lost)


def originals_delete_with_organization(*, organization_id: UUID) -> None:
    """Have everything erased that is kept for an organisation, once it is gone."""
    enqueue("memory.erase_originals", organization_id=None, schema_name=schema_name_for(organization_id))


def originals_erase(*, schema_name: str) -> None:
    for key in [*originals_of(schema_name), *archives_of(schema_name)]:
        original_erase(key)
    folders_drop(schema_name)


def originals_delete(file_ids: Collection[UUID], *, organization_id: UUID, now: datetime) -> int:
    """Delete the originals of files that no operation is about to read; return how many. Only within a change."""
    locked = SourceFile.objects.select_for_update().filter(id__in=file_ids, deleted_at=None).order_by("id")
    files = {file.id: file for file in locked}
    # Looked for once they are locked: a batch that is being made has locked its files as well.
    for unread in OperationFile.objects.filter(
        file__in=list(files), is_read=False, operation__status=Operation.Status.READING
    ):
        files.pop(unread.file_id, None)
    for file in files.values():
        file.deleted_at = now
        file.save(update_fields=["deleted_at"])
        enqueue("memory.erase_original", organization_id=organization_id, key=file.storage_key, now=now)
        memory_tell("file.deleted", ("file", file.id), now=now, media_type=file.media_type, size_bytes=file.size_bytes)
        quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=file.size_bytes, now=now)
    _rows_drop(list(files))
    return len(files)


def _rows_drop(file_ids: Collection[UUID]) -> None:
    """Forget deleted files that neither a memory names nor a text that may still become one."""
    if imports_at_work():
        return
    rows = SourceFile.objects.filter(id__in=file_ids).exclude(deleted_at=None)
    for file in rows.exclude(Exists(Memory.objects.filter(file=OuterRef("pk")))):
        if not _has_items(file.id):
            file.delete()


def _has_items(file_id: UUID) -> bool:
    """Tell whether a batch has texts of a file, or may get some, that are not stored."""
    return (
        OperationItem.objects.filter(operation__files__file=file_id, payload__isnull=False).exists()
        or OperationFile.objects.filter(file=file_id, is_read=False).exists()
    )


def _sha256(content: "File[Any]") -> str:
    digest = hashlib.sha256()
    for part in content.chunks():
        digest.update(part)
    return digest.hexdigest()
