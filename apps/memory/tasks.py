"""Background work of the memory."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.services import JOB_LEASE, enqueue, job_renew
from apps.core.tasks import HousekeepingTask, OrganizationTask, PublicTask
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.originals import original_erase
from apps.memory.api.batches import checked
from apps.memory.services.aliases import aliases_merge_certain
from apps.memory.services.archiving import SWEEP_ARCHIVE, archive_sweep
from apps.memory.services.epochs import DROP_EPOCH, epoch_clear, epoch_fail, epoch_fill
from apps.memory.services.erasing import ERASE_JOB, erasure_certify, erasure_fail
from apps.memory.services.exports import WRITE_EXPORT, archives_sweep, export_fail, export_write, exports_expire
from apps.memory.services.files import files_sweep, originals_erase
from apps.memory.services.imports import READ_ARCHIVE, import_fail, import_process
from apps.memory.services.insights import landscape_refresh
from apps.memory.services.operations import READ_FILES, operation_fail, operation_process
from apps.memory.services.purging import trash_empty
from apps.memory.services.reading_files import operation_read
from apps.memory.services.retention import retention_sweep
from apps.memory.services.reviews import FIND_REVIEWS, finding_start, reviews_find
from apps.memory.services.understanding import memories_understand, unread
from apps.memory.services.vectors import FILL_EPOCH, understanding_start

logger = logging.getLogger(__name__)

# After this time a job makes way for other organisations' jobs and goes on at the end of the queue.
_TURN = timedelta(seconds=60)
# An export reads one moment, so it cannot make way. Its job holds a lease, whatever the broker thinks of its message.
_EXPORT_MOST = 6 * 3600


class IngestTask(OrganizationTask):
    abstract = True

    def gave_up(self, **arguments: Any) -> None:
        operation_fail(
            organization_id=arguments["organization_id"],
            operation_id=UUID(arguments["operation_id"]),
            now=timezone.now(),
        )


@shared_task(name="memory.empty_trashes", base=HousekeepingTask)
def empty_trashes() -> None:
    """Start the work for every organisation; it is cheap where there is nothing to do."""
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        enqueue("memory.empty_trash", organization_id=organization_id)


@shared_task(name="memory.empty_trash")
def empty_trash(*, organization_id: UUID, **_: Any) -> None:
    trash_empty(now=timezone.now())
    files_sweep(organization_id=organization_id, now=timezone.now())
    exports_expire(organization_id=organization_id, now=timezone.now())
    archives_sweep(organization_id=organization_id, now=timezone.now())


class CertifyTask(OrganizationTask):
    abstract = True

    def gave_up(self, **arguments: Any) -> None:
        erasure_fail(erasure_id=UUID(arguments["erasure_id"]), now=timezone.now())


@shared_task(name=ERASE_JOB, base=CertifyTask)
def certify_erasure(*, erasure_id: str, **_: Any) -> None:
    erasure_certify(erasure_id=UUID(erasure_id), now=timezone.now())


@shared_task(name="memory.sweep_all_retention", base=HousekeepingTask)
def sweep_all_retention() -> None:
    """Start the work for every organisation; it is cheap where there is nothing to do."""
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        enqueue("memory.sweep_retention", organization_id=organization_id)


@shared_task(name="memory.sweep_retention")
def sweep_retention(*, organization_id: UUID, **_: Any) -> None:
    retention_sweep(organization_id=organization_id, now=timezone.now())


@shared_task(name="memory.sweep_all_archives", base=HousekeepingTask)
def sweep_all_archives() -> None:
    """Start the work for every organisation; it is cheap where there is nothing to do."""
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        enqueue(SWEEP_ARCHIVE, organization_id=organization_id)


@shared_task(name=SWEEP_ARCHIVE)
def sweep_archive(*, job_id: UUID, organization_id: UUID) -> None:
    """Archive what is cold, for a while; what a killed worker has left is still due."""
    renew = _renewal(job_id)
    if not archive_sweep(
        organization_id=organization_id, on_batch=lambda _: renew(), budget=_TURN, now=timezone.now()
    ).complete:
        enqueue(SWEEP_ARCHIVE, organization_id=organization_id)


@shared_task(name="memory.erase_original")
def erase_original(*, key: str, **_: Any) -> None:
    original_erase(key)


@shared_task(name="memory.erase_originals", base=PublicTask)
def erase_originals(*, schema_name: str, **_: Any) -> None:
    originals_erase(schema_name=schema_name)


@shared_task(name="memory.merge_all_aliases", base=HousekeepingTask)
def merge_all_aliases() -> None:
    """Start the work for every organisation."""
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        enqueue("memory.merge_aliases", organization_id=organization_id)


@shared_task(name="memory.merge_aliases")
def merge_aliases(**_: Any) -> None:
    aliases_merge_certain(now=timezone.now())


@shared_task(name=READ_FILES, base=IngestTask)
def read_files(*, job_id: UUID, organization_id: UUID, operation_id: str) -> None:
    """Read the files of an operation; a killed worker's share is taken over when its lease ends."""
    complete = operation_read(
        organization_id=organization_id,
        operation_id=UUID(operation_id),
        check=checked,
        on_wait=_renewal(job_id),
        budget=_TURN,
    )
    if not complete:
        enqueue(READ_FILES, organization_id=organization_id, operation_id=operation_id)


