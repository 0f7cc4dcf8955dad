"""An array that rows are appended to, at a constant cost a row."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FIRST_ROWS = 64


class Growing:
    """Rows of one type. `rows` is a view of those present: write into it, but do not keep it across `extend`."""

    def __init__(self, dtype: Any, *, width: int | None = None) -> None:
        self._shape = () if width is None else (width,)
        self._array: NDArray[Any] = np.empty((_FIRST_ROWS, *self._shape), dtype=dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> NDArray[Any]:
        return self._array[: self._count]

    @property
    def nbytes(self) -> int:
        return self._array.nbytes

    def extend(self, rows: Any) -> None:
        added: NDArray[Any] = np.asarray(rows, dtype=self._array.dtype).reshape(-1, *self._shape)
        needed = self._count + len(added)
        if needed > len(self._array):
            grown = np.empty((max(needed, 2 * len(self._array)), *self._shape), dtype=self._array.dtype)
            grown[: self._count] = self.rows
            self._array = grown
        self._array[self._count : needed] = added
        self._count = needed
