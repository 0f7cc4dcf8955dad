"""Brings events to those who act on them: in order, and with each effect once.

How far a consumer has come stands in the row that is locked while it works, and is written in the transaction of what
it does. So two of them cannot work on the same events, and one that is killed leaves nothing half done.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from psycopg_pool import PoolTimeout

from apps.events.models import Consumer, OutboxEvent, ParkedEvent
from apps.events.registry import Handler, consumers
from apps.events.selectors import event_of, events_after
from apps.events.types import Event

logger = logging.getLogger(__name__)

BATCH = 500
MAX_ATTEMPTS = 6
_FIRST_DELAY = timedelta(seconds=1)
# The database is away, or had to choose between two transactions: nothing is wrong with the event.
_TRANSIENT = (OperationalError, InterfaceError, PoolTimeout)


def consume(name: str, *, batch: int = BATCH) -> int | None:
    """Bring the next events to a consumer; return how many, or None when another process does it at present."""
    handler = consumers()[name]
    size = batch
    while size > 1:
        try:
            return _step(name, handler, size)
        except _TRANSIENT:
            raise
        except Exception:
            logger.warning("consumer %s failed on a batch of %d; trying fewer", name, size, exc_info=True)
            size //= 8
    return _one(name, handler)


@transaction.atomic
def _step(name: str, handler: Handler, batch: int) -> int | None:
    row = _locked(name)
    if row is None or _waits(row):
        return None if row is None else 0
    events = events_after(sequence=row.sequence, limit=batch)
    if events:
        handler(events)
        _move(row, events[-1])
    return len(events)


def _one(name: str, handler: Handler) -> int | None:
    """Bring a single event; what fails is tried again later and parked in the end."""
    failed: tuple[Event, str] | None = None
    with transaction.atomic():
        row = _locked(name)
        if row is None or _waits(row):
            return None if row is None else 0
        events = events_after(sequence=row.sequence, limit=1)
        if not events:
            return 0
        (event,) = events
        try:
            with transaction.atomic():
                handler(events)
        except _TRANSIENT:
            raise
        except Exception as error:
            logger.exception("consumer %s failed on %s %s", name, event.name, event.id)
            failed = event, f"{type(error).__name__}: {error}"
        if failed is None:
            _move(row, event)
            return 1
        row.attempts, row.error, row.moved_at = row.attempts + 1, failed[1], timezone.now()
        row.save(update_fields=["attempts", "error", "moved_at"])
        if row.attempts < MAX_ATTEMPTS:
            return 0
        logger.error("consumer %s parks %s %s", name, event.name, event.id)
        ParkedEvent.objects.get_or_create(consumer=name, event_id=event.id, defaults={"error": failed[1]})
        _move(row, event)
        return 1


def parked_retry(*, parked_id: UUID) -> None:
    """Bring a parked event to its consumer again; raises what the consumer raises."""
    with transaction.atomic():
        parked = ParkedEvent.objects.select_for_update().get(id=parked_id)
        event = OutboxEvent.objects.get(id=parked.event_id)
        consumers()[parked.consumer]([event_of(event)])
        parked.delete()


def consumers_ensure() -> None:
    """Make the rows of consumers that are new: they begin with the first event there is."""
    known = set(Consumer.objects.values_list("name", flat=True))
    Consumer.objects.bulk_create(
        [Consumer(name=name) for name in consumers() if name not in known], ignore_conflicts=True
    )


def consumer_seen(name: str) -> int:
    """Note that somebody works for a consumer; return how far it has come."""
    Consumer.objects.filter(name=name).update(seen_at=timezone.now())
    return Consumer.objects.values_list("sequence", flat=True).get(name=name)


def _locked(name: str) -> Consumer | None:
    return Consumer.objects.select_for_update(skip_locked=True).filter(name=name).first()


def _waits(row: Consumer) -> bool:
    """Return whether the next event failed a short while ago."""
    if not row.attempts:
        return False
    delay: timedelta = _FIRST_DELAY * 2 ** (row.attempts - 1)
    return bool(timezone.now() - row.moved_at < delay)


def _move(row: Consumer, to: Event) -> None:
    row.sequence, row.attempts, row.error, row.moved_at = to.sequence, 0, "", timezone.now()
    row.save(update_fields=["sequence", "attempts", "error", "moved_at"])
