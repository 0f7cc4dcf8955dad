from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine import postings
from apps.memory.engine.postings import Postings

Unit = dict[int, int]

# Keys at both ends of the type, and a few that meet often.
KEYS = st.one_of(st.integers(0, 6), st.sampled_from([2**64 - 2, 2**64 - 1]))
UNIT = st.dictionaries(KEYS, st.integers(0, 255), max_size=6)
BATCHES = st.lists(st.lists(UNIT, max_size=8), max_size=6)
ASKED = [0, 3, 6, 7, 2**63, 2**64 - 2, 2**64 - 1]


def extended(batches: Sequence[Sequence[Unit]], *, scale: float = 1.0) -> Postings:
    found = Postings(key_type=np.uint64, scale=scale)
    extend(found, batches)
    return found


def extend(found: Postings, batches: Sequence[Sequence[Unit]]) -> None:
    for batch in batches:
        # Asked in between: what was found once must not be taken for what is there.
        found.find(0)
        found.extend(
            [np.array(sorted(unit), dtype=np.uint64) for unit in batch],
            [np.array([unit[key] for key in sorted(unit)], dtype=np.uint8) for unit in batch],
        )


def listed(found: Postings, key: int) -> list[tuple[int, float]]:
    units, weights = found.find(key)
    return list(zip(units.tolist(), weights.tolist(), strict=True))


@pytest.fixture(params=[0, 4, 1_000], autouse=True)
def small_units(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "_SMALL_UNITS", request.param)


@given(batches=BATCHES)
def test_lists_are_those_of_a_dictionary(batches: list[list[Unit]]) -> None:
    found, units = extended(batches), [unit for batch in batches for unit in batch]
    naive = {key: [(place, unit[key]) for place, unit in enumerate(units) if key in unit] for key in ASKED}
    assert {key: listed(found, key) for key in ASKED} == naive

    keys = np.array(ASKED, dtype=np.uint64)
    assert found.lengths(keys).tolist() == [len(naive[key]) for key in ASKED]
    assert found.totals(keys).tolist() == [sum(weight for _, weight in naive[key]) for key in ASKED]
    columns = [column.tolist() for column in found.find_many(keys)]
    assert sorted(zip(*columns, strict=True)) == [
        (place, unit, weight) for place, key in enumerate(ASKED) for unit, weight in naive[key]
    ]


@given(before=BATCHES, after=BATCHES, data=st.data())
def test_dropped_units_count_no_more(before: list[list[Unit]], after: list[list[Unit]], data: st.DataObject) -> None:
    found, units = extended(before), [unit for batch in before for unit in batch]
    # In two lots, so that one may hit the large block and the other the small one.
    dropped = data.draw(st.lists(st.sampled_from(range(len(units))), unique=True)) if units else []
    found.drop(np.array(dropped[::2], dtype=np.int64))
    extend(found, after)
    found.find(0)
    found.drop(np.array(dropped[1::2], dtype=np.int64))
    units += [unit for batch in after for unit in batch]

    keys = np.array(ASKED, dtype=np.uint64)
    kept = [(place, unit) for place, unit in enumerate(units) if place not in dropped]
    assert found.lengths(keys).tolist() == [sum(key in unit for _, unit in kept) for key in ASKED]
    assert found.totals(keys).tolist() == [sum(unit.get(key, 0) for _, unit in kept) for key in ASKED]
    for key in ASKED:
        present = [(place, weight) for place, weight in listed(found, key) if place not in dropped]
        assert present == [(place, unit[key]) for place, unit in kept if key in unit]


def test_dropped_units_leave_the_lists_when_these_are_built_anew() -> None:
    found = extended([[{1: 7}] * 6])
    found.drop(np.array([0, 4]))
    extend(found, [[{1: 9}] * 1_001])
    assert listed(found, 1) == [*((place, 7.0) for place in (1, 2, 3, 5)), *((place, 9.0) for place in range(6, 1_007))]


def test_nothing_is_found_among_nothing() -> None:
    for found in (Postings(key_type=np.uint16), extended([[{}, {}]]), extended([[]])):
        none = np.empty(0, dtype=np.uint16)
        assert listed(found, 3) == []
        assert [column.tolist() for column in found.find_many(none)] == [[], [], []]
        assert found.lengths(np.array([3], dtype=np.uint16)).tolist() == [0]
        assert found.totals(none).tolist() == []


def test_weights_are_scaled_where_they_are_found_and_nowhere_else() -> None:
    found = extended([[{5: 3}], [{5: 255, 6: 1}]], scale=1 / 64)
    assert listed(found, 5) == [(0, 3 / 64), (1, 255 / 64)]
    assert found.totals(np.array([5], dtype=np.uint64)).tolist() == [258]


def test_answers_have_the_types_that_they_promise() -> None:
    places, units, weights = extended([[{5: 3}]]).find_many(np.array([5], dtype=np.uint64))
    assert [column.dtype.str for column in (places, units, weights)] == ["<i8", "<i8", "<f4"]


def test_the_small_block_is_merged_when_it_is_large_and_no_small_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "_SMALL_UNITS", 4)
    found, merged = Postings(key_type=np.uint64), list[int]()
    for count in range(1, 61):
        found.extend([np.array([1], dtype=np.uint64)], [np.array([1], dtype=np.uint8)])
        if not found._keys:
            merged.append(count)
    # Five are more than four, and more than an eighth of up to 39.
    assert merged == [5, 10, 15, 20, 25, 30, 35, 40, 46, 52, 59]
    assert listed(found, 1) == [(place, 1.0) for place in range(60)]


def test_room_is_that_of_the_arrays() -> None:
    found = extended([[{1: 1, 2: 1}]])
    small = 2 * 8 + 2
    # One start for the end of the empty large block; merged, two keys with three starts, and four bytes a member.
    assert found.nbytes == (2 * 8 + 3 * 8 + 2 * 4 + 2 if postings._SMALL_UNITS == 0 else 8 + small)
