"""Finds topics: dense regions among embeddings, named by the terms that set them apart.

Density peaks over a nearest-neighbour graph (after Rodriguez and Laio, "Clustering by fast search and find of density
peaks", Science, 2014): every memory follows its nearest denser neighbour, and where no neighbour is denser a topic has
its peak. Peaks inside one topic are then joined. No number of topics is set and nothing is random.

What all memories of an organisation have in common sets none of them apart, so it is taken out first: the mean vector
(as Mu and Viswanath do to words, "All-but-the-top", ICLR 2018).
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

# Above this many memories the graph is built on an evenly spaced sample, the rest joining the nearest topic: the graph
# costs the square of its size.
GRAPH_MEMORIES = 12_000
_BLOCK = 512
# A cosine below this is no evidence of a common topic, even in a memory where nothing is closer.
_LEAST_SIMILARITY = 0.25
# Two peaks are one topic when memories are this much as similar across as within the looser of both, measured above
# half the average similarity: above the full average nothing would be left where all memories are about one thing.
_JOINING = 0.6
_SMALLEST_CLUSTER = 2
# Of fewer memories the mean is not what they have in common, but some of them.
_COMMON = 50
# If the members of topics are less similar than this, beyond what all memories share, chance has made them.
_TELLING = 0.09
_TERMS = 8
_LABEL_TERMS = 3
_EXEMPLARS = 3
# Neighbours of each row that are kept beyond what the peaks need, for who draws the graph.
_LEAST_NEIGHBOURS = 15

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


@dataclass(frozen=True, slots=True, eq=False)
class Topics:
    """Who belongs together, and the graph that says so. Rows are memories.

    ``labels`` is int64 (n,): topics count from 0 by falling size (ties by first row), -1 is none; ``centrality``
    float32 (n,) is a memory's cosine to the mean of its topic. ``sample`` (s,) are the rows in the graph, ascending;
    ``neighbours`` int64 (s, k) are places in ``sample``, nearest first, and ``similarity`` their cosines.
    """

    labels: Integers
    centrality: Floats
    sample: Integers
    neighbours: Integers
    similarity: Floats

    def members(self, topic: int) -> Integers:
        return np.flatnonzero(self.labels == topic)

    def central(self, rows: Integers) -> Integers:
        """Return those of these rows, three at most, that are nearest to the middle (ties by row)."""
        return rows[np.lexsort((rows, -self.centrality[rows]))[:_EXEMPLARS]]


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
    no others belong to no topic, so sizes need not add up to n. The order of the input does not matter.
    Raises ``ValueError`` when the lengths differ.
    """
    count = len(memory_ids)
    if not len(vectors) == len(terms) == len(types) == count:
        raise ValueError("vectors, memory_ids, terms and types describe the same memories")
    order = sorted(range(count), key=lambda row: memory_ids[row])
    topics = find_topics(np.asarray(vectors, dtype=np.float32)[order], limit=limit)
    names = name_topics(topics.labels, {row: terms[order[row]] for row in range(count)}, [types[row] for row in order])
    return [
        Cluster(
            id=number,
            label=name.label,
            size=len(topics.members(number)),
            type=name.type,
            terms=name.terms,
            exemplar_ids=tuple(memory_ids[order[row]] for row in topics.central(topics.members(number))),
        )
        for number, name in enumerate(names)
    ]


def find_topics(vectors: Floats, *, limit: int, progress: Callable[[], None] = lambda: None) -> Topics:
    """Find up to ``limit`` topics of at least two rows among vectors, float32 (n, d), of any length.

    Above 12,000 rows they are found on an evenly spaced sample, and the others join the nearest one. ``progress`` is
    called every few tenths of a second.
    """
    if len(vectors) >= _COMMON:
        units = _normalised(vectors)
        apart = _normalised(units - units.mean(axis=0))
        topics = _topics(apart, limit=limit, progress=progress)
        if _within(apart, topics) >= _TELLING:
            return topics
    return _topics(_normalised(vectors), limit=limit, progress=progress)


def _within(units: Floats, topics: Topics) -> float:
    """Return the mean cosine of two members of one topic, over the members of all; 0 without topics."""
    members = [units[topics.members(topic)] for topic in range(topics.labels.max(initial=-1) + 1)]
    sizes = np.array([len(one) for one in members], dtype=np.float64)
    squares = np.array([np.square(one.sum(axis=0, dtype=np.float64)).sum() for one in members])
    return float(((squares - sizes) / (sizes - 1)).sum() / sizes.sum()) if members else 0.0


