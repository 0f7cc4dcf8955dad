"""Finds topics: dense regions among embeddings, named by the terms that set them apart.

Density peaks over a nearest-neighbour graph (after Rodriguez and Laio, "Clustering by fast search and find of density
peaks", Science, 2014): every memory follows its nearest denser neighbour, and where no neighbour is denser a topic has
its peak. Peaks inside one topic are then joined. No number of topics is set and nothing is random.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

# Above this many memories the graph is built on an evenly spaced sample, the rest joining the nearest topic: the graph
# costs the square of its size.
GRAPH_MEMORIES = 10_000
_BLOCK = 512
# A cosine below this is no evidence of a common topic, even in a memory where nothing is closer.
_LEAST_SIMILARITY = 0.25
# Two peaks are one topic when memories are this much as similar across as within the looser of both, measured above
# half the average similarity: above the full average nothing would be left where all memories are about one thing.
_JOINING = 0.6
_SMALLEST_CLUSTER = 2
_TERMS = 8
_LABEL_TERMS = 3
_EXEMPLARS = 3

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A topic, named after its first three ``terms`` (of up to eight), or after its type if it has none.

    ``id`` counts from 0 by falling size and is stable for equal input only; ``type`` is the most frequent memory type,
    ``exemplar_ids`` are the three most central memories.
    """

    id: int
    label: str
    size: int
    type: str
    terms: tuple[str, ...]
    exemplar_ids: tuple[UUID, ...]


def semantic_clusters(
    vectors: Floats,
    memory_ids: Sequence[UUID],
    terms: Sequence[Sequence[str]],
    types: Sequence[str],
    *,
    limit: int = 12,
) -> list[Cluster]:
    """Return up to ``limit`` topics of at least two memories, largest first (ties by smallest memory id).

    ``vectors`` is float32 (n, d); row, id, terms and type with one index belong to one memory. Memories that are near
    no others belong to no topic, so sizes need not add up to n. The order of the input does not matter. Above 10,000
    memories the topics are found on an evenly spaced sample (by id) and the others join the nearest one.

    Labels are class-based tf-idf (Grootendorst, "BERTopic", 2022): ``tf * ln(1 + mean terms of a topic / tf overall)``.
    Raises ``ValueError`` when the lengths differ.
    """
    count = len(memory_ids)
    if not len(vectors) == len(terms) == len(types) == count:
        raise ValueError("vectors, memory_ids, terms and types describe the same memories")
    if count < _SMALLEST_CLUSTER:
        return []
    order = sorted(range(count), key=lambda row: memory_ids[row])
    units = _normalised(np.asarray(vectors, dtype=np.float32)[order])
    clusters = _members(units)[:limit]
    topic_terms = _topic_terms([[term for row in rows for term in terms[order[row]]] for rows in clusters])
    found = []
    for number, rows in enumerate(clusters):
        kinds = Counter(types[order[row]] for row in rows)
        kind = min(kinds, key=lambda name: (-kinds[name], name))
        centrality = units[rows] @ units[rows].mean(axis=0)
        central = np.lexsort((rows, -centrality))[:_EXEMPLARS]
        found.append(
            Cluster(
                id=number,
                label=", ".join(topic_terms[number][:_LABEL_TERMS]) or kind,
                size=len(rows),
                type=kind,
                terms=topic_terms[number],
                exemplar_ids=tuple(memory_ids[order[rows[index]]] for index in central),
            )
        )
    return found


