"""Erasure: memories deleted for good wherever they lie, and a signed certificate once nothing of them is found.

The rows go within the request, so that nobody reads them once it is answered. A job does what no transaction can
(files, caches), looks everywhere again, and signs what it found.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from apps.audit.keys import signer
from apps.billing.services.quotas import quota_release
from apps.billing.types import Meter
from apps.core.services import answers_forget, enqueue
from apps.core.tenancy.scope import public_scope
from apps.memory.adapters.cached_values import cached_clear
from apps.memory.adapters.originals import original_erase
from apps.memory.engine.certificates import START, certificate_hash
from apps.memory.engine.reader import EVERYTHING
from apps.memory.exceptions import ErasureNotFound, FileInUse, LegalHoldInForce, MemoryNotFound, TooManyItems
from apps.memory.models import Erasure, InsightPart, Memory, MemoryContext, OperationItem, SourceFile
from apps.memory.selectors.erasures import certificate_content
from apps.memory.selectors.exports import exports_holding
from apps.memory.selectors.holds import holds_of
from apps.memory.selectors.memories import memories_matching
from apps.memory.selectors.places import places_count, subject_of, subject_read
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.exports import export_delete
from apps.memory.services.files import originals_delete
from apps.memory.services.purging import rows_delete
from apps.memory.services.telling import memory_tell
from apps.memory.types import MAX_BULK_ROWS, MemoryConditions, Shelf

ERASE_JOB = "memory.certify_erasure"


class SomethingLeft(Exception):
    """Something of the subject is still found; the job tries again."""


@transaction.atomic
def memories_erase(
    *,
    organization_id: UUID,
    target: Sequence[UUID] | MemoryConditions,
    reason: str,
    user_id: UUID | None,
    now: datetime,
    dry_run: bool = False,
) -> Erasure:
    """Delete memories for good, those in the trash, replaced or expired as well, and start the proof of it.

    Whoever names ids names known ones: raises `MemoryNotFound`. Raises `LegalHoldInForce`, `FileInUse` or
    `TooManyItems`, having erased nothing. A dry run tells what lies where, and takes everything back.
    """
    change = change_begin(now=now)
    memory_ids = _known(target) if not isinstance(target, MemoryConditions) else _matching(target, now=now)
    _check_holds(memory_ids)
    subject = subject_of(organization_id=organization_id, memory_ids=memory_ids, change=change.change)
    erasure = Erasure(
        reason=reason, requested_by=user_id, requested_at=now, subject=subject.as_json(), before=places_count(subject)
    )
    if dry_run:
        transaction.set_rollback(True)
        return erasure
    _delete(memory_ids, organization_id=organization_id, change=change, now=now)
    erasure.save()
    memory_tell("memory.erasure_requested", ("erasure", erasure.id), now=now, memories=len(memory_ids), reason=reason)
    enqueue(ERASE_JOB, organization_id=organization_id, erasure_id=str(erasure.id), now=now)
    return erasure


def erasure_certify(*, erasure_id: UUID, now: datetime) -> Erasure:
    """Remove what is left of an erasure's subject outside of its rows, look everywhere, and sign that it is gone.

    May be done again at any point. Raises `SomethingLeft`.
    """
    erasure = Erasure.objects.get(id=erasure_id)
    if erasure.status == Erasure.Status.CERTIFIED:
        return erasure
    subject = subject_read(erasure.subject)
    for key in (*subject.originals, *subject.exports):
        if key:
            original_erase(key)
    cached_clear(UUID(subject.organization_id))
    answers_forget(UUID(subject.organization_id), subject.memory_ids)
    with transaction.atomic():
        # The row of the context orders the certificates as it does the changes.
        MemoryContext.objects.select_for_update().get()
        InsightPart.objects.filter(change__lt=subject.change).delete()
        erasure = Erasure.objects.select_for_update().get(id=erasure_id)
        if erasure.status == Erasure.Status.CERTIFIED:
            return erasure
        erasure.after = places_count(subject)
        left = sorted(place for place, count in erasure.after.items() if count)
        if left:
            raise SomethingLeft(", ".join(left))
        _sign(erasure, now=now)
        memory_tell(
            "memory.erasure_certified", ("erasure", erasure.id), now=now, number=erasure.number, hash=erasure.hash
        )
    return erasure


@transaction.atomic
def erasure_fail(*, erasure_id: UUID, now: datetime) -> None:
    """Give up: the erasure has no certificate, and says what was left."""
    erasure = Erasure.objects.select_for_update().get(id=erasure_id)
    if erasure.status != Erasure.Status.RUNNING:
        return
    erasure.status, erasure.after = Erasure.Status.FAILED, places_count(subject_read(erasure.subject))
    erasure.save(update_fields=["status", "after"])
    left = sorted(place for place, count in erasure.after.items() if count)
    memory_tell("memory.erasure_failed", ("erasure", erasure.id), now=now, left=left)


@transaction.atomic
def erasure_retry(*, organization_id: UUID, erasure_id: UUID, now: datetime) -> Erasure:
    """Try again to prove an erasure that was given up. Raises `ErasureNotFound`."""
    erasure = Erasure.objects.select_for_update().filter(id=erasure_id).first()
    if erasure is None:
        raise ErasureNotFound("There is no erasure with this id.")
    if erasure.status == Erasure.Status.FAILED:
        erasure.status = Erasure.Status.RUNNING
        erasure.save(update_fields=["status"])
        enqueue(ERASE_JOB, organization_id=organization_id, erasure_id=str(erasure.id), now=now)
    return erasure


def _known(memory_ids: Sequence[UUID]) -> list[UUID]:
    found = list(Memory.objects.filter(id__in=memory_ids).order_by("id").values_list("id", flat=True))
    missing = len(set(memory_ids)) - len(found)
    if missing:
        raise MemoryNotFound(f"There is no memory with {missing} of these ids, or it was deleted for good already.")
    return found


def _matching(conditions: MemoryConditions, *, now: datetime) -> list[UUID]:
    found: set[UUID] = set()
    for shelf in Shelf:
        rows = memories_matching(conditions, reader=EVERYTHING, shelf=shelf, now=now)
        found.update(rows.values_list("id", flat=True)[: MAX_BULK_ROWS + 1])
    if len(found) > MAX_BULK_ROWS:
        raise TooManyItems(f"More than {MAX_BULK_ROWS} memories satisfy the conditions. Narrow them.")
    return sorted(found)


def _check_holds(memory_ids: Sequence[UUID]) -> None:
    holds = holds_of(memory_ids)
    if holds:
        named = ", ".join(f"{hold.name} ({count})" for hold, count in holds.items())
        raise LegalHoldInForce(f"Nothing was erased: memories must be kept by legal hold: {named}.")


def _delete(memory_ids: Sequence[UUID], *, organization_id: UUID, change: Change, now: datetime) -> None:
    rows = Memory.objects.filter(id__in=memory_ids)
    # An original holds the text of the memory, whichever others were read from it.
    file_ids = set(rows.exclude(file=None).values_list("file_id", flat=True))
    originals_delete(file_ids, organization_id=organization_id, now=now)
    for export_id in exports_holding(memory_ids):
        export_delete(organization_id=organization_id, export_id=export_id, now=now)
    if SourceFile.objects.filter(id__in=file_ids, deleted_at=None).exists():
        raise FileInUse("Nothing was erased: a file that holds one of the memories is being read.")
    # What lies in the trash was given back when it went there.
    held = rows.filter(deleted_at=None).aggregate(size=Sum("size_bytes"))["size"] or 0
    rows_delete(memory_ids, change=change, now=now)
    OperationItem.objects.filter(memory_id__in=memory_ids).update(payload=None)
    answers_forget(organization_id, [str(one) for one in memory_ids])
    InsightPart.objects.all().delete()
    quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=held, now=now)


def _sign(erasure: Erasure, *, now: datetime) -> None:
    last = Erasure.objects.exclude(number=None).order_by("-number").first()
    erasure.number = (last.number or 0) + 1 if last else 1
    erasure.previous_hash = last.hash if last else START
    erasure.status, erasure.completed_at = Erasure.Status.CERTIFIED, now
    erasure.hash = certificate_hash(certificate_content(erasure))
    with public_scope():
        by = signer()
    erasure.signature, erasure.key_id = by.sign(bytes.fromhex(erasure.hash), kind="erasure").hex(), by.key_id
    erasure.save()