def _topics(units: Floats, *, limit: int, progress: Callable[[], None]) -> Topics:
    count = len(units)
    sample: Integers = np.arange(count)
    if count > GRAPH_MEMORIES:
        sample = (np.arange(GRAPH_MEMORIES) * count) // GRAPH_MEMORIES
    graph = units[sample]
    labels: Integers = np.full(count, -1, dtype=np.int64)
    neighbours, similarity = np.empty((count, 0), dtype=np.int64), np.empty((count, 0), dtype=np.float32)
    if count >= _SMALLEST_CLUSTER:
        wanted = max(_LEAST_NEIGHBOURS, _peak_neighbours(len(graph)))
        neighbours, similarity = _nearest(graph, wanted=min(len(graph) - 1, wanted), progress=progress)
        labels = _ranked(_labels(units, sample, neighbours, similarity), limit=limit)
    centrality = np.zeros(count, dtype=np.float32)
    for topic in range(labels.max(initial=-1) + 1):
        rows = np.flatnonzero(labels == topic)
        centrality[rows] = units[rows] @ _normalised(units[rows].mean(axis=0, keepdims=True))[0]
    return Topics(labels, centrality, sample, neighbours, similarity)


@dataclass(frozen=True, slots=True)
class TopicName:
    """``label`` are the first three terms, or the type, the most frequent one, if there are none."""

    label: str
    type: str
    terms: tuple[str, ...]


def name_topics(
    labels: Integers, terms: Mapping[int, Sequence[str]], types: Sequence[str], *, topics: int | None = None
) -> list[TopicName]:
    """Name each topic, from the ``terms`` of some rows and the ``types`` of all; ``topics`` may be more than have rows.

    Labels are class-based tf-idf (Grootendorst, "BERTopic", 2022): ``tf * ln(1 + mean terms of a topic / tf overall)``.
    """
    count = int(labels.max(initial=-1)) + 1 if topics is None else topics
    members = [np.flatnonzero(labels == topic).tolist() for topic in range(count)]
    found = _topic_terms([[term for row in rows for term in terms.get(row, ())] for rows in members])
    names = []
    for rows, topic_terms in zip(members, found, strict=True):
        kinds = Counter(types[row] for row in rows)
        kind = min(kinds, key=lambda name: (-kinds[name], name), default="")
        names.append(TopicName(", ".join(topic_terms[:_LABEL_TERMS]) or kind, kind, topic_terms))
    return names


def _normalised(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def _labels(units: Floats, sample: Integers, neighbours: Integers, similarity: Floats) -> Integers:
    """Return topic numbers for all rows, in no order, from the graph over the sample."""
    graph = units[sample]
    total = graph.sum(axis=0, dtype=np.float64)
    average = float((total @ total - len(graph)) / (len(graph) * (len(graph) - 1)))
    least = max(average, _LEAST_SIMILARITY)
    kept = min(len(graph) - 1, _peak_neighbours(len(graph)))
    labels = _joined(graph, _peaks(neighbours[:, :kept], similarity[:, :kept], least=least), average=average)
    return labels if len(sample) == len(units) else _assigned(units, sample=sample, labels=labels, least=least)


def _ranked(labels: Integers, *, limit: int) -> Integers:
    """Return the labels counted from 0 by falling size (ties by first row), without what is too small or beyond."""
    found, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    kept = (found >= 0) & (sizes >= _SMALLEST_CLUSTER)
    found, first, sizes = found[kept], first[kept], sizes[kept]
    ranks: Integers = np.full(labels.max(initial=-1) + 2, -1, dtype=np.int64)
    best = found[np.lexsort((first, -sizes))[:limit]]
    ranks[best] = np.arange(len(best))
    # The last place stands for the label -1.
    return ranks[labels]


def _peak_neighbours(count: int) -> int:
    return max(4, math.isqrt(count) // 2)


def _peaks(neighbours: Integers, similarity: Floats, *, least: float) -> Integers:
    """Return for each row the row of its peak."""
    near = similarity >= least
    density = np.where(near, similarity, 0.0).sum(axis=1)
    # Among equally dense rows the earlier one leads, so that twins cannot follow each other in a circle.
    rows = np.arange(len(neighbours))
    rank = np.empty(len(rows), dtype=np.int64)
    rank[np.lexsort((rows, -density))] = rows
    leads = near & (rank[neighbours] < rank[:, None])
    nearest = np.where(leads, similarity, -np.inf).argmax(axis=1)
    parent = np.where(leads.any(axis=1), neighbours[rows, nearest], rows)
    while True:
        grandparent = parent[parent]
        if np.array_equal(grandparent, parent):
            return parent
        parent = grandparent


def _nearest(units: Floats, *, wanted: int, progress: Callable[[], None] = lambda: None) -> tuple[Integers, Floats]:
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
        progress()
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
