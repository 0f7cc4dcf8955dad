import math

import numpy as np
import pytest

from apps.memory.engine.graph import CoMentions, association
from apps.memory.engine.insights import Integers, Mentions


def column(*numbers: int) -> Integers:
    return np.array(numbers, dtype=np.int64)


@pytest.fixture
def graph() -> CoMentions:
    """Four memories: 0 and 1 meet in 10 and 11, 1 and 2 in 12, and 3 and 4 are alone, 4 unmentioned."""
    triples = [(0, 10, 1), (1, 10, 1), (1, 11, 5), (0, 11, 1), (2, 12, 1), (1, 12, 1), (3, 13, 2)]
    return CoMentions(Mentions(*np.array(triples, dtype=np.int64).T), entities=5)


def test_association_is_count_times_log_of_how_much_more_than_by_chance() -> None:
    found = association(column(2, 1), column(2, 4), column(4, 2), memories=8)
    assert found.tolist() == pytest.approx([2 * math.log(1 + 8 * 2 / 8), math.log(1 + 8 / 8)])


def test_neighbours_come_strongest_first_and_only_if_allowed(graph: CoMentions) -> None:
    everyone = np.ones(5, dtype=bool)
    everyone[1] = False
    assert graph.neighbours(column(1), everyone, total_memories=4).tolist() == [0, 2]
    assert graph.neighbours(column(0, 2), ~everyone, total_memories=4).tolist() == [1]
    assert graph.neighbours(column(3, 4), everyone, total_memories=4).tolist() == [3]
    assert graph.neighbours(column(), everyone, total_memories=4).tolist() == []


def test_counts_and_the_most_mentioned(graph: CoMentions) -> None:
    assert (graph.memories.tolist(), graph.mentions.tolist()) == ([2, 3, 1, 1, 0], [2, 7, 1, 2, 0])
    assert graph.strongest(np.ones(5, dtype=bool)).tolist() == [1, 0, 3, 2]


def test_shared_memories_by_places_latest_first(graph: CoMentions) -> None:
    assert graph.shared(column(1, 0, 4, 2), evidence=5) == {(0, 1): (2, [11, 10]), (0, 3): (1, [12])}
    assert graph.shared(column(0, 1), evidence=1) == {(0, 1): (2, [11])}
    assert graph.shared(column(3), evidence=5) == {}


def test_nothing_has_no_graph() -> None:
    nothing = CoMentions(Mentions(column(), column(), column()), entities=0)
    nobody = np.empty(0, dtype=bool)
    assert nothing.strongest(nobody).tolist() == []
    assert nothing.neighbours(column(), nobody, total_memories=0).tolist() == []
    assert nothing.shared(column(), evidence=5) == {}
