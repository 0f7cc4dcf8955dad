from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.sequences import Sequences

LENT = {1: 0.7, 2: 0.5, 3: 0.35, 4: 0.25, -1: 0.45, -2: 0.2}
SENSE = {-1: 0.5, -2: 0.3, 1: 0.3}


@dataclass(frozen=True)
class Turn:
    thread: int
    moment: int = 0
    place: int = 0
    length: int = 1


# Few threads and moments, so that ties are common; the place parts those.
TURNS = st.lists(
    st.builds(Turn, st.sampled_from([-2, -1, 1, 2]), st.integers(0, 3), st.integers(0, 3), st.integers(0, 9)),
    max_size=14,
)


def sequences_of(*batches: list[Turn]) -> Sequences:
    found, before = Sequences(), 0
    for batch in batches:
        found.add(
            threads=[turn.thread for turn in batch],
            moments=[turn.moment for turn in batch],
            places=[turn.place for turn in batch],
            ordinals=range(before, before + len(batch)),
            lengths=[turn.length for turn in batch],
        )
        before += len(batch)
    return found


def beside(turns: list[Turn], gone: set[int], unit: int, distance: int) -> int | None:
    """Return the unit that stands so many places after another, before it if negative."""
    series = sorted(
        (turn.moment, turn.place, other)
        for other, turn in enumerate(turns)
        if turn.thread == turns[unit].thread and other not in gone
    )
    order = [other for _, _, other in series]
    place = order.index(unit) + distance
    return order[place] if 0 <= place < len(order) else None


def lent(turns: list[Turn], gone: set[int], amounts: list[float]) -> list[float]:
    held = list(amounts)
    for unit in set(range(len(turns))) - gone:
        for distance, share in LENT.items():
            near = beside(turns, gone, unit, distance)
            if near is not None:
                held[near] += share * amounts[unit]
    return held


def blended(turns: list[Turn], gone: set[int], scores: list[float]) -> list[float]:
    mixed = list(scores)
    for unit in set(range(len(turns))) - gone:
        near = [(beside(turns, gone, unit, distance), share) for distance, share in SENSE.items()]
        around = [(scores[other], share) for other, share in near if other is not None]
        if around and turns[unit].thread > 0:
            mixed[unit] = (scores[unit] + sum(score * share for score, share in around) / sum(s for _, s in around)) / 2
    return mixed


@given(turns=TURNS, later=TURNS, data=st.data())
def test_neighbours_are_those_of_a_sorted_list(turns: list[Turn], later: list[Turn], data: st.DataObject) -> None:
    found = sequences_of(turns)
    # Linked in between, so that only what changes after that is linked again.
    found.lengths()
    everything, gone = turns + later, set[int]()
    found.add(
        threads=[turn.thread for turn in later],
        moments=[turn.moment for turn in later],
        places=[turn.place for turn in later],
        ordinals=range(len(turns), len(everything)),
        lengths=[turn.length for turn in later],
    )
    if everything:
        if data.draw(st.booleans()):
            found.lengths()
        gone = data.draw(st.sets(st.sampled_from(range(len(everything)))))
        found.drop(np.array(sorted(gone), dtype=np.int64))

    present = [unit for unit in range(len(everything)) if unit not in gone]
    lengths, mean = found.lengths()
    expected = lent(everything, gone, [turn.length for turn in everything])
    assert lengths[present] == pytest.approx([expected[unit] for unit in present])
    assert mean == pytest.approx(np.mean([expected[unit] for unit in present]) if present else 0.0)

    amounts = [float(unit % 3) for unit in range(len(everything))]
    units = np.flatnonzero(amounts)
    spread = found.spread(np.array(amounts), units, np.array(amounts, dtype=np.float32)[units])
    assert spread == pytest.approx(lent(everything, gone, amounts))

    scores = [((unit * 7) % 5) / 4 for unit in range(len(everything))]
    assert found.blend(np.array(scores)) == pytest.approx(blended(everything, gone, scores))


def test_a_turn_lends_to_those_that_follow_more_than_to_those_before() -> None:
    found = sequences_of([Turn(7, moment) for moment in range(7)])
    spread = found.spread(np.zeros(7), np.array([2]), np.array([1.0], dtype=np.float32))
    assert spread == pytest.approx([0.2, 0.45, 0, 0.7, 0.5, 0.35, 0.25])


def test_the_moment_orders_before_the_place_and_the_place_before_the_ordinal() -> None:
    found = Sequences()
    found.add(
        threads=[1] * 4, moments=[1.0, 0.0, 0.0, 0.0], places=[0, 9, 8, 8], ordinals=[0, 0, 1, 0], lengths=[1] * 4
    )
    # From first to last: 3, 2, 1, 0.
    spread = found.spread(np.zeros(4), np.array([3]), np.array([1.0], dtype=np.float32))
    assert spread == pytest.approx([0.35, 0.5, 0.7, 0])


def test_a_turn_is_half_its_neighbours_and_a_passage_all_itself() -> None:
    scores = np.array([1.0, 0.0, 0.0])
    assert sequences_of([Turn(5, moment) for moment in range(3)]).blend(scores) == pytest.approx(
        [0.5, 0.5 * 0.5 / 0.8, 0.5 * 0.3 / 0.8]
    )
    assert sequences_of([Turn(-5, moment) for moment in range(3)]).blend(scores).tolist() == [1.0, 0.0, 0.0]
    assert scores.tolist() == [1.0, 0.0, 0.0]


def test_a_turn_alone_is_itself() -> None:
    assert sequences_of([Turn(5), Turn(6)]).blend(np.array([0.3, 0.9])).tolist() == [0.3, 0.9]


def test_nothing_has_no_length() -> None:
    lengths, mean = Sequences().lengths()
    assert (lengths.tolist(), mean) == ([], 0.0)
    assert Sequences().blend(np.zeros(0)).tolist() == []


def test_those_beside_a_dropped_turn_become_neighbours() -> None:
    found = sequences_of([Turn(1, moment) for moment in range(3)])
    found.lengths()
    assert not found._stale
    found.drop(np.array([1]))
    spread = found.spread(np.zeros(3), np.array([0]), np.array([1.0], dtype=np.float32))
    assert spread == pytest.approx([0, 0, 0.7])
    # One that is gone neither gives nor takes.
    assert found.spread(np.zeros(3), np.array([1]), np.array([1.0], dtype=np.float32)).tolist() == [0, 0, 0]
