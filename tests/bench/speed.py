"""How long searches take among 1,000, 10,000 and 100,000 memories, beside a floor that is measured in the same run.

The floor is what a plain hybrid search in PostgreSQL costs: embed, the 100 nearest passages (an exact scan up to
10,000, HNSW above), the 100 best by BM25 postings, reciprocal ranks, ten texts, JSON. The models read 2,000 notes; the
others borrow their vectors and weights, slightly moved, while texts, names, times and rows are their own.
"""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.embedding import default_embedder
from apps.memory.adapters.index_store import index_current, indexes_forget
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.reading import Understanding
from apps.memory.engine.terms import terms_of
from apps.memory.engine.types import SearchType
from apps.memory.models import Memory
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.services.changes import change_begin
from apps.memory.services.memories import Analysed, analysed, memories_write, understanding_of
from apps.memory.services.search import memories_find
from apps.memory.types import SearchQuery, StoreItem
from tests.bench.notes import QUESTIONS, notes
from tests.bench.results import Speed

EXACT = 10_000
# So many notes are read by the models; the others borrow.
_UNDERSTOOD = 2_000
_BATCH = 500
_ROUNDS = 5
_NEAREST = {
    "exact": """
        SELECT memory_id FROM (SELECT chunk_id FROM memory_passagevector ORDER BY embedding <=> %s::halfvec LIMIT 100)
        AS near JOIN memory_chunk ON id = chunk_id
    """,
    "hnsw": """
        SELECT memory_id FROM (
            SELECT chunk_id FROM memory_passagevector
            ORDER BY embedding::halfvec(384) <=> %s::halfvec(384) LIMIT 100
        ) AS near JOIN memory_chunk ON id = chunk_id
    """,
}
_LEXICAL = """
    SELECT memory_id FROM bench_posting WHERE term = ANY(%s) GROUP BY memory_id ORDER BY sum(weight) DESC LIMIT 100
"""
_POSTINGS = """
    DROP TABLE IF EXISTS bench_posting;
    CREATE TABLE bench_posting (term bigint NOT NULL, memory_id uuid NOT NULL, weight real NOT NULL)
"""
_FETCH = "SELECT id, content, metadata, occurred_at FROM memory_memory WHERE id = ANY(%s)"


def measure_speed(organization: Organization, sizes: Sequence[int]) -> list[Speed]:
    """Fill an empty organisation step by step and time searches at each size."""
    rows = notes(max(sizes))
    found = []
    with organization_scope(organization.id):
        understood = understood_of(_UNDERSTOOD)
        stored = 0
        for size in sizes:
            fill(list(islice(rows, size - stored)), understood, first=stored)
            stored = size
            _floor_tables(size)
            found += _searches(organization, size)
    return found


def understood_of(count: int) -> list[Understanding]:
    """Have the models read the first notes."""
    space = concept_space(context_get())
    texts = [row["content"] for row in notes(count)]
    return [understanding_of([text], space) for text in tqdm(texts, desc="models read", disable=None)]


