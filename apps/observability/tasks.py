from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.core.tasks import HousekeepingTask
from apps.observability.adapters.log_store import LogStore


@shared_task(name="observability.purge_logs", base=HousekeepingTask)
def purge_logs() -> int:
    if not settings.LOG_FOLDER:
        return 0
    store = LogStore(Path(settings.LOG_FOLDER))
    return store.purge(now=timezone.now(), days=settings.LOG_DAYS, megabytes=settings.LOG_FOLDER_MB)
