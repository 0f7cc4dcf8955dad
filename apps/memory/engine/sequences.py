"""Units in their order: what was said before and after a passage belongs to its sense.

A sequence is a thread of memories (a conversation) or one memory's passages. A short turn such as "Yes, in May" can
only be found by the words of those before it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.growing import Growing

# What a unit lends to another by the latter's distance: much to those that follow it, less to those before.
_LENT = {1: 0.7, 2: 0.5, 3: 0.35, 4: 0.25, -1: 0.45, -2: 0.2}
# What the sense of a unit takes from those that precede and follow it, by the distance to it.
_SENSE = {-1: 0.5, -2: 0.3, 1: 0.3}
_NONE = -1

Units = NDArray[np.int64]
Scores = NDArray[np.float64]


class Sequences:
    """Where each unit stands in its sequence. Neighbours are found anew, for the sequences that changed, when asked."""

    def __init__(self) -> None:
        self._thread = Growing(np.int64)
        self._moment = Growing(np.float64)
        self._place = Growing(np.int64)
        self._ordinal = Growing(np.int64)
        self._length = Growing(np.float64)
        self._context = Growing(np.float64)
        self._gone = Growing(np.bool_)
        self._neighbours = Growing(np.int32, width=len(_LENT))
        self._stale: set[int] = set()
        self._mean = 0.0

    @property
    def nbytes(self) -> int:
        columns = (self._thread, self._moment, self._place, self._ordinal, self._length, self._context, self._gone)
        return sum(one.nbytes for one in (*columns, self._neighbours))

    def add(self, *, threads: Any, moments: Any, places: Any, ordinals: Any, lengths: Sequence[int]) -> None:
        """Add units: the thread of each, and its place there by moment, place and ordinal; its length in terms."""
        self._thread.extend(threads)
        self._moment.extend(moments)
        self._place.extend(places)
        self._ordinal.extend(ordinals)
        self._length.extend(lengths)
        self._context.extend(lengths)
        self._gone.extend(np.zeros(len(lengths), dtype=np.bool_))
        self._neighbours.extend(np.full((len(lengths), len(_LENT)), _NONE))
        self._stale.update(np.asarray(threads, dtype=np.int64).tolist())

    def drop(self, units: Units) -> None:
        self._gone.rows[units] = True
        self._neighbours.rows[units] = _NONE
        self._stale.update(self._thread.rows[units].tolist())

    def lengths(self) -> tuple[Scores, float]:
        """Return the length of each unit with what its neighbours lend it, float64 (n,), and the mean of them."""
        self._link()
        return self._context.rows, self._mean

    def spread(self, held: Scores, units: Units, amounts: NDArray[np.float32]) -> Scores:
        """Return `held` (n,) with what the `units` lend of their `amounts` to their neighbours."""
        self._link()
        for column, share in enumerate(_LENT.values()):
            neighbours = self._neighbours.rows[units, column]
            near = neighbours != _NONE
            if near.any():
                held = held + np.bincount(neighbours[near], share * amounts[near], len(held))
        return held

    def blend(self, scores: Scores) -> Scores:
        """Return scores (n,) in which a unit of a thread is half itself and half those that stand next to it."""
        self._link()
        linked = np.flatnonzero((self._thread.rows > 0) & (self._neighbours.rows != _NONE).any(axis=1))
        if not len(linked):
            return scores
        around, weights = np.zeros(len(linked)), np.zeros(len(linked))
        for distance, share in _SENSE.items():
            neighbours = self._neighbours.rows[linked, list(_LENT).index(distance)]
            near = neighbours != _NONE
            around[near] += share * scores[neighbours[near]]
            weights[near] += share
        blended = scores.copy()
        some = weights > 0
        blended[linked[some]] = (scores[linked[some]] + around[some] / weights[some]) / 2
        return blended

    def _link(self) -> None:
        if not self._stale:
            return
        threads = self._thread.rows
        chosen = np.flatnonzero(np.isin(threads, np.fromiter(self._stale, dtype=np.int64)) & ~self._gone.rows)
        self._stale.clear()
        rows = (self._ordinal.rows[chosen], self._place.rows[chosen], self._moment.rows[chosen], threads[chosen])
        order = chosen[np.lexsort(rows)]
        same = threads[order]
        lent = self._length.rows[order].copy()
        for column, (distance, share) in enumerate(_LENT.items()):
            target = np.full(len(order), _NONE, dtype=np.int64)
            step = abs(distance)
            if step < len(order):
                near = same[step:] == same[:-step]
                giver, taker = (
                    (slice(None, -step), slice(step, None)) if distance > 0 else (slice(step, None), slice(None, -step))
                )
                target[giver] = np.where(near, order[taker], _NONE)
                lent[taker] += share * np.where(near, self._length.rows[order[giver]], 0.0)
            self._neighbours.rows[order, column] = target
        self._context.rows[order] = lent
        present = ~self._gone.rows
        self._mean = float(self._context.rows[present].mean()) if present.any() else 0.0
