"""Workers killed with -9 in the middle of a batch: everything is stored and read by the models, nothing twice.

`KILLED_ITEMS=20000` in the environment gives the full dose.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import UsageCounter, UsageEvent
from apps.core.models import Job
from apps.core.services import jobs_send_due
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.embedding import MINILM
from apps.memory.adapters.sketching import NAME as WORDS
from apps.memory.adapters.vectors import memory_places, passage_vectors
from apps.memory.models import Chunk, EmbeddingEpoch, Memory, Operation, OperationItem
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.epochs import epoch_missing
from apps.memory.services.epochs import epoch_drop, epoch_fill, epoch_start, epoch_switch
from apps.memory.services.files import file_keep
from apps.memory.services.memories import memory_store
from apps.memory.services.operations import FileToRead, operation_create
from apps.memory.services.understanding import unread
from apps.memory.services.vectors import FILL_SHARES
from apps.memory.types import StoreItem
from tests.factories.vectors import passages_without_vector

ROOT = Path(__file__).resolve().parents[2]
ITEMS = int(os.environ.get("KILLED_ITEMS", "800"))
# Half of the work is storing, half is reading by the models; a kill after each fifth of it, or after a few seconds.
KILLS = 4
KILL_SECONDS = 8.0
LEASE_SECONDS = 2
# Most rows of a file that is read are no texts: what is tried there is reading, not storing.
ROWS, ROWS_PER_TEXT = 20_000, 100
PATIENCE_SECONDS = 120 + ITEMS // 20

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

        def progress() -> int:
            operation.refresh_from_db()
            return operation.done + Memory.objects.filter(understood=True).count()

        worker = start_worker()
        kills = 0
        while progress() < 2 * ITEMS:
            began, before = time.monotonic(), progress()
            _wait(
                lambda began=began, before=before: (  # type: ignore[misc]  # bound now, on purpose
                    progress() > before
                    and (progress() - before >= 2 * ITEMS // (KILLS + 1) or time.monotonic() - began > KILL_SECONDS)
                )
            )
            if progress() < 2 * ITEMS:
                _kill(worker)
                kills += 1
                worker = start_worker()
        assert kills >= KILLS // 2

        assert (operation.status, operation.total, operation.failed) == (Operation.Status.SUCCEEDED, ITEMS, 0)
        names = Counter(Memory.objects.values_list("external_id", flat=True))
        assert names == Counter(row["external_id"] for row in rows)
        assert not unread().exists()
        assert not Chunk.objects.filter(sparse=None).exists()
        assert not passages_without_vector().exists()
        chunks = Counter(Chunk.objects.values_list("memory_id", flat=True))
        assert set(chunks.values()) == {1}
        assert OperationItem.objects.filter(status=OperationItem.Status.DONE, payload__isnull=True).count() == ITEMS
        held = sum(Memory.objects.values_list("size_bytes", flat=True))
    assert UsageEvent.objects.filter(organization_id=acme.id, meter="memory_stores").count() == ITEMS
    assert UsageCounter.objects.get(organization_id=acme.id, meter="memory_bytes").used == held
    _wait(lambda: not Job.objects.filter(name__in=["memory.ingest", "memory.understand"]).exists())


@pytest.mark.usefixtures("flush_redis")
def test_a_file_survives_workers_that_are_killed_while_they_read_it(start_worker: Start) -> None:
    acme = Organization.objects.get(slug="acme")
    lines = [
        f'{{"content": "Row {n} of the log.", "external_id": "r{n}"}}' if n % ROWS_PER_TEXT == 0 else "no text"
        for n in range(ROWS)
    ]
    with organization_scope(acme.id):
        now = timezone.now()
        file = file_keep(
            organization_id=acme.id,
            name="log.jsonl",
            content=ContentFile("\n".join(lines).encode()),
            user_id=None,
            now=now,
        )
        operation = operation_create(organization_id=acme.id, files=[FileToRead(file)], user_id=None, now=now)

        def read() -> int:
            operation.refresh_from_db()
            return operation.read

        kills = 0
        for share in (0.1, 0.4, 0.7):
            worker = start_worker()
            _wait(lambda share=share: read() > share * ROWS)  # type: ignore[misc]  # bound now, on purpose
            kills += operation.status == Operation.Status.READING
            _kill(worker)
        assert kills >= 2
        # The process that had the file open ends when nobody listens.
        _wait(lambda: not any("apps.memory.adapters.documents.child" in one.info["cmdline"] or ()
                              for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"]))  # fmt: skip
        start_worker()
        _wait(lambda: read() == ROWS and operation.finished_at is not None)
        texts = ROWS // ROWS_PER_TEXT
        assert (operation.total, operation.done, operation.failed) == (ROWS, texts, ROWS - texts)
        places = list(Memory.objects.order_by("number").values_list("external_id", "place__line", "file_id"))
        assert places == [(f"r{n}", n + 1, file.id) for n in range(0, ROWS, ROWS_PER_TEXT)]


@pytest.mark.usefixtures("flush_redis")
def test_an_index_epoch_is_filled_whole_by_workers_that_are_killed(start_worker: Start) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        now = timezone.now()
        # The slow model shall be the one that reads later.
        minilm, words = context_get().epoch, epoch_start(model=WORDS, user_id=None, now=now)
        for share in range(FILL_SHARES):
            epoch_fill(epoch_id=words.id, share=share)
        epoch_switch(organization_id=acme.id, epoch_id=words.id, now=now)
        epoch_drop(organization_id=acme.id, epoch_id=minilm.id, now=now)
        for number in range(ITEMS):
            item = StoreItem(content=f"Report {number} of the Harbor team: {number} parcels.")
            memory_store(organization_id=acme.id, item=item, user_id=None, now=timezone.now())
        epoch = epoch_start(model=MINILM.name, user_id=None, now=timezone.now())

        def read() -> int:
            return memory_places(epoch.id).count()

        kills = 0
        for part in (0.1, 0.4, 0.7):
            worker = start_worker()
            _wait(lambda part=part: read() > part * ITEMS)  # type: ignore[misc]  # bound now, on purpose
            kills += read() < ITEMS
            _kill(worker)
        assert kills >= 2
        start_worker()
        _wait(lambda: EmbeddingEpoch.objects.get(id=epoch.id).state == EmbeddingEpoch.State.READY)
        assert not epoch_missing(epoch.id, context=context_get()).exists()
        chunks = Chunk.objects.values_list("id", flat=True)
        assert sorted(passage_vectors(epoch.id).values_list("chunk_id", flat=True)) == sorted(chunks)
        _wait(lambda: not passage_vectors(minilm.id).exists())
