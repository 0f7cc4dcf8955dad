"""The end of old events."""

from celery import shared_task
from django.utils import timezone

from apps.core.tasks import HousekeepingTask
from apps.events.services.outbox import PURGE_BATCH, events_purge


@shared_task(name="events.purge", base=HousekeepingTask)
def purge() -> int:
    total = count = events_purge(now=timezone.now())
    while count == PURGE_BATCH:
        count = events_purge(now=timezone.now())
        total += count
    return total
