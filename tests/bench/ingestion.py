"""How many notes a second two worker processes take in: by their words at once, and by the models afterwards."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import Pool

from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.services.operations import operation_create
from tests.bench import worker
from tests.bench.notes import notes
from tests.bench.results import Speed

PROCESSES = 2
STORED = 20_000
# In turns with the models alone, so that a machine that gets slower or faster does so to both.
UNDERSTOOD = 750
TURNS = 4


def measure_ingestion(organization: Organization) -> list[Speed]:
    """Fill an empty organisation."""
    rows = list(notes(STORED))
    texts = [row["content"] for row in rows[: UNDERSTOOD * TURNS]]
    with _workers() as pool:
        pool.map(worker.warm, range(PROCESSES * 4), chunksize=1)
        with organization_scope(organization.id):
            batch = operation_create(organization_id=organization.id, rows=rows, user_id=None, now=timezone.now())
        began = time.perf_counter()
        pool.starmap(worker.store, [(organization.id, batch.id)] * PROCESSES, chunksize=1)
        stored = STORED / (time.perf_counter() - began)
        shares = [(organization.id, share, UNDERSTOOD // PROCESSES) for share in range(PROCESSES)]
        alone = together = 0.0
        done = 0
        for turn in range(TURNS):
            few = texts[turn * UNDERSTOOD : (turn + 1) * UNDERSTOOD]
            began = time.perf_counter()
            pool.map(worker.embed, [few[place::PROCESSES] for place in range(PROCESSES)], chunksize=1)
            alone += time.perf_counter() - began
            began = time.perf_counter()
            done += sum(pool.starmap(worker.understand, shares, chunksize=1))
            together += time.perf_counter() - began
    floor, understood = UNDERSTOOD * TURNS / alone, done / together
    return [
        Speed("storing by words and sketches", "texts/s", stored, "2,000 texts/s", 2000.0, stored / 2000.0),
        Speed("reading by the models", "texts/s", understood, "the models alone", floor, understood / floor),
    ]


@contextmanager
def _workers() -> Iterator[Pool]:
    """Processes of their own, as Celery's are: they inherit the environment, not the interpreter."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES, initializer=worker.start) as pool:
        yield pool
