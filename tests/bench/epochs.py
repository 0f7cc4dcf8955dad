"""Re-embedding under load: questions and new texts all the while, a fill, switches and ways back, and what goes wrong.

The switch is timed as its caller sees it, with what it reads first; "floor" is the second that the product promises. A
failed answer is one that raised, a mixed one has a memory whose score is not the cosine of the model that it names.
"""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from statistics import median
from threading import Event, Thread
from typing import Self
from uuid import UUID

import numpy as np
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.index_store import indexes_forget
from apps.memory.adapters.sketching import NAME as WORDS
from apps.memory.adapters.vectors import passage_vectors
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.types import SearchType
from apps.memory.models import Chunk, EmbeddingEpoch
from apps.memory.selectors.contexts import context_get, space_by
from apps.memory.services.epochs import epoch_fill, epoch_rollback, epoch_start, epoch_switch
from apps.memory.services.memories import memory_store, understanding_of
from apps.memory.services.search import memories_find
from apps.memory.services.vectors import FILL_SHARES
from apps.memory.types import SearchQuery, StoreItem
from tests.bench.notes import QUESTIONS, notes
from tests.bench.results import Speed
from tests.bench.speed import fill

PROMISED_MS = 1_000.0
_UNDERSTOOD = 500
_SWITCHES = 6
# Of a score, and so of the cosine behind it: vectors are kept in half precision.
_TOLERANCE = 4e-3


class _Load:
    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.stop = Event()
        self.asked: list[tuple[str, str, dict[UUID, float]]] = []
        self.slowest = 0.0
        self.stored = 0
        self.failures: list[BaseException] = []
        self.threads = [Thread(target=self._run, args=(work,)) for work in (self._ask, self._ask, self._store)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _run(self, work: Callable[[int], None]) -> None:
        number = 0
        try:
            while not self.stop.is_set():
                number += 1
                try:
                    with organization_scope(self.organization.id):
                        work(number)
                except Exception as error:  # noqa: BLE001 - counted, and the load goes on
                    self.failures.append(error)
        finally:
            connection.close()

    def _ask(self, number: int) -> None:
        text = QUESTIONS[number % len(QUESTIONS)]
        query = SearchQuery(text=text, search_type=SearchType.NEURAL, explain=False)
        began = time.perf_counter()
        found = memories_find(organization_id=self.organization.id, reader=EVERYTHING, query=query, now=timezone.now())
        self.slowest = max(self.slowest, time.perf_counter() - began)
        raws = {
            one.memory.id: raw
            for one in found.results
            for raw in [contribution.raw for contribution in one.hit.contributions if contribution.channel == "neural"]
            if raw is not None
        }
        self.asked.append((found.model, text, raws))

    def _store(self, number: int) -> None:
        item = StoreItem(content=f"Note {number} of the load, written at {time.time()}.")
        memory_store(organization_id=self.organization.id, item=item, user_id=None, now=timezone.now())
        self.stored += 1
        time.sleep(0.05)


def measure_epochs(organization: Organization, *, size: int = 20_000) -> list[Speed]:
    """Fill an empty organisation with notes of one passage each, and have another model read it under load."""
    with organization_scope(organization.id):
        space = space_by(context_get(), context_get().epoch.model)
        texts = [row["content"] for row in notes(_UNDERSTOOD)]
        understood = [understanding_of([text], space) for text in tqdm(texts, desc="models read", disable=None)]
        fill(list(islice(notes(size), size)), understood, first=0)
        indexes_forget()
        first = context_get().epoch
        with _Load(organization) as load:
            time.sleep(3)
            began = time.perf_counter()
            epoch = epoch_start(model=WORDS, user_id=None, now=timezone.now())
            _filled(epoch)
            filling = size / (time.perf_counter() - began)
            switches, returns = [], []
            for _ in range(_SWITCHES):
                switches.append(_timed(lambda: _switch(organization, epoch)))
                time.sleep(2)
                returns.append(_timed(lambda: epoch_rollback(organization_id=organization.id, now=timezone.now())))
                time.sleep(2)
        mixed = _mixed(load.asked, [first, epoch])
        models = {model for model, *_ in load.asked}
    what = f"of {size:,} passages"
    return [
        Speed(f"filling an epoch {what}", "texts/s", filling, "-", 0.0, 0.0),
        *(
            Speed(f"{name} {what}, {which}", "ms", value, "promised", PROMISED_MS, value / PROMISED_MS)
            for name, times in (("switch", switches), ("rollback", returns))
            for which, value in (("median", median(times)), ("slowest", max(times)))
        ),
        Speed("slowest search meanwhile", "ms", load.slowest * 1000, "-", 0.0, 0.0),
        Speed(f"answers by {len(models)} models meanwhile", "number", len(load.asked), "-", 0.0, 0.0),
        Speed("texts stored meanwhile", "number", load.stored, "-", 0.0, 0.0),
        Speed("failed calls meanwhile", "number", len(load.failures), "-", 0.0, 0.0),
        Speed("mixed answers meanwhile", "number", mixed, "-", 0.0, 0.0),
    ]


def _filled(epoch: EmbeddingEpoch) -> None:
    while epoch.state != EmbeddingEpoch.State.READY:
        for share in range(FILL_SHARES):
            epoch_fill(epoch_id=epoch.id, share=share)
        epoch.refresh_from_db()


def _switch(organization: Organization, epoch: EmbeddingEpoch) -> object:
    return epoch_switch(organization_id=organization.id, epoch_id=epoch.id, now=timezone.now())


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _mixed(asked: Sequence[tuple[str, str, dict[UUID, float]]], epochs: Sequence[EmbeddingEpoch]) -> int:
    """Count the answers in which a score is none that the model it names gives the memory by itself."""
    vectors: dict[str, dict[UUID, np.ndarray]] = {}
    for epoch in epochs:
        ids = {memory for _, _, raws in asked for memory in raws}
        owners = dict(Chunk.objects.filter(memory__in=ids).values_list("id", "memory_id"))
        rows = passage_vectors(epoch.id).filter(chunk__in=owners).values_list("chunk_id", "embedding")
        vectors[epoch.model] = {owners[chunk]: np.array(one, dtype=np.float32) for chunk, one in rows}
    mixed = 0
    for model, question, raws in asked:
        embedder = embedder_named(model)
        vector, scale = embedder.embed_query(question), embedder.scale
        own = {
            memory: (float(vectors[model][memory] @ vector) - scale.zero) / scale.unit
            for memory in raws
            if memory in vectors[model]
        }
        mixed += any(abs(raws[memory] - cosine) > _TOLERANCE for memory, cosine in own.items())
    return mixed
