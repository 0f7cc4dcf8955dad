"""The bytes in which rows keep arrays: little-endian columns, one after the other, of as many entries each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Term hashes with their counts; keys of the sparse encoder with their weights; entity numbers with how often a memory
# names each and whether it is about it; begin and end of times, in seconds since 1970; a sketch of the meaning.
TERMS = (np.dtype("<u8"), np.dtype("u1"))
SPARSE = (np.dtype("<u2"), np.dtype("u1"))
NAMED = (np.dtype("<u4"), np.dtype("u1"), np.dtype("?"))
TIMES = (np.dtype("<f8"), np.dtype("<f8"))
SKETCH = (np.dtype("<f2"),)


def pack(columns: Sequence[Array], layout: Sequence[np.dtype[Any]]) -> bytes:
    """Return columns of equal length as bytes."""
    return b"".join(
        np.ascontiguousarray(column, dtype=kind).tobytes() for column, kind in zip(columns, layout, strict=True)
    )


def unpack(packed: bytes | memoryview, layout: Sequence[np.dtype[Any]]) -> tuple[Array, ...]:
    """Return the columns as read-only views of the bytes. Raises ``ValueError`` for bytes of another layout."""
    width = sum(kind.itemsize for kind in layout)
    count, rest = divmod(len(packed), width)
    if rest:
        raise ValueError("the bytes are not those of this layout")
    columns = []
    offset = 0
    for kind in layout:
        columns.append(np.frombuffer(packed, dtype=kind, count=count, offset=offset))
        offset += count * kind.itemsize
    return tuple(columns)
