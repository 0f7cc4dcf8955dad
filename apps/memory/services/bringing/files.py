"""The originals of an archive."""

from datetime import datetime
from tempfile import TemporaryFile

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from apps.billing.services.quotas import quota_check, quota_reserve
from apps.billing.types import Meter
from apps.core.exceptions import DomainError
from apps.core.ids import new_id
from apps.core.tenancy.scope import schema_name_for
from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.reading import BadLine
from apps.memory.adapters.documents import MEDIA_TYPES
from apps.memory.adapters.originals import original_erase, original_put
from apps.memory.exceptions import ImportConflict, ItemInvalid
from apps.memory.models import SourceFile
from apps.memory.services.bringing.sorting import Fault
from apps.memory.services.bringing.turn import Turn
from apps.memory.services.changes import change_begin
from apps.memory.services.files import name_storable
from apps.memory.services.telling import memory_tell

_PART = 1 << 20


def files_bring(turn: Turn) -> None:
    lines = enumerate(turn.reader.lines(form.FILES, form.FileLine, skip=turn.one.line), turn.one.line + 1)
    for number, line in lines:
        now = timezone.now()
        faults: list[Fault] = []
        if isinstance(line, BadLine):
            faults.append(Fault(number, ItemInvalid.code, line.detail))
        elif (reason := _refused(turn, line)) is not None:
            faults.append(Fault(number, reason.code, reason.detail))
        with transaction.atomic():
            change_begin(now=now)
            turn.advance(line=number)
            if not faults and isinstance(line, form.FileLine):
                _bring(turn, line, now=now)
            turn.note(form.FILES, faults, now=now)
        turn.pause()


def _refused(turn: Turn, line: form.FileLine) -> DomainError | None:
    known = SourceFile.objects.filter(id=line.id).values_list("sha256", flat=True).first()
    if known is not None and known != line.sha256:
        return ImportConflict("The file is here with another content.")
    if line.media_type not in MEDIA_TYPES.values():
        return ItemInvalid("The file has a media type that no file has here.")
    if line.content:
        member = turn.reader.members.get(form.file_member(line.id))
        if member is None or (member.sha256, member.size_bytes) != (line.sha256, line.size_bytes):
            return ItemInvalid("The original is not what its line says.")
    return None


def _bring(turn: Turn, line: form.FileLine, *, now: datetime) -> None:
    if SourceFile.objects.filter(id=line.id).exists():
        return
    key = f"{schema_name_for(turn.organization_id)}/{new_id()}"
    kept = line.content and line.deleted_at is None
    if kept:
        size = line.size_bytes
        quota_check(organization_id=turn.organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
        with TemporaryFile() as copy:
            with turn.reader.content(form.file_member(line.id)) as content:
                while part := content.read(_PART):
                    copy.write(part)
            original_put(key, File(copy))
    try:
        with transaction.atomic():
            SourceFile.objects.create(
                id=line.id,
                name=name_storable(line.name),
                media_type=line.media_type,
                size_bytes=line.size_bytes,
                sha256=line.sha256,
                storage_key=key,
                module=line.module,
                created_by=line.created_by,
                created_at=line.created_at,
                deleted_at=None if kept else line.deleted_at or now,
            )
            if kept:
                media = {"media_type": line.media_type, "size_bytes": line.size_bytes}
                memory_tell("file.stored", ("file", line.id), now=now, **media)
                quota_reserve(
                    organization_id=turn.organization_id,
                    meter=Meter.MEMORY_BYTES,
                    quantity=line.size_bytes,
                    now=now,
                )
    except BaseException:
        original_erase(key)
        raise
