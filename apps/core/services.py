"""Background work by name, and the clean-up of what has expired."""

import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.core.models import IdempotencyRecord, Job
from apps.core.request_context import request_id
from apps.core.tenancy.scope import public_scope
from apps.core.tracing import traceparent

# A worker renews its lease while it works; when it dies, the sweep takes over after this time.
JOB_LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
JOB_MAX_ATTEMPTS = 8
JOB_BACKOFF_CAP = timedelta(minutes=10)
IDEMPOTENCY_LIFETIME = timedelta(hours=24)
FAILED_JOB_LIFETIME = timedelta(days=30)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def enqueue(name: str, *, organization_id: UUID | None, now: datetime | None = None, **arguments: Any) -> Job:
    """Record a job in the current transaction and hand it to Celery once that has committed.

    `name` is a registered task, `arguments` are JSON values. The organisation travels explicitly, not by ambient state.
    """
    now = now or timezone.now()
    job = Job.objects.create(
        name=name,
        organization_id=organization_id,
        arguments=arguments,
        request_id=request_id()[:64],
        traceparent=traceparent(),
        available_at=now + JOB_LEASE,
        created_at=now,
    )
    transaction.on_commit(partial(_job_send, job.id, name))
    return job


def _job_send(job_id: UUID, name: str) -> None:
    # Kombu turns the transport's own errors into one of its own, but not on every path.
    try:
        current_app.send_task(name, kwargs={"job_id": str(job_id)}, retry=False)
    except (OperationalError, RedisError, OSError):
        # The row is committed: the sweep sends it again when the broker is back.
        return


def job_claim(*, job_id: UUID, now: datetime) -> Job | None:
    """Take a queued job for this worker; return None if it is done, given up, or running elsewhere."""
    taken = Job.objects.filter(id=job_id, status=Job.Status.QUEUED).update(
        status=Job.Status.RUNNING, attempts=F("attempts") + 1, available_at=now + JOB_LEASE
    )
    return Job.objects.get(id=job_id) if taken else None


def job_renew(*, job_id: UUID, now: datetime) -> None:
    """Extend the lease of a job that made progress, and forget its earlier failures; call it within `JOB_LEASE`."""
    with public_scope():
        Job.objects.filter(id=job_id, status=Job.Status.RUNNING).update(available_at=now + JOB_LEASE, attempts=1)


def job_finish(*, job_id: UUID) -> None:
    Job.objects.filter(id=job_id).delete()


def job_retry_later(*, job: Job, error: str, now: datetime) -> None:
    """Queue a failed attempt again, after a delay that doubles with each attempt."""
    delay = min(JOB_BACKOFF_CAP, timedelta(seconds=2**job.attempts))
    Job.objects.filter(id=job.id).update(status=Job.Status.QUEUED, error=error, available_at=now + delay)


def job_give_up(*, job: Job) -> None:
    Job.objects.filter(id=job.id).update(status=Job.Status.FAILED)


def jobs_send_due(*, now: datetime, send: Callable[[UUID, str], None] = _job_send) -> int:
    """Queue every job whose time has come again: its message was lost, its delay is over, or its worker died.

    Safe to run twice at once: a job is claimed by one worker only.
    """
    due = Job.objects.filter(available_at__lte=now).exclude(status=Job.Status.FAILED).order_by("available_at")[:1000]
    rows = list(due.values_list("id", "name"))
    Job.objects.filter(id__in=[job_id for job_id, _ in rows], available_at__lte=now).update(
        status=Job.Status.QUEUED, available_at=now + JOB_LEASE
    )
    for job_id, name in rows:
        send(job_id, name)
    return len(rows)


def answers_naming(organization_id: UUID, names: Collection[str]) -> list[int]:
    """Return the remembered answers of an organisation that name one of these ids."""
    wanted = {name.lower() for name in names}
    answers = IdempotencyRecord.objects.filter(owner__startswith=f"{organization_id}/", response_body__isnull=False)
    rows = answers.values_list("id", Cast("response_body", TextField())).iterator()
    return [row_id for row_id, body in rows if not wanted.isdisjoint(_ID.findall(body))]


def answers_forget(organization_id: UUID, names: Collection[str]) -> int:
    """Forget the remembered answers that name one of these ids: whoever repeats such a call makes a new one."""
    count, _ = IdempotencyRecord.objects.filter(id__in=answers_naming(organization_id, names)).delete()
    return count


def expired_purge(*, now: datetime) -> int:
    """Forget idempotency answers after a day and failed jobs after a month; return the number of rows removed."""
    answers, _ = IdempotencyRecord.objects.filter(created_at__lt=now - IDEMPOTENCY_LIFETIME).delete()
    jobs, _ = Job.objects.filter(status=Job.Status.FAILED, created_at__lt=now - FAILED_JOB_LIFETIME).delete()
    return answers + jobs