@shared_task(name="memory.ingest", base=IngestTask)
def ingest(*, job_id: UUID, organization_id: UUID, operation_id: str) -> None:
    """Work on an operation for a while; a killed worker's share is taken over when its lease ends."""
    complete = operation_process(
        organization_id=organization_id, operation_id=UUID(operation_id), on_item=_renewal(job_id), budget=_TURN
    )
    if not complete:
        enqueue("memory.ingest", organization_id=organization_id, operation_id=operation_id)


class ExportTask(OrganizationTask):
    abstract = True

    def gave_up(self, **arguments: Any) -> None:
        export_fail(export_id=UUID(arguments["export_id"]), now=timezone.now())


@shared_task(name=WRITE_EXPORT, base=ExportTask, time_limit=_EXPORT_MOST)
def write_export(*, job_id: UUID, organization_id: UUID, export_id: str) -> None:
    """Write an archive; if the worker is killed, another one begins anew when its lease ends."""
    export_write(
        organization_id=organization_id,
        export_id=UUID(export_id),
        on_wait=_renewal(job_id),
        now=timezone.now(),
    )


class ImportTask(OrganizationTask):
    abstract = True

    def gave_up(self, **arguments: Any) -> None:
        import_fail(
            organization_id=arguments["organization_id"],
            import_id=UUID(arguments["import_id"]),
            now=timezone.now(),
        )


@shared_task(name=READ_ARCHIVE, base=ImportTask)
def read_archive(*, job_id: UUID, organization_id: UUID, import_id: str) -> None:
    """Bring an archive for a while; a killed worker's share is taken over when its lease ends."""
    complete = import_process(
        organization_id=organization_id, import_id=UUID(import_id), on_wait=_renewal(job_id), budget=_TURN
    )
    if not complete:
        enqueue(READ_ARCHIVE, organization_id=organization_id, import_id=import_id)


@shared_task(name="memory.understand")
def understand(*, job_id: UUID, organization_id: UUID, share: int) -> None:
    """Have the models read what is stored by its words alone, for a while."""
    renew = _renewal(job_id)
    complete = memories_understand(
        organization_id=organization_id, share=share, on_batch=lambda _: renew(), budget=_TURN
    )
    if not complete:
        enqueue("memory.understand", organization_id=organization_id, share=share)
    # Of what was read no event tells.
    finding_start(organization_id=organization_id, now=timezone.now())


@shared_task(name="memory.understand_left", base=HousekeepingTask)
def understand_left() -> None:
    """Start again what was given up because a model was away for long, wherever there is any."""
    for organization_id in Organization.objects.values_list("id", flat=True):
        try:
            with organization_scope(organization_id):
                if unread().exists():
                    understanding_start(organization_id=organization_id, now=timezone.now())
        except Exception:
            # One that is being deleted, or whose schema waits for its migration, is no reason to pass over the others.
            logger.exception("organisation %s: what is unread cannot be told", organization_id)


class FillTask(OrganizationTask):
    abstract = True

    def gave_up(self, **arguments: Any) -> None:
        epoch_fail(epoch_id=UUID(arguments["epoch_id"]), now=timezone.now())


@shared_task(name=FILL_EPOCH, base=FillTask)
def fill_epoch(*, job_id: UUID, organization_id: UUID, epoch_id: str, share: int) -> None:
    """Have the model of an epoch read what it has not, for a while; a killed worker's share is taken over."""
    renew = _renewal(job_id)
    complete = epoch_fill(
        epoch_id=UUID(epoch_id),
        share=share,
        on_batch=lambda _: renew(),
        budget=_TURN,
    )
    if not complete:
        enqueue(FILL_EPOCH, organization_id=organization_id, epoch_id=epoch_id, share=share)


@shared_task(name=DROP_EPOCH)
def drop_epoch(*, job_id: UUID, epoch_id: str, **_: Any) -> None:
    epoch_clear(epoch_id=UUID(epoch_id), on_batch=_renewal(job_id))


@shared_task(name=FIND_REVIEWS)
def find_reviews(*, job_id: UUID, organization_id: UUID) -> None:
    """Look for pairs to decide about in what has changed, for a while."""
    renew = _renewal(job_id)
    if not reviews_find(on_batch=lambda _: renew(), budget=_TURN):
        enqueue(FIND_REVIEWS, organization_id=organization_id)


def _renewal(job_id: UUID) -> Callable[[], None]:
    """Return what a job calls often while it works, to keep its lease."""
    renewed = time.monotonic()

    def renew() -> None:
        nonlocal renewed
        if time.monotonic() - renewed > JOB_LEASE.total_seconds() / 4:
            job_renew(job_id=job_id, now=timezone.now())
            renewed = time.monotonic()

    return renew


@shared_task(name="memory.landscape")
def landscape(*, job_id: UUID, **_: Any) -> None:
    landscape_refresh(progress=_renewal(job_id), now=timezone.now())
