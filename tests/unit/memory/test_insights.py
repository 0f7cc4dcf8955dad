import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine import insights
from apps.memory.engine.insights import (
    DayCount,
    DominantConcept,
    KnowledgeDensity,
    MentionCount,
    dominant_concepts,
    knowledge_density,
    temporal_patterns,
)

ENTITIES = [UUID(int=number) for number in range(10)]
MEMORIES = [UUID(int=100 + number) for number in range(10)]
NOW = datetime(2025, 6, 30, 12, tzinfo=UTC)


def mentioned(*triples: tuple[int, int, int]) -> list[MentionCount]:
    return [(ENTITIES[entity], MEMORIES[memory], count) for entity, memory, count in triples]


MENTIONS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 5)), max_size=40).map(
    lambda triples: mentioned(*triples)
)


def test_weight_is_tf_idf_normalised_over_all_concepts() -> None:
    found = dominant_concepts(mentioned((0, 0, 1), (0, 1, 3), (1, 0, 1)), total_memories=4)
    first = (1 + (1 + math.log(3))) * math.log1p(4 / 2)
    second = math.log1p(4 / 1)
    assert [concept.weight for concept in found] == pytest.approx([first / (first + second), second / (first + second)])
    assert [replace(concept, weight=0) for concept in found] == [
        DominantConcept(ENTITIES[0], weight=0, count=2, memory_ids=(MEMORIES[1], MEMORIES[0])),
        DominantConcept(ENTITIES[1], weight=0, count=1, memory_ids=(MEMORIES[0],)),
    ]


def test_concept_in_every_memory_weighs_less_than_its_mentions() -> None:
    everywhere = [(0, memory, 1) for memory in range(10)]
    found = dominant_concepts(mentioned(*everywhere, *[(1, memory, 3) for memory in range(4)]), total_memories=10)
    assert [concept.entity_id for concept in found] == [ENTITIES[1], ENTITIES[0]]


def test_exemplars_are_the_five_memories_that_mention_it_most() -> None:
    (found,) = dominant_concepts(mentioned(*[(0, memory, 1 + memory % 4) for memory in range(8)]), total_memories=8)
    assert found.memory_ids == tuple(MEMORIES[number] for number in (3, 7, 2, 6, 1))
    assert found.count == 8


def test_limit_does_not_change_weights() -> None:
    mentions = mentioned((0, 0, 1), (1, 0, 1), (2, 0, 1))
    assert [one.weight for one in dominant_concepts(mentions, total_memories=1, limit=2)] == [pytest.approx(1 / 3)] * 2


@given(mentions=MENTIONS)
def test_all_weights_sum_to_one(mentions: list[MentionCount]) -> None:
    found = dominant_concepts(mentions, total_memories=10, limit=10)
    assert sum(concept.weight for concept in found) == pytest.approx(1.0 if mentions else 0.0)


@pytest.mark.parametrize(
    ("mentions", "expected"),
    [
        (mentioned(), KnowledgeDensity(0.0, 0, 0)),
        (mentioned((0, 0, 2)), KnowledgeDensity(0.0, 1, 0)),
        # Two triangles that share an entity: 5 nodes, 6 of 10 possible edges.
        (
            mentioned((0, 0, 2), (1, 0, 2), (2, 0, 1), (2, 1, 1), (3, 1, 2), (4, 1, 2)),
            KnowledgeDensity(0.6, 5, 6),
        ),
        # An entity mentioned once is no node, an edge seen twice counts once.
        (
            mentioned((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 0, 1)),
            KnowledgeDensity(1.0, 2, 1),
        ),
    ],
)
def test_density_of_known_graphs(mentions: list[MentionCount], expected: KnowledgeDensity) -> None:
    assert knowledge_density(mentions) == expected


@given(mentions=MENTIONS)
def test_density_does_not_depend_on_the_buffer(mentions: list[MentionCount]) -> None:
    whole = knowledge_density(mentions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(insights, "_PAIR_BUFFER", 1)
        assert knowledge_density(list(reversed(mentions))) == whole
    assert 0 <= whole.density <= 1


def test_days_and_hours_follow_the_zone_of_now() -> None:
    berlin = timezone(timedelta(hours=2))
    sunday_late = datetime(2025, 6, 29, 22, 30, tzinfo=UTC)  # Monday, half past midnight in Berlin
    found = temporal_patterns([sunday_late, sunday_late], now=NOW.astimezone(berlin))
    assert found.by_day == (DayCount(date(2025, 6, 30), 2),)
    assert found.by_hour_of_week == (2, *[0] * 167)
    found = temporal_patterns([sunday_late], now=NOW)
    assert found.by_day == (DayCount(date(2025, 6, 29), 1),)
    assert found.by_hour_of_week.index(1) == 6 * 24 + 22


@pytest.mark.parametrize(
    ("days_ago", "trend"),
    [
        ([], None),
        ([1, 2], None),
        ([31, 32], -1.0),
        ([1, 2, 3, 40, 50], 0.5),
        ([0, 29, 30, 59], 0.0),
        ([-1, 60, 61, 30], -1.0),
    ],
)
def test_trend_compares_the_last_thirty_days_with_the_thirty_before(days_ago: list[int], trend: float | None) -> None:
    assert temporal_patterns([NOW - timedelta(days=days) for days in days_ago], now=NOW).trend == trend


def test_days_are_ascending_and_add_up() -> None:
    found = temporal_patterns([NOW - timedelta(days=days) for days in (5, 1, 5, 400)], now=NOW)
    assert [(one.date, one.count) for one in found.by_day] == [
        (date(2024, 5, 26), 1),
        (date(2025, 6, 25), 2),
        (date(2025, 6, 29), 1),
    ]
    assert sum(found.by_hour_of_week) == 4


def test_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        temporal_patterns([NOW.replace(tzinfo=None)], now=NOW)
