"""Inverted lists: which units hold a term, and with what weight.

A large block that never changes and a small one for what came since, so that a new memory costs little and a search
reads two short lists a term.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# The small block is merged into the large one when it has outgrown both of these.
_SMALL_UNITS = 1_000
_SMALL_SHARE = 8

Units = NDArray[np.int64]
Weights = NDArray[np.float32]

_NO_WEIGHTS = np.empty(0, dtype=np.uint8)


class Postings:
    """Lists of (unit, weight) by key. Keys are unsigned integers, weights small unsigned integers."""

    def __init__(self, *, key_type: type[np.unsignedinteger], scale: float = 1.0) -> None:
        self._key_type = key_type
        self._scale = np.float32(scale)
        self._large = _Block.build([], [], first=0, key_type=key_type)
        self._keys: list[NDArray[np.unsignedinteger]] = []
        self._weights: list[NDArray[np.uint8]] = []
        self._small: _Block | None = None
        # Units of the large block that were dropped, until it is built anew.
        self._dropped: list[Units] = []

    @property
    def nbytes(self) -> int:
        return self._large.nbytes + sum(one.nbytes for one in (*self._keys, *self._weights))

    def extend(self, keys: Sequence[NDArray[np.unsignedinteger]], weights: Sequence[NDArray[np.uint8]]) -> None:
        """Add units, numbered on from those that are there: for each its distinct keys and their weights."""
        self._keys += keys
        self._weights += weights
        self._small = None
        waiting = len(self._keys)
        if waiting > _SMALL_UNITS and waiting * _SMALL_SHARE > self._large.units:
            recent = _Block.build(self._keys, self._weights, first=self._large.units, key_type=self._key_type)
            self._large = self._large.merged(recent, without=self._dropped)
            self._keys, self._weights, self._dropped = [], [], []

    def drop(self, units: Units) -> None:
        """Take units, each at most once, out of lengths and totals; lists may hold them still, for callers to skip."""
        first = self._large.units
        large = units[units < first]
        if len(large):
            self._large.discount(large)
            self._dropped.append(large)
        for unit in units[units >= first].tolist():
            self._keys[unit - first], self._weights[unit - first] = self._keys[unit - first][:0], _NO_WEIGHTS
            self._small = None

    def find(self, key: int) -> tuple[Units, Weights]:
        """Return the units that hold a key, int64 (n,), ascending, and its weight in each, float32 (n,)."""
        _, units, weights = self.find_many(np.array([key], dtype=self._key_type))
        return units, weights

    def find_many(self, keys: NDArray[np.unsignedinteger]) -> tuple[NDArray[np.int64], Units, Weights]:
        """Return the lists of several distinct keys end to end: the index of the key, the unit, and the weight."""
        lists = [block.find(keys) for block in self._blocks()]
        places, units, weights = (np.concatenate(column) for column in zip(*lists, strict=True))
        return places, units.astype(np.int64), weights.astype(np.float32) * self._scale

    def lengths(self, keys: NDArray[np.unsignedinteger]) -> NDArray[np.int64]:
        """Return how many units hold each key, int64 (n,)."""
        large, small = (block.measure(keys)[0] for block in self._blocks())
        return large + small

    def totals(self, keys: NDArray[np.unsignedinteger]) -> NDArray[np.int64]:
        """Return the sum of each key's weights before scaling, int64 (n,)."""
        large, small = (block.measure(keys)[1] for block in self._blocks())
        return large + small

    def _blocks(self) -> "tuple[_Block, _Block]":
        if self._small is None:
            self._small = _Block.build(self._keys, self._weights, first=self._large.units, key_type=self._key_type)
        return self._large, self._small


class _Block:
    """Lists that do not change: `keys` (k,) ascending, list i at `starts[i]` to `starts[i + 1]`.

    `lengths` and `totals` (k,) are without the units that have been dropped since, which the lists hold still.
    """

    def __init__(
        self,
        keys: NDArray[np.unsignedinteger],
        starts: NDArray[np.int64],
        members: NDArray[np.int32],
        weights: NDArray[np.uint8],
        *,
        units: int,
    ) -> None:
        self.keys, self.starts, self.members, self.weights, self.units = keys, starts, members, weights, units
        sums = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(weights, dtype=np.int64)])
        self.totals = np.diff(sums[starts])
        self.lengths = np.diff(starts)

    @classmethod
    def build(
        cls,
        keys: Sequence[NDArray[np.unsignedinteger]],
        weights: Sequence[NDArray[np.uint8]],
        *,
        first: int,
        key_type: type[np.unsignedinteger],
    ) -> "_Block":
        flat = np.concatenate(keys) if keys else np.empty(0, dtype=key_type)
        lengths = np.fromiter((len(one) for one in keys), dtype=np.int64, count=len(keys))
        members = np.repeat(np.arange(first, first + len(keys), dtype=np.int32), lengths)
        values = np.concatenate(weights) if weights else np.empty(0, dtype=np.uint8)
        return cls._sorted(flat, members, values, units=first + len(keys))

    @classmethod
    def _sorted(
        cls,
        flat: NDArray[np.unsignedinteger],
        members: NDArray[np.int32],
        values: NDArray[np.uint8],
        *,
        units: int,
    ) -> "_Block":
        # Stable, so that the units of a list stay in ascending order.
        order = np.argsort(flat, kind="stable")
        flat = flat[order]
        starts = np.flatnonzero(np.append(True, flat[1:] != flat[:-1])) if len(flat) else np.empty(0, dtype=np.int64)
        return cls(flat[starts], np.append(starts, len(flat)), members[order], values[order], units=units)

    @property
    def nbytes(self) -> int:
        return self.keys.nbytes + self.starts.nbytes + self.members.nbytes + self.weights.nbytes

    def merged(self, later: "_Block", *, without: Sequence[Units]) -> "_Block":
        flat = np.concatenate([np.repeat(one.keys, np.diff(one.starts)) for one in (self, later)])
        members = np.concatenate([self.members, later.members])
        weights = np.concatenate([self.weights, later.weights])
        kept = ~_mask(without, size=later.units)[members]
        return self._sorted(flat[kept], members[kept], weights[kept], units=later.units)

    def discount(self, units: Units) -> None:
        """Take units out of lengths and totals."""
        listed = np.flatnonzero(_mask([units], size=self.units)[self.members])
        places = np.searchsorted(self.starts, listed, side="right") - 1
        np.subtract.at(self.lengths, places, 1)
        np.subtract.at(self.totals, places, self.weights[listed].astype(np.int64))

    def find(self, keys: NDArray[np.unsignedinteger]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
        places, known = self._places(keys)
        if not known.any():
            return np.empty(0, dtype=np.int64), self.members[:0], self.weights[:0]
        first = self.starts[places]
        lengths = np.where(known, self.starts[places + 1] - first, 0)
        # The positions of all listed members: each list's start, and on from there.
        before = np.cumsum(lengths) - lengths
        listed = np.repeat(first - before, lengths) + np.arange(lengths.sum())
        return np.repeat(np.arange(len(keys)), lengths), self.members[listed], self.weights[listed]

    def measure(self, keys: NDArray[np.unsignedinteger]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        places, known = self._places(keys)
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.int64)
        return np.where(known, self.lengths[places], 0), np.where(known, self.totals[places], 0)

    def _places(self, keys: NDArray[np.unsignedinteger]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return places, self.keys[places] == keys


def _mask(units: Sequence[Units], *, size: int) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=np.bool_)
    for some in units:
        mask[some] = True
    return mask
