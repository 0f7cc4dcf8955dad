"""Imports: an archive of a memory, brought into this one.

An archive is checked as a whole before anything of it is taken. Then its members are brought in steps, each in the
transaction that notes how far the import has come: a worker that was killed has lost the step in hand, and brought
nothing twice. What is here already is left as it is, so the same archive can be imported any number of times.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from apps.billing.exceptions import QuotaExceeded
from apps.core.ids import new_id
from apps.core.services import enqueue
from apps.core.tenancy.scope import schema_name_for
from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.reading import ArchiveReader, ArchiveRefused
from apps.memory.adapters.originals import IMPORTS, archive_copy, original_erase, original_put
from apps.memory.exceptions import ArchiveInvalid, ImportRunning, OperationFinished
from apps.memory.models import Import
from apps.memory.selectors.exports import UNFINISHED, import_get
from apps.memory.services.bringing.rules import KINDS, holds_sorted, rules_sorted
from apps.memory.services.bringing.sorting import Fault, sorted_out
from apps.memory.services.bringing.steps import archive_bring
from apps.memory.services.bringing.turn import MOST_FAULTS, OutOfTime, Turn, TurnLost
from apps.memory.services.changes import change_begin
from apps.memory.services.exports import ERASE_ORIGINAL
from apps.memory.services.files import name_storable
from apps.memory.services.telling import memory_tell
from apps.memory.services.understanding import unread
from apps.memory.services.vectors import understanding_start
from apps.memory.types import ArchiveLimits

READ_ARCHIVE = "memory.read_archive"
_MEMORIES = 100
_LIMITS = ArchiveLimits()


@dataclass(slots=True)
class Preview:
    """What an import would do."""

    total: int = 0
    created: int = 0
    skipped: int = 0
    failed: int = 0
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    # What would be set that is not set here.
    holds: list[form.HoldLine] = field(default_factory=list)
    rules: list[form.RuleLine] = field(default_factory=list)

    def note(self, member: str, faults: Sequence[Fault]) -> None:
        self.failed += len(faults)
        self.faults += [(member, one) for one in faults][: MOST_FAULTS - len(self.faults)]


def import_create(
    *, organization_id: UUID, name: str, content: "File[Any]", user_id: UUID | None, now: datetime
) -> Import:
    """Keep an archive and have it imported. Raises `ArchiveInvalid` or `ImportRunning`."""
    with _refusals(), ArchiveReader(_raw(content), _LIMITS) as reader:
        total = reader.manifest.counts.get("memories", 0)
    key = f"{schema_name_for(organization_id)}/{IMPORTS}/{new_id()}"
    # Before the row of the context is taken: writing may be slow, and others wait for that.
    original_put(key, content)
    one = Import(
        name=name_storable(name),
        storage_key=key,
        size_bytes=content.size,
        total=total,
        created_by=user_id,
        created_at=now,
    )
    try:
        _begin(one, organization_id=organization_id, now=now)
    except BaseException:
        original_erase(key)
        raise
    return one


@transaction.atomic
def _begin(one: Import, *, organization_id: UUID, now: datetime) -> None:
    # The row of the context, so that of two calls at once one waits for the other.
    change_begin(now=now)
    if Import.objects.filter(status__in=UNFINISHED).exists():
        raise ImportRunning("Wait for its end, or cancel it.")
    one.save()
    memory_tell("import.started", ("import", one.id), now=now, size_bytes=one.size_bytes)
    enqueue(READ_ARCHIVE, organization_id=organization_id, import_id=str(one.id), now=now)


def import_preview(*, content: "File[Any]", on_wait: Callable[[], None] = lambda: None, now: datetime) -> Preview:
    """Tell what an import would do, and do nothing. Raises `ArchiveInvalid`."""
    found = Preview()
    with _refusals(), ArchiveReader(_raw(content), _LIMITS) as reader:
        reader.verify(on_wait)
        for part in range(1, reader.parts + 1):
            member = form.memories_member(part)
            lines = enumerate(reader.lines(member, form.MemoryLine), start=1)
            while batch := list(islice(lines, _MEMORIES)):
                on_wait()
                batch_sorted = sorted_out(batch, reader.manifest, now=now)
                found.total += len(batch)
                found.created += len(batch_sorted.fresh)
                found.skipped += batch_sorted.skipped
                found.note(member, batch_sorted.faults)
        found.holds, faults = holds_sorted(list(reader.lines(form.HOLDS, form.HoldLine)), now=now)
        found.note(form.HOLDS, faults)
        rules = list(reader.lines(form.RULES, form.RuleLine))
        for kind in KINDS:
            fresh, faults = rules_sorted(rules, kind=kind, now=now)
            found.rules += fresh
            found.note(form.RULES, faults)
    return found


def import_cancel(*, organization_id: UUID, import_id: UUID, now: datetime) -> Import:
    """Stop after the step in hand; what was brought stays. Raises `ImportNotFound` or `OperationFinished`."""
    import_get(import_id=import_id)
    with transaction.atomic():
        one = Import.objects.select_for_update().get(id=import_id)
        if one.status not in UNFINISHED:
            raise OperationFinished("The import has ended already.")
        _end(one, Import.Status.CANCELLED, organization_id=organization_id, now=now)
    return one


def import_fail(*, organization_id: UUID, import_id: UUID, now: datetime) -> None:
    """Say that nobody will go on with it."""
    error = ("internal_error", "The import could not be brought to its end. What was brought stays; import again.")
    with transaction.atomic():
        one = Import.objects.select_for_update().get(id=import_id)
        if one.status in UNFINISHED:
            _end(one, Import.Status.FAILED, error=error, organization_id=organization_id, now=now)


def import_process(
    *,
    organization_id: UUID,
    import_id: UUID,
    on_wait: Callable[[], None] = lambda: None,
    budget: timedelta | None = None,
) -> bool:
    """Bring what is left of an archive. Returns False if the time budget ran out first."""
    one = import_get(import_id=import_id)
    if one.status not in UNFINISHED:
        return True
    try:
        with TemporaryFile() as copy:
            error: tuple[str, str] | None = None
            try:
                archive_copy(one.storage_key, copy, on_wait=on_wait)
                with _refusals(), ArchiveReader(copy, _LIMITS) as reader:
                    archive_bring(Turn(one, reader, organization_id, on_wait, budget))
            except FileNotFoundError:
                error = (ArchiveInvalid.code, "The archive is not in the storage.")
            except (ArchiveInvalid, QuotaExceeded) as refusal:
                error = (refusal.code, refusal.detail)
    except TurnLost:
        return True
    except OutOfTime:
        return False
    with transaction.atomic():
        now = timezone.now()
        one = Import.objects.select_for_update().get(id=import_id)
        if one.status in UNFINISHED:
            status = Import.Status.FAILED if error else Import.Status.SUCCEEDED
            _end(one, status, error=error, organization_id=organization_id, now=now)
    return True


def _end(
    one: Import,
    status: Import.Status,
    *,
    error: tuple[str, str] | None = None,
    organization_id: UUID,
    now: datetime,
) -> None:
    """Close an import whose row the caller has locked, and have its archive erased."""
    enqueue(ERASE_ORIGINAL, organization_id=organization_id, key=one.storage_key, now=now)
    one.status, one.finished_at, one.storage_key = status, now, ""
    one.error_code, one.error_detail = error or ("", "")
    one.save(update_fields=["status", "finished_at", "storage_key", "error_code", "error_detail"])
    counts = {"created": one.created, "skipped": one.skipped, "failed": one.failed}
    memory_tell("import.finished", ("import", one.id), now=now, status=one.status, **counts)
    if unread().exists():
        understanding_start(organization_id=organization_id, now=now)


@contextmanager
def _refusals() -> Iterator[None]:
    """Make `ArchiveInvalid` of what the reader of archives refuses."""
    try:
        yield
    except ArchiveRefused as error:
        raise ArchiveInvalid(str(error)) from None


def _raw(content: "File[Any]") -> IO[bytes]:
    content.seek(0)
    return content.file or content
