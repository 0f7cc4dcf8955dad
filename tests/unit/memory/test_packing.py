from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.packing import NAMED, SKETCH, SPARSE, TERMS, TIMES, pack, unpack

Layout = tuple[np.dtype[Any], ...]

VALUES = {
    "<u8": st.integers(0, 2**64 - 1),
    "<u4": st.integers(0, 2**32 - 1),
    "<u2": st.integers(0, 2**16 - 1),
    "|u1": st.integers(0, 255),
    "|b1": st.booleans(),
    "<f8": st.floats(allow_nan=False),
    "<f2": st.floats(allow_nan=False, width=16),
}


@pytest.mark.parametrize(
    ("columns", "layout", "expected"),
    [
        (([1, 2**64 - 1], [3, 255]), TERMS, "0100000000000000ffffffffffffffff03ff"),
        (([258, 65_535], [0, 64]), SPARSE, "0201ffff0040"),
        (([7, 2**32 - 1], [1, 2], [True, False]), NAMED, "07000000ffffffff01020100"),
        (([0.0], [-2.0]), TIMES, "000000000000000000000000000000c0"),
        (([1.0, -2.0],), SKETCH, "003c00c0"),
    ],
)
def test_columns_follow_one_another_in_little_endian(
    columns: tuple[list[float], ...], layout: Layout, expected: str
) -> None:
    arrays = [np.array(column, dtype=kind) for column, kind in zip(columns, layout, strict=True)]
    assert pack(arrays, layout).hex() == expected


@pytest.mark.parametrize("layout", [TERMS, SPARSE, NAMED, TIMES, SKETCH])
@given(data=st.data())
def test_what_is_packed_is_unpacked(layout: Layout, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 20))
    columns = [
        np.array(data.draw(st.lists(VALUES[kind.str], min_size=count, max_size=count)), dtype=kind) for kind in layout
    ]
    found = unpack(pack(columns, layout), layout)
    assert [column.tolist() for column in found] == [column.tolist() for column in columns]
    assert [column.dtype for column in found] == list(layout)


def test_infinite_times_survive() -> None:
    ends = np.array([-np.inf, np.inf])
    assert unpack(pack([ends, ends[::-1]], TIMES), TIMES)[1].tolist() == [np.inf, -np.inf]


def test_columns_of_another_order_or_type_are_converted() -> None:
    big, sparse = np.array([1, 2, 3, 4], dtype=">u8")[::2], np.array([5, 6], dtype=np.int64)
    assert [column.tolist() for column in unpack(pack([big, sparse], TERMS), TERMS)] == [[1, 3], [5, 6]]


def test_views_are_read_only_and_memory_may_be_given() -> None:
    packed = pack([np.array([1.5])], SKETCH)
    (column,) = unpack(memoryview(packed), SKETCH)
    assert column.tolist() == [1.5]
    assert not column.flags.writeable


@pytest.mark.parametrize(("layout", "length"), [(TERMS, 8), (TERMS, 10), (SPARSE, 4), (NAMED, 5), (SKETCH, 1)])
def test_bytes_of_another_layout_are_refused(layout: Layout, length: int) -> None:
    with pytest.raises(ValueError, match="not those of this layout"):
        unpack(bytes(length), layout)


def test_missing_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        pack([np.array([1])], TERMS)
