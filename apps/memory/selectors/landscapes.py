"""The landscape of a memory: its topics and a map of it, computed from the embeddings.

It is dear, so it is computed now and then and kept (`services.insights`); who shows it leaves out what has gone since.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models.functions import Left
from numpy.typing import NDArray

from apps.memory.adapters.columns import BIGINT, UUID_BYTES, halfvec, read_columns
from apps.memory.adapters.vectors import passage_vectors
from apps.memory.engine.clusters import TopicName, Topics, find_topics, name_topics
from apps.memory.engine.layout import draw
from apps.memory.engine.lexicon import content_words
from apps.memory.models import EmbeddingEpoch, InsightPart, Memory, MemoryQuerySet, MemoryRows
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.insights import numbers_of

# The topics that are told apart; insights show the largest of them.
MAX_TOPICS = 40
TOPICS_SHOWN = 12
# Words of a memory that may name the cluster it is in; the beginning of a text says what it is about.
_TERMS_PER_MEMORY = 300
_TERMS_CHARACTERS = 4_000
# Memories whose embeddings are read at once: some 10 MB.
_BLOCK = 10_000
_EXEMPLARS = 3
# Memories that give the topics their names anew, for who reads a part of them: some hundred milliseconds.
_RENAMED_FROM = 2_000

# The name under which the latest one is stored.
LANDSCAPE = "landscape"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """`body` holds the topics as JSON; the columns `number`, `id`, `label` and `centrality` have a row per memory.

    `sample` are the rows on the map, and `places` (s, 2) where they are.
    """

    body: dict[str, Any]
    columns: Arrays


def landscape_of(rows: MemoryQuerySet, *, progress: Callable[[], None]) -> Landscape:
    """Compute the landscape of these memories, of those that the models have read. Equal memories give an equal one."""
    rows = rows.filter(understood=True)
    statement, parameters = rows.values_list("number", "id").query.sql_with_params()
    memories = read_columns(statement, parameters, {"number": BIGINT, "id": UUID_BYTES})
    order = np.argsort(memories["number"])
    numbers = memories["number"][order].astype(np.int64)
    vectors = _centres(rows, numbers, context_get().epoch, progress=progress)
    topics = find_topics(vectors, limit=MAX_TOPICS, progress=progress)
    places = draw(_units(vectors[topics.sample]), topics.neighbours, topics.similarity, progress=progress)
    columns: Arrays = {
        "number": numbers,
        "id": np.frombuffer(memories["id"][order].tobytes(), dtype=np.uint8).reshape(-1, 16),
        "label": topics.labels.astype(np.int16),
        "centrality": topics.centrality,
        "sample": topics.sample.astype(np.int32),
        "places": places.round(4),
    }
    body = {"total": len(numbers), "topics": [_topic(name) for name in _names(rows, numbers, topics)]}
    body["clusters"] = clusters_among(Landscape(body, columns), np.ones(len(numbers), dtype=bool))
    return Landscape(body, columns)


def _centres(
    rows: MemoryQuerySet, numbers: NDArray[np.int64], epoch: EmbeddingEpoch, *, progress: Callable[[], None]
) -> NDArray[np.float32]:
    """Return the sums of the embeddings of each memory's passages, float32 (n, d): their length says nothing."""
    centres = np.zeros((len(numbers), epoch.dimension), dtype=np.float32)
    for start in range(0, len(numbers), _BLOCK):
        block = numbers[start : start + _BLOCK]
        counted = rows.filter(number__gte=int(block[0]), number__lte=int(block[-1])).values("id")
        statement, parameters = (
            passage_vectors(epoch.id)
            .filter(chunk__memory__in=counted)
            .values_list("chunk__memory__number", "embedding")
            .query.sql_with_params()
        )
        found = read_columns(statement, parameters, {"number": BIGINT, "embedding": halfvec(epoch.dimension)})
        # Those of memories that were stored between the two reads are left out.
        known = np.isin(found["number"], block)
        places = start + np.searchsorted(block, found["number"][known])
        np.add.at(centres, places, found["embedding"][known]["values"].astype(np.float32))
        progress()
    return centres


