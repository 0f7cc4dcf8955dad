"""The base of all Celery tasks, and the two housekeeping tasks of the core."""

import logging
import time
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from apps.core import services
from apps.core.models import Job
from apps.core.request_context import new_request_id, request_id_set
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.core.tracing import SpanKind, parsed, span

logger = logging.getLogger(__name__)


class HousekeepingTask(Task):  # type: ignore[type-arg]  # generic only in the stubs
    """Runs in the public scope, without a job: periodic work that is safe to lose and safe to do twice."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with public_scope(), request_id_set(new_request_id()), span(self.name, SpanKind.CONSUMER):
            return super().__call__(*args, **kwargs)


class OrganizationTask(Task):  # type: ignore[type-arg]  # generic only in the stubs
    """Runs a job inside the scope of the organisation that its row names.

    The function gets `job_id`, `organization_id` and the job's arguments. A task without a job row does not run:
    nothing says whose data it would touch.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if args or set(kwargs) != {"job_id"}:
            raise TypeError(f"{self.name} runs only as a job: use apps.core.services.enqueue")
        return self._run_job(UUID(kwargs["job_id"]))

    def _run_job(self, job_id: UUID) -> Any:
        with public_scope():
            job = services.job_claim(job_id=job_id, now=timezone.now())
            if job is None:
                return None
        began = time.monotonic()
        with request_id_set(job.request_id), span(self.name, SpanKind.CONSUMER, parent=parsed(job.traceparent)):
            if job.attempts > services.JOB_MAX_ATTEMPTS:
                return self._give_up(job)
            try:
                with public_scope(), self.scope_of(job):
                    result = super().__call__(job_id=job_id, organization_id=job.organization_id, **job.arguments)
            except Exception as error:
                logger.exception("job %s (%s) failed", job_id, self.name, extra=_whose(job))
                with public_scope():
                    services.job_retry_later(job=job, error=f"{type(error).__name__}: {error}", now=timezone.now())
                raise
            with public_scope():
                services.job_finish(job_id=job_id)
            took = time.monotonic() - began
            logger.info("job %s (%s) done in %.1f s", job_id, self.name, took, extra=_whose(job))
            return result

    def scope_of(self, job: Job) -> AbstractContextManager[None]:
        """Return the scope of a job; raise `ValueError` for one that names no organisation."""
        if job.organization_id is None:
            raise ValueError(f"job {job.id} of {self.name} names no organisation")
        return organization_scope(job.organization_id)

    def _give_up(self, job: Job) -> None:
        attempts = services.JOB_MAX_ATTEMPTS
        logger.error("job %s (%s) given up after %d attempts", job.id, self.name, attempts, extra=_whose(job))
        with public_scope(), self.scope_of(job):
            self.gave_up(organization_id=job.organization_id, **job.arguments)
        with public_scope():
            services.job_give_up(job=job)

    def gave_up(self, **arguments: Any) -> None:
        """Record that the work will not be done; called once, with what the function would have got."""


class PublicTask(OrganizationTask):
    """Runs a job of no organisation, in the public scope: it reaches the data of none."""

    abstract = True

    def scope_of(self, job: Job) -> AbstractContextManager[None]:
        del job
        return public_scope()


def _whose(job: Job) -> dict[str, str]:
    """Return what a line of the log says of a job outside of its scope."""
    return {"job": job.name} | ({"organization_id": str(job.organization_id)} if job.organization_id else {})


@shared_task(name="core.sweep_jobs", base=HousekeepingTask)
def sweep_jobs() -> int:
    return services.jobs_send_due(now=timezone.now())


@shared_task(name="core.purge_expired", base=HousekeepingTask)
def purge_expired() -> int:
    return services.expired_purge(now=timezone.now())
