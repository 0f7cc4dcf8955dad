"""Keeps the fingerprints of each organisation's memories in this process: 24 bytes for each, or twice that.

Only what was committed is kept; a transaction that is rolled back leaves nothing behind.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from apps.memory.engine.duplicates import Fingerprints, nearest

# Organisations whose fingerprints are kept; those of others are read again when they store next.
_ORGANIZATIONS = 50
# Repeats are taken out when there are this many times as many entries as memories: it costs as much as a hundred looks.
_MOST_GONE = 2
_FEW = 10_000
# Candidates for each text. A text of which there are more copies is one of them all the same.
_CANDIDATES = 5
# One row in binary: PostgreSQL's own form of the columns, so that no object is made of each.
_ROWS = """
    SELECT coalesce(string_agg(uuid_send(id) || int8send(fingerprint), ''::bytea ORDER BY number), ''::bytea)
    FROM memory_memory WHERE change > %s AND fingerprint IS NOT NULL AND deleted_at IS NULL
"""
_ROW = np.dtype([("id", "V16"), ("fingerprint", ">i8")])


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Everything up to a change, in the order of storing; a memory that was changed appears again.

    `distinct` is the number of memories when repeats were last taken out.
    """

    change: int
    ids: NDArray[np.void]
    values: Fingerprints
    distinct: int


_NOTHING = _Known(0, np.empty(0, "V16"), np.empty(0, np.uint64), distinct=0)
_known: "OrderedDict[UUID, _Known]" = OrderedDict()
_lock = threading.Lock()


def candidates_find(fingerprints: Sequence[int], *, organization_id: UUID, change: int) -> list[list[UUID]]:
    """Return for each fingerprint the memories whose own are nearest, itself included once it is stored.

    Only within a change of the organisation's memory, whose number is `change`: it keeps others from writing.
    """
    with _lock:
        known = _known.get(organization_id, _NOTHING)
    if known.change >= change:
        # Another database: one that was restored, or a test's.
        known = _NOTHING
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [known.change])
        (packed,) = cursor.fetchone()
    rows = np.frombuffer(packed, dtype=_ROW)
    present = _Known(
        change,
        np.concatenate([known.ids, rows["id"]]),
        np.concatenate([known.values, rows["fingerprint"].astype(np.int64).view(np.uint64)]),
        distinct=known.distinct,
    )
    transaction.on_commit(partial(_keep, organization_id, present))
    return [
        [UUID(bytes=present.ids[place].tobytes()) for place in nearest(value, present.values, most=_CANDIDATES + 1)]
        for value in fingerprints
    ]


def fingerprints_forget() -> None:
    """Give up all that this process keeps."""
    with _lock:
        _known.clear()


def _keep(organization_id: UUID, present: _Known) -> None:
    if len(present.ids) > _FEW + _MOST_GONE * present.distinct:
        present = _without_repeats(present)
    with _lock:
        _known[organization_id] = present
        _known.move_to_end(organization_id)
        while len(_known) > _ORGANIZATIONS:
            _known.popitem(last=False)


def _without_repeats(known: _Known) -> _Known:
    """Leave the last entry of each memory, which is the valid one."""
    _, last = np.unique(known.ids[::-1], return_index=True)
    kept = np.sort(len(known.ids) - 1 - last)
    return _Known(known.change, known.ids[kept], known.values[kept], distinct=len(kept))
