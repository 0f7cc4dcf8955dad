"""Workers killed with -9 in the middle of a batch: everything is stored, nothing twice, nothing lost."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import UsageCounter, UsageEvent
from apps.core.models import Job
from apps.core.services import jobs_send_due
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Memory, Operation, OperationItem
from apps.memory.services.operations import operation_create

ROOT = Path(__file__).resolve().parents[2]
ITEMS = 120
KILLS = 3
LEASE_SECONDS = 2
PATIENCE_SECONDS = 120

Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(committed_db: str, tmp_path: Path) -> Iterator[Start]:
    """Start a real worker process on this test's database; all of them are ended afterwards."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {**os.environ, "DATABASE_URL": committed_db, "JOB_LEASE_SECONDS": str(LEASE_SECONDS)}

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "liftos", "worker", "--concurrency", "2", "--without-mingle"]
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            worker = subprocess.Popen(  # noqa: S603 - our own worker
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        _kill(worker)


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill the worker and its pool at once, as the power failing would."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        # What beat does every few seconds.
        jobs_send_due(now=timezone.now())
        time.sleep(0.2)


@pytest.mark.usefixtures("flush_redis")
def test_a_batch_survives_killed_workers(start_worker: Start) -> None:
    acme = Organization.objects.get(slug="acme")
    rows = [{"content": f"Report {n} of the Harbor team: {n} parcels.", "external_id": f"r{n}"} for n in range(ITEMS)]
    with organization_scope(acme.id):
        operation = operation_create(organization_id=acme.id, rows=rows, user_id=None, now=timezone.now())

        def stored() -> int:
            operation.refresh_from_db()
            return operation.done

        worker = start_worker()
        for kill in range(1, KILLS + 1):
            _wait(lambda kill=kill: stored() >= kill * ITEMS // (KILLS + 2))  # type: ignore[misc]  # bound now, on purpose
            _kill(worker)
            assert operation.status == Operation.Status.RUNNING
            worker = start_worker()
        _wait(lambda: stored() == ITEMS and operation.finished_at is not None)

        assert (operation.status, operation.total, operation.failed) == (Operation.Status.SUCCEEDED, ITEMS, 0)
        names = Counter(Memory.objects.values_list("external_id", flat=True))
        assert names == Counter(row["external_id"] for row in rows)
        assert OperationItem.objects.filter(status=OperationItem.Status.DONE, payload__isnull=True).count() == ITEMS
        held = sum(Memory.objects.values_list("size_bytes", flat=True))
    assert UsageEvent.objects.filter(organization_id=acme.id, meter="memory_stores").count() == ITEMS
    assert UsageCounter.objects.get(organization_id=acme.id, meter="memory_bytes").used == held
    _wait(lambda: not Job.objects.filter(name="memory.ingest").exists())
