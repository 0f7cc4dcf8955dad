"""What an organisation's memory as a whole is about: concepts, density of knowledge, rhythm. Pure arithmetic.

Topics over embeddings are in ``clusters``. Entities and memories are numbers here, and what is known about many of them
comes as columns: a hundred thousand memories are a matter of tenths of a second that way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

TREND_WINDOW = timedelta(days=30)
HOURS_OF_WEEK = 168
_EXEMPLARS = 5
# An entity named once may be a slip of the extraction; named twice it is knowledge.
_NODE_MENTIONS = 2
# Pairs are deduplicated whenever this many have been collected: 16 MB.
_PAIR_BUFFER = 2_000_000
# 1970-01-01, from which NumPy counts days, was a Thursday.
_HOURS_BEFORE_THE_EPOCH = 3 * 24

Integers = NDArray[np.int64]
# In UTC, without saying so.
Times = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, eq=False)
class Mentions:
    """Row by row: the memory ``memory`` names the entity ``entity`` ``count`` times, at least once.

    Three int64 columns of one length; no two rows have the same entity and memory.
    """

    entity: Integers
    memory: Integers
    count: Integers


@dataclass(frozen=True, slots=True)
class DominantConcept:
    """``weight`` is its share of all concepts' weights, ``count`` the number of memories that mention it."""

    entity: int
    weight: float
    count: int
    memories: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KnowledgeDensity:
    """``density`` = 2 * ``edges`` / (``nodes`` * (``nodes`` - 1)), 0 with fewer than two nodes."""

    density: float
    nodes: int
    edges: int


@dataclass(frozen=True, slots=True)
class DayCount:
    date: date
    count: int


@dataclass(frozen=True, slots=True)
class TemporalPatterns:
    """``by_hour_of_week`` counts from Monday, 0 o'clock."""

    by_day: tuple[DayCount, ...]
    by_hour_of_week: tuple[int, ...]


def dominant_concepts(mentions: Mentions, *, total_memories: int, limit: int = 12) -> list[DominantConcept]:
    """Return the ``limit`` heaviest entities, heaviest first (ties by number).

    An entity's weight is the sum over its memories of ``(1 + ln count) * ln(1 + total_memories / memories)``,
    sublinear tf times smoothed idf, divided by the sum over all entities, those beyond ``limit`` included.
    ``memories`` are up to five that mention it most (ties by number).
    """
    entities, index = np.unique(mentions.entity, return_inverse=True)
    counts = np.bincount(index, minlength=len(entities))
    frequency = np.bincount(index, weights=1 + np.log(mentions.count), minlength=len(entities))
    weights = frequency * np.log1p(np.maximum(total_memories, counts) / counts)
    total = weights.sum()
    found = []
    for heavy in np.lexsort((entities, -weights))[:limit]:
        rows = np.flatnonzero(index == heavy)
        most = rows[np.lexsort((mentions.memory[rows], -mentions.count[rows]))[:_EXEMPLARS]]
        found.append(
            DominantConcept(
                entity=int(entities[heavy]),
                weight=float(weights[heavy] / total),
                count=int(counts[heavy]),
                memories=tuple(mentions.memory[most].tolist()),
            )
        )
    return found


def knowledge_density(mentions: Mentions, relations: Integers) -> KnowledgeDensity:
    """Return the density of the graph of entities with at least two mentions.

    An edge joins two of them that a memory names together or that a relation joins; ``relations`` is (r, 2), in any
    order. Takes time in proportion to the co-mentions, that is to the square of the entities of one memory.
    """
    entities, index = np.unique(mentions.entity, return_inverse=True)
    totals = np.bincount(index, weights=mentions.count, minlength=len(entities))
    nodes = entities[totals >= _NODE_MENTIONS]
    rows = np.flatnonzero(totals[index] >= _NODE_MENTIONS)
    number = np.searchsorted(nodes, mentions.entity[rows])
    seen = _relation_codes(relations, nodes)
    pending, waiting = [seen], len(seen)
    for first, second in _pairs(number, mentions.memory[rows]):
        pending.append(number[first] * len(nodes) + number[second])
        waiting += len(first)
        if waiting >= _PAIR_BUFFER:
            seen = np.unique(np.concatenate(pending))
            pending, waiting = [seen], 0
    edges = len(np.unique(np.concatenate(pending)))
    possible = len(nodes) * (len(nodes) - 1) / 2
    return KnowledgeDensity(density=edges / possible if possible else 0.0, nodes=len(nodes), edges=edges)


def temporal_patterns(occurred: Times) -> TemporalPatterns:
    """Return how memories spread over days and over the hours of the week. ``by_day`` has the days with memories."""
    days, counts = np.unique(occurred.astype("datetime64[D]"), return_counts=True)
    hours = (occurred.astype("datetime64[h]").astype(np.int64) + _HOURS_BEFORE_THE_EPOCH) % HOURS_OF_WEEK
    return TemporalPatterns(
        by_day=tuple(
            DayCount(date=day, count=count) for day, count in zip(days.tolist(), counts.tolist(), strict=True)
        ),
        by_hour_of_week=tuple(np.bincount(hours, minlength=HOURS_OF_WEEK).tolist()),
    )


def trend(*, recent: int, before: int) -> float | None:
    """Return the relative change from one window to the next (0.5 is half as many again); None after an empty one."""
    return (recent - before) / before if before else None


def co_mentions(entity: Integers, memory: Integers) -> tuple[Integers, Integers, Integers]:
    """Return columns ``(first, second, memory)``: each two entities that one memory names, the smaller number first.

    Takes two columns as ``Mentions`` has them.
    """
    parts = [(entity[first], entity[second], memory[first]) for first, second in _pairs(entity, memory)]
    if not parts:
        nothing: Integers = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    one, other, place = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return one, other, place


def _pairs(entity: Integers, memory: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Yield row numbers of the pairs of rows that share a memory; the first row has the smaller entity."""
    order = np.lexsort((entity, memory))
    listed = memory[order]
    first = np.arange(len(order))
    for distance in range(1, len(order)):
        # Who has no partner at one distance has none at the next.
        first = first[first + distance < len(order)]
        first = first[listed[first] == listed[first + distance]]
        if not len(first):
            return
        yield order[first], order[first + distance]


def _relation_codes(relations: Integers, nodes: Integers) -> Integers:
    """Return the codes, as `knowledge_density` makes them, of the relations between two different nodes."""
    ends = np.sort(relations[np.isin(relations, nodes).all(axis=1)], axis=1)
    ends = np.searchsorted(nodes, ends[ends[:, 0] != ends[:, 1]])
    codes: Integers = ends[:, 0] * len(nodes) + ends[:, 1]
    return codes
