"""What an organisation's memory as a whole is about: concepts, density of knowledge, rhythm. Pure arithmetic.

Topics over embeddings are in ``clusters``.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.clusters import Cluster, semantic_clusters

__all__ = [
    "Cluster",
    "DayCount",
    "DominantConcept",
    "KnowledgeDensity",
    "MentionCount",
    "TemporalPatterns",
    "dominant_concepts",
    "knowledge_density",
    "semantic_clusters",
    "temporal_patterns",
]

# (entity, memory, how often the memory mentions the entity, at least 1)
MentionCount = tuple[UUID, UUID, int]

TREND_WINDOW = timedelta(days=30)
HOURS_OF_WEEK = 168
_EXEMPLARS = 5
# An entity named once may be a slip of the extraction; named twice it is knowledge.
_NODE_MENTIONS = 2
# Pairs are deduplicated whenever this many have been collected: 16 MB.
_PAIR_BUFFER = 2_000_000


@dataclass(frozen=True, slots=True)
class DominantConcept:
    """``weight`` is its share of all concepts' weights, ``count`` the number of memories that mention it."""

    entity_id: UUID
    weight: float
    count: int
    memory_ids: tuple[UUID, ...]


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
    """``by_hour_of_week`` counts from Monday, 0 o'clock; ``trend`` is a ratio (0.5 is half as many again)."""

    by_day: tuple[DayCount, ...]
    by_hour_of_week: tuple[int, ...]
    trend: float | None


def dominant_concepts(
    mentions: Sequence[MentionCount], *, total_memories: int, limit: int = 12
) -> list[DominantConcept]:
    """Return the ``limit`` heaviest entities, heaviest first (ties by id).

    An entity's weight is the sum over its memories of ``(1 + ln count) * ln(1 + total_memories / memories)``,
    sublinear tf times smoothed idf, divided by the sum over all entities, those beyond ``limit`` included.
    ``memory_ids`` are up to five memories that mention it most (ties by id). Repeated pairs are added up.
    """
    counts = _counts(mentions)
    weights = {
        entity: sum(1 + math.log(count) for count in memories.values())
        * math.log1p(max(total_memories, len(memories)) / len(memories))
        for entity, memories in counts.items()
    }
    total = math.fsum(weights.values())
    heaviest = sorted(weights, key=lambda entity: (-weights[entity], entity))[:limit]
    return [
        DominantConcept(
            entity_id=entity,
            weight=weights[entity] / total,
            count=len(counts[entity]),
            memory_ids=tuple(sorted(counts[entity], key=lambda memory: (-counts[entity][memory], memory))[:_EXEMPLARS]),
        )
        for entity in heaviest
    ]


def knowledge_density(mentions: Sequence[MentionCount]) -> KnowledgeDensity:
    """Return the density of the graph of entities with at least two mentions; an edge is a memory that names both.

    Takes time and memory in proportion to the co-mentions, that is to the square of the entities of one memory.
    """
    counts = _counts(mentions)
    nodes = sorted(entity for entity, memories in counts.items() if sum(memories.values()) >= _NODE_MENTIONS)
    number = {entity: index for index, entity in enumerate(nodes)}
    members: dict[UUID, list[int]] = defaultdict(list)
    for entity in nodes:
        for memory in counts[entity]:
            members[memory].append(number[entity])
    edges = _count_pairs(members, nodes=len(nodes))
    possible = len(nodes) * (len(nodes) - 1) / 2
    return KnowledgeDensity(density=edges / possible if possible else 0.0, nodes=len(nodes), edges=edges)


def temporal_patterns(occurred: Sequence[datetime], *, now: datetime) -> TemporalPatterns:
    """Return how memories spread over days and over the hours of the week, in the time zone of ``now``.

    ``by_day`` holds the days with memories, ascending. ``trend`` is the relative change of the 30 days before ``now``
    against the 30 days before those (lower ends excluded), ``None`` if those are empty. Later events count for the
    first two only. Raises ``ValueError`` for a time without zone.
    """
    if any(moment.utcoffset() is None for moment in (*occurred, now)):
        raise ValueError("times carry their zone")
    local = [moment.astimezone(now.tzinfo) for moment in occurred]
    days = Counter(moment.date() for moment in local)
    hours = Counter(moment.weekday() * 24 + moment.hour for moment in local)
    recent = sum(now - TREND_WINDOW < moment <= now for moment in occurred)
    before = sum(now - 2 * TREND_WINDOW < moment <= now - TREND_WINDOW for moment in occurred)
    return TemporalPatterns(
        by_day=tuple(DayCount(date=day, count=days[day]) for day in sorted(days)),
        by_hour_of_week=tuple(hours[hour] for hour in range(HOURS_OF_WEEK)),
        trend=(recent - before) / before if before else None,
    )


def _counts(mentions: Sequence[MentionCount]) -> dict[UUID, Counter[UUID]]:
    counts: dict[UUID, Counter[UUID]] = defaultdict(Counter)
    for entity, memory, count in mentions:
        counts[entity][memory] += count
    return counts


def _count_pairs(members: Mapping[UUID, Sequence[int]], *, nodes: int) -> int:
    """Count the distinct pairs of numbers below ``nodes`` that share a list; the lists are ascending."""
    seen: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    pending: list[NDArray[np.int64]] = []
    waiting = 0
    for numbers in members.values():
        listed = np.array(numbers, dtype=np.int64)
        first, second = np.triu_indices(len(listed), k=1)
        pending.append(listed[first] * nodes + listed[second])
        waiting += len(first)
        if waiting >= _PAIR_BUFFER:
            seen, pending, waiting = np.unique(np.concatenate([seen, *pending])), [], 0
    return len(np.unique(np.concatenate([seen, *pending])))
