import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine import insights
from apps.memory.engine.insights import (
    DayCount,
    DominantConcept,
    KnowledgeDensity,
    Mentions,
    Times,
    co_mentions,
    dominant_concepts,
    knowledge_density,
    temporal_patterns,
    trend,
)

NOBODY = np.empty((0, 2), dtype=np.int64)


def mentioned(*triples: tuple[int, int, int]) -> Mentions:
    """Make columns of (entity, memory, count)."""
    return Mentions(*np.array(triples, dtype=np.int64).reshape(-1, 3).T)


def related(*pairs: tuple[int, int]) -> insights.Integers:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def at(*moments: datetime) -> Times:
    return np.array([moment.replace(tzinfo=None) for moment in moments], dtype="datetime64[us]")


TRIPLES = st.dictionaries(st.tuples(st.integers(0, 9), st.integers(100, 109)), st.integers(1, 5), max_size=40).map(
    lambda counts: [(entity, memory, count) for (entity, memory), count in counts.items()]
)
PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=10)


def test_weight_is_tf_idf_normalised_over_all_concepts() -> None:
    found = dominant_concepts(mentioned((0, 100, 1), (0, 101, 3), (1, 100, 1)), total_memories=4)
    first = (1 + (1 + math.log(3))) * math.log1p(4 / 2)
    second = math.log1p(4 / 1)
    assert [concept.weight for concept in found] == pytest.approx([first / (first + second), second / (first + second)])
    assert [replace(concept, weight=0) for concept in found] == [
        DominantConcept(0, weight=0, count=2, memories=(101, 100)),
        DominantConcept(1, weight=0, count=1, memories=(100,)),
    ]


def test_concept_in_every_memory_weighs_less_than_its_mentions() -> None:
    everywhere = [(0, memory, 1) for memory in range(10)]
    found = dominant_concepts(mentioned(*everywhere, *[(1, memory, 3) for memory in range(4)]), total_memories=10)
    assert [concept.entity for concept in found] == [1, 0]


def test_exemplars_are_the_five_memories_that_mention_it_most() -> None:
    (found,) = dominant_concepts(mentioned(*[(0, memory, 1 + memory % 4) for memory in range(8)]), total_memories=8)
    assert found.memories == (3, 7, 2, 6, 1)
    assert found.count == 8


def test_limit_does_not_change_weights() -> None:
    mentions = mentioned((0, 0, 1), (1, 0, 1), (2, 0, 1))
    assert [one.weight for one in dominant_concepts(mentions, total_memories=1, limit=2)] == [pytest.approx(1 / 3)] * 2


@given(triples=TRIPLES)
def test_all_weights_sum_to_one(triples: list[tuple[int, int, int]]) -> None:
    found = dominant_concepts(mentioned(*triples), total_memories=10, limit=10)
    assert sum(concept.weight for concept in found) == pytest.approx(1.0 if triples else 0.0)


@pytest.mark.parametrize(
    ("triples", "pairs", "expected"),
    [
        ([], [], KnowledgeDensity(0.0, 0, 0)),
        ([(0, 0, 2)], [], KnowledgeDensity(0.0, 1, 0)),
        # Two triangles that share an entity: 5 nodes, 6 of 10 possible edges.
        (
            [(0, 0, 2), (1, 0, 2), (2, 0, 1), (2, 1, 1), (3, 1, 2), (4, 1, 2)],
            [],
            KnowledgeDensity(0.6, 5, 6),
        ),
        # A relation across the triangles is a seventh edge; one inside, stated both ways, is there already.
        (
            [(0, 0, 2), (1, 0, 2), (2, 0, 1), (2, 1, 1), (3, 1, 2), (4, 1, 2)],
            [(4, 0), (0, 1), (1, 0)],
            KnowledgeDensity(0.7, 5, 7),
        ),
        # An entity mentioned once is no node, not even with relations; an edge seen twice counts once.
        (
            [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 0, 1)],
            [(2, 0), (7, 8), (0, 0)],
            KnowledgeDensity(1.0, 2, 1),
        ),
        # Relations alone.
        ([(0, 0, 2), (1, 1, 2), (2, 2, 2)], [(0, 1), (0, 1)], KnowledgeDensity(1 / 3, 3, 1)),
    ],
)
def test_density_of_known_graphs(
    triples: list[tuple[int, int, int]], pairs: list[tuple[int, int]], expected: KnowledgeDensity
) -> None:
    assert knowledge_density(mentioned(*triples), related(*pairs)) == expected


@given(triples=TRIPLES, pairs=PAIRS)
def test_density_is_what_plain_sets_say(triples: list[tuple[int, int, int]], pairs: list[tuple[int, int]]) -> None:
    counts: Counter[int] = Counter()
    named: dict[int, set[int]] = {}
    for entity, memory, count in triples:
        counts[entity] += count
        named.setdefault(memory, set()).add(entity)
    nodes = {entity for entity, count in counts.items() if count >= 2}
    edges = {frozenset((one, other)) for names in named.values() for one in names for other in names} | set(
        map(frozenset, pairs)
    )
    edges = {edge for edge in edges if len(edge) == 2 and edge <= nodes}
    found = knowledge_density(mentioned(*triples), related(*pairs))
    assert (found.nodes, found.edges) == (len(nodes), len(edges))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(insights, "_PAIR_BUFFER", 1)
        assert knowledge_density(mentioned(*reversed(triples)), related(*pairs)) == found


def test_co_mentions_are_rows_with_the_smaller_entity_first() -> None:
    mentions = mentioned((5, 1, 1), (2, 1, 1), (9, 1, 1), (5, 3, 1), (7, 4, 1), (9, 3, 2))
    columns = co_mentions(mentions.entity, mentions.memory)
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == [
        (2, 5, 1), (2, 9, 1), (5, 9, 1), (5, 9, 3),
    ]  # fmt: skip
    assert [len(column) for column in co_mentions(NOBODY[:, 0], NOBODY[:, 1])] == [0, 0, 0]


def test_days_ascend_and_hours_count_from_monday() -> None:
    sunday_late = datetime(2025, 6, 29, 22, 30, tzinfo=UTC)
    found = temporal_patterns(at(sunday_late, sunday_late, sunday_late - timedelta(days=400), datetime(1969, 12, 29)))  # noqa: DTZ001 - as the columns are
    assert found.by_day == (
        DayCount(date(1969, 12, 29), 1),
        DayCount(date(2024, 5, 25), 1),
        DayCount(date(2025, 6, 29), 2),
    )
    # A Monday before the epoch, a Saturday, and twice the Sunday.
    assert {hour: count for hour, count in enumerate(found.by_hour_of_week) if count} == {0: 1, 142: 1, 166: 2}
    assert len(found.by_hour_of_week) == 168


def test_no_memories_have_no_days() -> None:
    assert temporal_patterns(at()) == insights.TemporalPatterns((), (0,) * 168)


@pytest.mark.parametrize(
    ("recent", "before", "expected"), [(0, 0, None), (2, 0, None), (0, 2, -1.0), (3, 2, 0.5), (2, 2, 0.0)]
)
def test_trend_is_the_relative_change(recent: int, before: int, expected: float | None) -> None:
    assert trend(recent=recent, before=before) == expected
