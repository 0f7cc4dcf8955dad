"""Workers killed with -9 while they write an archive, and while they bring one: all of it comes, nothing twice."""

import hashlib
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import UsageCounter
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Export, Import, Memory
from apps.memory.services.changes import change_begin
from apps.memory.services.exports import export_create, export_fetch
from apps.memory.services.imports import import_create
from apps.memory.services.memories import memories_store
from apps.memory.types import StoreItem
from tests.reliability.test_killed_workers import Start, _kill, _wait, start_worker

__all__ = ["start_worker"]
pytestmark = pytest.mark.slow

MEMORIES = 3_000
KILLS = 2


def _filled(organization: Organization) -> None:
    for start in range(0, MEMORIES, 500):
        with transaction.atomic():
            first = change_begin(now=timezone.now(), count=500).number_from
            memories_store(
                organization_id=organization.id,
                items=[
                    StoreItem(content=f"Report {n} of the Harbor team: {n} parcels.") for n in range(start, start + 500)
                ],
                numbers=range(first, first + 500),
                user_id=None,
                now=timezone.now(),
            )


@pytest.mark.usefixtures("flush_redis")
def test_exports_and_imports_survive_killed_workers(start_worker: Start) -> None:
    acme, globex = (Organization.objects.get(slug=slug) for slug in ("acme", "globex"))
    with organization_scope(acme.id):
        _filled(acme)
        export = export_create(
            organization_id=acme.id,
            conditions=None,
            include_versions=True,
            include_files=True,
            user_id=None,
            now=timezone.now(),
        )
        rows = Export.objects.filter(id=export.id)
        keys = {""}
        while len(keys) <= KILLS:
            worker = start_worker()
            # Each attempt writes to a place of its own.
            _wait(rows.exclude(storage_key__in=keys).exists)
            _kill(worker)
            if rows.exclude(finished_at=None).exists():
                # It was faster than the kill.
                break
            keys |= set(rows.values_list("storage_key", flat=True))
        assert len(keys) > 1
        worker = start_worker()
        _wait(lambda: rows.exclude(finished_at=None).exists())
        written, archive = export_fetch(export_id=export.id, now=timezone.now())
        with archive:
            assert hashlib.sha256(archive.read()).hexdigest() == written.sha256
        assert written.counts["memories"] == MEMORIES
        ids = set(Memory.objects.values_list("id", flat=True))
        _, archive = export_fetch(export_id=export.id, now=timezone.now() + timedelta(seconds=1))
    _kill(worker)
    with organization_scope(globex.id), archive:
        one = import_create(organization_id=globex.id, name="", content=archive, user_id=None, now=timezone.now())
        before = 0
        for _ in range(KILLS):
            worker = start_worker()
            _wait(lambda before=before: Import.objects.get(id=one.id).created > before)  # type: ignore[misc]  # bound now
            _kill(worker)
            before = Import.objects.get(id=one.id).created
        assert before < MEMORIES
        start_worker()
        _wait(lambda: Import.objects.get(id=one.id).finished_at is not None)
        one.refresh_from_db()
        assert (one.status, one.created, one.skipped, one.failed) == (Import.Status.SUCCEEDED, MEMORIES, 0, 0)
        assert set(Memory.objects.values_list("id", flat=True)) == ids
        held = sum(Memory.objects.values_list("size_bytes", flat=True))
    assert UsageCounter.objects.get(organization_id=globex.id, meter="memory_bytes").used == held
    _wait(lambda: not Job.objects.filter(name="memory.read_archive").exists())
