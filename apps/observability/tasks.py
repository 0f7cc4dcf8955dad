from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.core.tasks import HousekeepingTask
from apps.observability.adapters.log_store import LogStore
from apps.observability.dependencies import health
from apps.observability.handlers import WATCH
from apps.observability.services.incidents import incidents_follow, incidents_purge


@shared_task(name="observability.purge_logs", base=HousekeepingTask)
def purge_logs() -> int:
    if not settings.LOG_FOLDER:
        return 0
    store = LogStore(Path(settings.LOG_FOLDER))
    return store.purge(now=timezone.now(), days=settings.LOG_DAYS, megabytes=settings.LOG_FOLDER_MB)


@shared_task(name=WATCH, base=HousekeepingTask)
def watch() -> None:
    """Look how everything is; that it is asked for at all is the scheduler's sign of life."""
    incidents_follow(found=health(), now=timezone.now())


@shared_task(name="observability.purge_incidents", base=HousekeepingTask)
def purge_incidents() -> int:
    return incidents_purge(now=timezone.now())
