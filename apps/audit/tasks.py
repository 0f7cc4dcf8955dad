"""Keeps the ends of the chains outside the database."""

from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.audit.services.heads import heads_export
from apps.core.tasks import HousekeepingTask


@shared_task(name="audit.export_heads", base=HousekeepingTask)
def export_heads() -> int:
    if not settings.AUDIT_HEADS_FILE:
        return 0
    return heads_export(file=Path(settings.AUDIT_HEADS_FILE), now=timezone.now())
