"""What happens to a memory after it is stored: the trash, the way back, and the end."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from apps.billing.services import quota_release, quota_reserve
from apps.billing.types import Meter
from apps.memory.exceptions import ExternalIdConflict, MemoryNotFound
from apps.memory.models import Entity, Memory, MemoryQuerySet, MemoryRemoval
from apps.memory.selectors.memories import memory_get
from apps.memory.services.changes import change_begin
from apps.memory.types import TRASH_LIFETIME

_PURGE_BATCH = 500


def memory_trash(*, organization_id: UUID, memory_id: UUID, now: datetime) -> None:
    """Move a memory to the trash, where it stays restorable for 30 days; raises `MemoryNotFound`."""
    memory_get(memory_id=memory_id, now=now)
    with transaction.atomic():
        change = change_begin()
        memory = memory_get(memory_id=memory_id, now=now)
        Memory.objects.filter(id=memory_id).update(deleted_at=now, change=change.change)
        quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=memory.size_bytes, now=now)


def memory_restore(*, organization_id: UUID, memory_id: UUID, now: datetime) -> Memory:
    """Take a memory out of the trash. Raises `MemoryNotFound`, `ExternalIdConflict` or `QuotaExceeded`."""
    _trashed(memory_id, now=now)
    try:
        with transaction.atomic():
            change = change_begin()
            memory = _trashed(memory_id, now=now)
            memory.deleted_at, memory.change = None, change.change
            memory.save(update_fields=["deleted_at", "change"])
            quota_reserve(
                organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=memory.size_bytes, now=now
            )
    except IntegrityError:
        raise ExternalIdConflict("Another memory has taken its external id since.") from None
    return memory


@transaction.atomic
def trash_empty(*, now: datetime) -> int:
    """Delete for good what has been in the trash for 30 days, and entities that nothing names any more."""
    return _purge(Memory.objects.filter(deleted_at__lte=now - TRASH_LIFETIME))


def _purge(rows: MemoryQuerySet) -> int:
    """Delete these memories for good, leaving only their numbers to those who follow the changes."""
    if not rows.exists():
        return 0
    change = change_begin()
    numbers = dict(rows.select_for_update().order_by("id").values_list("id", "number"))
    MemoryRemoval.objects.bulk_create(MemoryRemoval(number=one, change=change.change) for one in numbers.values())
    ids = list(numbers)
    for start in range(0, len(ids), _PURGE_BATCH):
        # Django fetches what it deletes; the texts need not come along.
        Memory.objects.filter(id__in=ids[start : start + _PURGE_BATCH]).only("id").delete()
    with connection.cursor() as cursor:
        # Every store writes to this table before it names an entity: none may do so while unnamed ones are removed.
        cursor.execute("LOCK TABLE memory_entity IN SHARE ROW EXCLUSIVE MODE")
    Entity.objects.filter(mentions=None, relations_out=None, relations_in=None).delete()
    return len(ids)


def _trashed(memory_id: UUID, *, now: datetime) -> Memory:
    memory = Memory.objects.trashed(now).filter(id=memory_id).first()
    if memory is None:
        raise MemoryNotFound("There is no memory with this id in the trash.")
    return memory