def _units(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors / lengths


def _names(rows: MemoryQuerySet, numbers: NDArray[np.int64], topics: Topics) -> list[TopicName]:
    sampled = numbers[topics.sample].tolist()
    texts = rows.filter(number__in=sampled).values_list("number", Left("content", _TERMS_CHARACTERS))
    terms = {
        int(np.searchsorted(numbers, number)): content_words(text)[:_TERMS_PER_MEMORY]
        for number, text in texts.iterator()
    }
    kinds = dict(rows.values_list("number", "memory_type").iterator())
    return name_topics(topics.labels, terms, [kinds.get(number, "") for number in numbers.tolist()])


def _topic(name: TopicName) -> dict[str, Any]:
    return {"label": name.label, "type": name.type, "terms": list(name.terms)}


def landscape_load(part: InsightPart) -> Landscape:
    # Body and columns of one moment: a newer landscape may have come in between.
    part.refresh_from_db()
    with np.load(io.BytesIO(part.columns), allow_pickle=False) as stored:
        return Landscape(part.body, {name: stored[name] for name in stored.files})


def clusters_among(landscape: Landscape, kept: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Return the topics reduced to some of their memories, largest first; `kept` has a row per memory.

    A topic keeps its id, which is that of the map, and its name.
    """
    columns = landscape.columns
    found = []
    for topic, name in enumerate(landscape.body["topics"]):
        rows = np.flatnonzero(kept & (columns["label"] == topic))
        if len(rows):
            central = rows[np.lexsort((rows, -columns["centrality"][rows]))[:_EXEMPLARS]]
            found.append(
                {
                    "id": topic,
                    "size": len(rows),
                    "exemplar_ids": [str(UUID(bytes=columns["id"][row].tobytes())) for row in central],
                    **name,
                }
            )
    return sorted(found, key=lambda cluster: (-cluster["size"], cluster["id"]))


def _renamed(landscape: Landscape, among: MemoryQuerySet) -> Landscape:
    """Return the landscape with names of topics that come from some of its memories alone."""
    numbers = landscape.columns["number"]
    own = np.flatnonzero(np.isin(numbers, numbers_of(among)))
    sampled = own[np.linspace(0, max(len(own) - 1, 0), min(len(own), _RENAMED_FROM)).astype(np.int64)]
    rows = among.filter(number__in=numbers[sampled].tolist())
    terms, kinds = {}, [""] * len(numbers)
    for number, text, kind in rows.values_list("number", Left("content", _TERMS_CHARACTERS), "memory_type").iterator():
        row = int(np.searchsorted(numbers, number))
        terms[row], kinds[row] = content_words(text)[:_TERMS_PER_MEMORY], kind
    labels = np.full(len(numbers), -1, dtype=np.int64)
    labels[sampled] = landscape.columns["label"][sampled]
    names = name_topics(labels, terms, kinds, topics=len(landscape.body["topics"]))
    return replace(landscape, body={**landscape.body, "topics": [_topic(name) for name in names]})


def cluster_numbers(topic: int) -> list[int]:
    """Return the numbers of the memories of a topic in the stored landscape; none if there is no such topic."""
    part = InsightPart.objects.filter(name=LANDSCAPE).first()
    if part is None:
        return []
    columns = landscape_load(part).columns
    numbers: list[int] = columns["number"][columns["label"] == topic].tolist()
    return numbers


def clusters_of(part: InsightPart, rows: MemoryRows, *, named_by: MemoryQuerySet | None = None) -> list[dict[str, Any]]:
    """Return the topics of a stored landscape among these memories; `named_by` are those whose words may name them."""
    landscape = landscape_load(part)
    if named_by is not None:
        landscape = _renamed(landscape, named_by)
    return clusters_among(landscape, np.isin(landscape.columns["number"], numbers_of(rows)))


def map_present(
    part: InsightPart | None, *, fresh: bool, only: MemoryQuerySet | None = None, now: datetime
) -> dict[str, Any]:
    """Return the points of a stored landscape whose memories are live, as columns; `only` those among some, if given.

    A `fresh` one was made of the memories that are live now.
    """
    if part is None:
        return {"change": None, "total": 0, "x": [], "y": [], "cluster": [], "memory_id": [], "clusters": []}
    landscape = landscape_load(part)
    columns = landscape.columns
    live = np.ones(len(columns["number"]), dtype=bool)
    if only is not None:
        landscape = _renamed(landscape, only)
    if not fresh or only is not None:
        live = np.isin(columns["number"], numbers_of((Memory.objects if only is None else only).live(now)))
    shown = live[columns["sample"]]
    rows = columns["sample"][shown]
    places = columns["places"][shown]
    clusters = part.body["clusters"] if fresh and only is None else clusters_among(landscape, live)
    return {
        "change": part.change,
        "total": int(live.sum()),
        # Four digits are a hundredth of a pixel on a large screen.
        "x": [round(x, 4) for x in places[:, 0].tolist()],
        "y": [round(y, 4) for y in places[:, 1].tolist()],
        "cluster": columns["label"][rows].tolist(),
        "memory_id": [str(UUID(bytes=columns["id"][row].tobytes())) for row in rows],
        "clusters": [{name: cluster[name] for name in ("id", "label", "size")} for cluster in clusters],
    }