def fill(rows: Sequence[dict[str, object]], understood: Sequence[Understanding], *, first: int) -> None:
    moved = np.random.default_rng(first)
    for start in tqdm(range(0, len(rows), _BATCH), desc="notes", disable=None):
        now = timezone.now()
        items = [StoreItem(**row) for row in rows[start : start + _BATCH]]  # type: ignore[arg-type]  # rows of a batch
        texts = [
            _borrowed(analysed(item, now=now), understood[(first + start + place) % len(understood)], moved)
            for place, item in enumerate(items)
        ]
        with transaction.atomic():
            change = change_begin(now=now, count=len(items))
            numbers = range(change.number_from, change.number_from + len(items))
            memories_write(items=items, numbers=numbers, texts=texts, change=change, user_id=None, now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE memory_memory, memory_chunk, memory_passagevector, memory_memoryplace")


def _borrowed(text: Analysed, understanding: Understanding, moved: np.random.Generator) -> Analysed:
    """Give a text the vectors of another, moved by about a tenth of their length."""
    vectors = understanding.vectors + moved.normal(0, 0.005, understanding.vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return replace(text, understanding=replace(understanding, vectors=vectors))


def _floor_tables(size: int) -> None:
    """Build what the floor searches: BM25 weights by term, and above the threshold an index over the vectors."""
    contents = dict(Memory.objects.values_list("id", "content"))
    terms = {memory_id: terms_of(content) for memory_id, content in contents.items()}
    mean = sum(map(len, terms.values())) / len(terms)
    with connection.cursor() as cursor:
        cursor.execute(_POSTINGS)
        with cursor.copy("COPY bench_posting FROM STDIN") as copy:
            for memory_id, words in terms.items():
                norm = 1.2 * (0.25 + 0.75 * len(words) / mean)
                for term in set(words):
                    times = words.count(term)
                    copy.write_row([_signed(term), memory_id, times / (times + norm)])
        cursor.execute("CREATE INDEX ON bench_posting (term) INCLUDE (memory_id, weight)")
        cursor.execute("VACUUM ANALYZE bench_posting" if connection.get_autocommit() else "ANALYZE bench_posting")
        if size > EXACT:
            cursor.execute("SET maintenance_work_mem = '1GB'")
            cursor.execute(
                "CREATE INDEX bench_hnsw ON memory_passagevector"
                " USING hnsw ((embedding::halfvec(384)) halfvec_cosine_ops)"
            )
            cursor.execute("SET hnsw.ef_search = 200")


def _signed(term: int) -> int:
    return int(np.uint64(term).view(np.int64))


def _floor(question: str, *, kind: str) -> str:
    vector = "[" + ",".join(map(str, default_embedder().embed_query(question).tolist())) + "]"
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST[kind], [vector])
        nearest = [memory_id for (memory_id,) in cursor.fetchall()]
        cursor.execute(_LEXICAL, [[_signed(term) for term in terms_of(question)]])
        scores: dict[object, float] = {}
        for ranked in (nearest, [memory_id for (memory_id,) in cursor.fetchall()]):
            for rank, memory_id in enumerate(ranked, start=1):
                scores[memory_id] = scores.get(memory_id, 0.0) + 1 / (60 + rank)
        best = sorted(scores, key=lambda memory_id: -scores[memory_id])[:10]
        cursor.execute(_FETCH, [best])
        return json.dumps(cursor.fetchall(), default=str)


def _searches(organization: Organization, size: int) -> list[Speed]:
    kind = "exact" if size <= EXACT else "hnsw"
    indexes_forget()
    began = time.perf_counter()
    context = context_get()
    with index_current(
        organization_id=organization.id,
        epoch=context.epoch,
        change=context.change,
        concepts=len(concept_space(context).dimensions),
    ) as index:
        loaded, room = time.perf_counter() - began, index.nbytes / 1024**2

    def product(question: str, *, search_type: SearchType) -> object:
        query = SearchQuery(text=question, search_type=search_type)
        return memories_find(organization_id=organization.id, reader=EVERYTHING, query=query, now=timezone.now())

    floor = _times(lambda question: _floor(question, kind=kind))
    rows = []
    for search_type in SearchType:
        times = _times(lambda question, search_type=search_type: product(question, search_type=search_type))  # type: ignore[misc]  # a default that a lambda cannot annotate
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            ours, lowest = _quantile(times, share), _quantile(floor, share)
            what = f"{search_type.value} search, {size:,} memories"
            rows.append(Speed(what, f"ms {name}", ours, f"plain hybrid, {kind}", lowest, ours / lowest))
    rows.append(Speed(f"index of {size:,} memories", "MB", room, "-", 0.0, 0.0))
    rows.append(Speed(f"index of {size:,} memories, first search", "s", loaded, "-", 0.0, 0.0))
    return rows


def _times(work: Callable[[str], object]) -> list[float]:
    """Return milliseconds; each question is asked in words that were never asked before, as vectors are remembered."""
    work("warm up")
    times = []
    for round_ in range(_ROUNDS):
        for question in QUESTIONS:
            unseen = f"{question} {time.perf_counter_ns() % 1_000_003} {round_}"
            began = time.perf_counter()
            work(unseen)
            times.append((time.perf_counter() - began) * 1000)
    return times


def _quantile(times: Sequence[float], share: float) -> float:
    return statistics.quantiles(times, n=100)[round(share * 100) - 1]