def _normalised(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def _members(units: Floats) -> list[Integers]:
    """Return the row numbers of each topic, largest topic first."""
    count = len(units)
    sample: Integers = np.arange(count)
    if count > GRAPH_MEMORIES:
        sample = (np.arange(GRAPH_MEMORIES) * count) // GRAPH_MEMORIES
    graph = units[sample]
    total = graph.sum(axis=0, dtype=np.float64)
    average = float((total @ total - len(graph)) / (len(graph) * (len(graph) - 1)))
    least = max(average, _LEAST_SIMILARITY)
    labels = _joined(graph, _peaks(graph, least=least), average=average)
    if len(sample) < count:
        labels = _assigned(units, sample=sample, labels=labels, least=least)
    clusters = [np.flatnonzero(labels == label) for label in np.unique(labels[labels >= 0])]
    return sorted((rows for rows in clusters if len(rows) >= _SMALLEST_CLUSTER), key=lambda rows: (-len(rows), rows[0]))


def _peaks(units: Floats, *, least: float) -> Integers:
    """Return for each row the row of its peak."""
    neighbours, similarity = _nearest(units, wanted=min(len(units) - 1, max(4, math.isqrt(len(units)) // 2)))
    near = similarity >= least
    density = np.where(near, similarity, 0.0).sum(axis=1)
    # Among equally dense rows the earlier one leads, so that twins cannot follow each other in a circle.
    rank = np.empty(len(units), dtype=np.int64)
    rank[np.lexsort((np.arange(len(units)), -density))] = np.arange(len(units))
    leads = near & (rank[neighbours] < rank[:, None])
    nearest = np.where(leads, similarity, -np.inf).argmax(axis=1)
    rows = np.arange(len(units))
    parent = np.where(leads.any(axis=1), neighbours[rows, nearest], rows)
    while True:
        grandparent = parent[parent]
        if np.array_equal(grandparent, parent):
            return parent
        parent = grandparent


def _nearest(units: Floats, *, wanted: int) -> tuple[Integers, Floats]:
    """Return the ``wanted`` nearest other rows of each row and their cosines, nearest first (ties by row)."""
    neighbours = np.empty((len(units), wanted), dtype=np.int64)
    similarity = np.empty((len(units), wanted), dtype=np.float32)
    for start in range(0, len(units), _BLOCK):
        block = units[start : start + _BLOCK] @ units.T
        rows = np.arange(len(block))
        block[rows, start + rows] = -np.inf
        chosen = np.sort(np.argpartition(-block, wanted - 1, axis=1)[:, :wanted], axis=1)
        values = np.take_along_axis(block, chosen, axis=1)
        nearest = np.argsort(-values, axis=1, kind="stable")
        neighbours[start : start + len(block)] = np.take_along_axis(chosen, nearest, axis=1)
        similarity[start : start + len(block)] = np.take_along_axis(values, nearest, axis=1)
    return neighbours, similarity


def _joined(units: Floats, peaks: Integers, *, average: float) -> Integers:
    """Return topic numbers for rows, -1 for rows alone at their peak, after joining peaks inside one topic."""
    roots, labels, sizes = np.unique(peaks, return_inverse=True, return_counts=True)
    sums = np.zeros((len(roots), units.shape[1]), dtype=np.float64)
    np.add.at(sums, labels, units)
    kept = np.flatnonzero(sizes >= _SMALLEST_CLUSTER)
    topic = np.full(len(roots), -1, dtype=np.int64)
    topic[kept] = np.arange(len(kept))
    merged = _merge(sums[kept], sizes[kept].astype(np.float64), baseline=max(average, 0.0) / 2)
    topic[kept] = merged[topic[kept]]
    return topic[labels]


def _merge(sums: NDArray[np.float64], sizes: NDArray[np.float64], *, baseline: float) -> Integers:
    """Return for each topic the topic it ends up in, joining the most similar pair while one is similar enough."""
    sums, sizes = sums.copy(), sizes.copy()
    target: Integers = np.arange(len(sizes))
    while len(sizes) and np.count_nonzero(sizes) > 1:
        alive = np.flatnonzero(sizes)
        within = ((sums[alive] ** 2).sum(axis=1) - sizes[alive]) / (sizes[alive] * (sizes[alive] - 1)) - baseline
        means = sums[alive] / sizes[alive, None]
        across = means @ means.T - baseline
        loosest = np.minimum(within[:, None], within[None, :])
        ratio = np.where(loosest > 0, across / np.where(loosest > 0, loosest, 1.0), -np.inf)
        np.fill_diagonal(ratio, -np.inf)
        left, right = divmod(int(ratio.argmax()), len(alive))
        if ratio[left, right] < _JOINING:
            break
        keep, drop = sorted((int(alive[left]), int(alive[right])))
        sums[keep] += sums[drop]
        sizes[keep] += sizes[drop]
        sizes[drop] = 0
        target[target == drop] = keep
    return target


def _assigned(units: Floats, *, sample: Integers, labels: Integers, least: float) -> Integers:
    """Return topic numbers for all rows: the sample's, and for the others that of the nearest topic, if near enough."""
    found = np.unique(labels[labels >= 0])
    everyone = np.full(len(units), -1, dtype=np.int64)
    if len(found):
        centres = _normalised(np.stack([units[sample[labels == label]].mean(axis=0) for label in found]))
        similarity = units @ centres.T
        nearest = similarity.argmax(axis=1)
        everyone = np.where(similarity.max(axis=1) >= least, found[nearest], -1)
    everyone[sample] = labels
    return everyone


def _topic_terms(documents: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the terms that set each document (all terms of a topic) apart, strongest first (ties by term)."""
    counts = [Counter(document) for document in documents]
    overall: Counter[str] = Counter()
    for count in counts:
        overall.update(count)
    mean_terms = sum(overall.values()) / max(len(documents), 1)
    weighted = [
        {term: times * math.log1p(mean_terms / overall[term]) for term, times in count.items()} for count in counts
    ]
    return [tuple(sorted(weight, key=lambda term: (-weight[term], term))[:_TERMS]) for weight in weighted]
