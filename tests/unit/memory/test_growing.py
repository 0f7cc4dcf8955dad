import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.growing import Growing

ROWS = st.lists(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=90), max_size=6)


def test_nothing_is_there_at_first() -> None:
    growing = Growing(np.float32)
    assert len(growing) == 0
    assert growing.rows.shape == (0,)
    assert Growing(np.float32, width=3).rows.shape == (0, 3)


@given(batches=ROWS)
def test_rows_are_those_of_a_list(batches: list[list[tuple[int, int]]]) -> None:
    wide, flat, listed = Growing(np.int64, width=2), Growing(np.int64), list[tuple[int, int]]()
    for batch in batches:
        wide.extend(batch)
        flat.extend([first for first, _ in batch])
        listed += batch
        assert wide.rows.tolist() == [list(row) for row in listed]
        assert flat.rows.tolist() == [first for first, _ in listed]
        assert len(wide) == len(flat) == len(listed)


def test_rows_take_the_type_of_the_array() -> None:
    growing = Growing(np.uint8)
    growing.extend([1, 2])
    growing.extend(np.array([3], dtype=np.int64))
    assert growing.rows.dtype == np.uint8
    assert growing.rows.tolist() == [1, 2, 3]


def test_what_is_written_into_rows_stays_when_the_array_grows() -> None:
    growing = Growing(np.int64)
    growing.extend([1, 2])
    growing.rows[1] = 7
    growing.extend(range(1000))
    assert growing.rows[:3].tolist() == [1, 7, 0]


def test_added_rows_are_copied() -> None:
    growing, source = Growing(np.int64), np.array([1, 2])
    growing.extend(source)
    source[0] = 9
    assert growing.rows.tolist() == [1, 2]


def test_room_doubles_so_that_a_row_costs_the_same_however_many_there_are() -> None:
    growing, rooms = Growing(np.int64), list[int]()
    for number in range(10_000):
        growing.extend([number])
        rooms.append(growing.nbytes // 8)
    assert sorted(set(rooms)) == [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]


def test_one_large_batch_takes_just_its_room() -> None:
    growing = Growing(np.int64)
    growing.extend(range(64))
    assert growing.nbytes == 8 * 64
    growing.extend(range(1000))
    assert growing.nbytes == 8 * 1064
