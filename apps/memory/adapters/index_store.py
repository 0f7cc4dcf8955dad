"""Keeps the searchable form of each organisation's memories in this process, current with the rows.

There is one for each epoch that answers: after a switch the former one goes on answering until the next is built.

A search reads the number of the last change with its context; if the index is behind, only the rows that have changed
since are read. Indexes unused for longest are given up when together they take more than the configured room, and built
anew from the rows when they are wanted again.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from numpy.typing import NDArray

from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.sketching import DIMENSION as SKETCH_DIMENSION
from apps.memory.adapters.vectors import PLACES, VECTORS, is_kept
from apps.memory.engine import packing
from apps.memory.engine.lexicon import stem
from apps.memory.engine.memory_index import IndexedMemory, IndexedUnit, MemoryIndex
from apps.memory.engine.names_index import IndexedEntity
from apps.memory.engine.ports import Scale
from apps.memory.engine.terms import term_hash
from apps.memory.models import EmbeddingEpoch

_ROWS_AT_ONCE = 2_000
# Rows that were replaced stay in the arrays: with this many times as many as are present, it is built anew.
_MOST_GONE = 2
_FEW = 1_000
_EPOCHS = 2

_ENTITIES = """
    SELECT entity.number, entity.key, coalesce(target.number, entity.number)
    FROM memory_entity AS entity LEFT JOIN memory_entity AS target ON target.id = entity.alias_of_id
    WHERE entity.change > %(after)s AND entity.change <= %(until)s
"""
_NAMED = """
    SELECT entity.number, entity.key, coalesce(target.number, entity.number)
    FROM memory_entity AS entity LEFT JOIN memory_entity AS target ON target.id = entity.alias_of_id
    WHERE entity.number = ANY(%s) OR target.number = ANY(%s)
"""
_GONE = """
    SELECT number FROM memory_memory
    WHERE change > %(after)s AND change <= %(until)s AND (deleted_at IS NOT NULL OR archived_at IS NOT NULL)
    UNION ALL SELECT number FROM memory_memoryremoval WHERE change > %(after)s AND change <= %(until)s
"""
# Memory and passages in one statement: between two, another change could come. Vectors travel in their own binary form.
_COLUMNS = f"""
    SELECT memory.number, memory.id, memory.module, memory.memory_type, memory.thread,
        extract(epoch FROM memory.occurred_at)::float8,
        memory.occurred_given, coalesce(extract(epoch FROM memory.expires_at)::float8, 'infinity'),
        memory.superseded_at IS NOT NULL,
        CASE WHEN place.concepts IS NULL THEN NULL ELSE vector_send(place.concepts) END, memory.named, memory.times,
        chunk.start, chunk."end", chunk.terms, chunk.sparse, chunk.sketch,
        CASE WHEN vector.embedding IS NULL THEN NULL ELSE halfvec_send(vector.embedding) END
    FROM memory_memory AS memory JOIN memory_chunk AS chunk ON chunk.memory_id = memory.id
    LEFT JOIN {PLACES} AS place ON place.memory_id = memory.id
    LEFT JOIN {VECTORS} AS vector ON vector.chunk_id = chunk.id
"""  # noqa: S608 - of constants
_ORDER = "ORDER BY memory.number, chunk.ordinal"
# A change of the vectors alone is noted with the places.
_MEMORIES = f"""
    {_COLUMNS} WHERE memory.deleted_at IS NULL AND memory.archived_at IS NULL AND memory.change <= %(until)s
        AND memory.id IN (
            SELECT id FROM memory_memory WHERE change > %(after)s
            UNION SELECT memory_id FROM {PLACES} AS placed WHERE change > %(after)s AND change <= %(until)s
        ) {_ORDER}
"""  # noqa: S608 - as above
_EVERYTHING = f"""
    {_COLUMNS} WHERE memory.deleted_at IS NULL AND memory.archived_at IS NULL AND memory.change <= %(until)s {_ORDER}
"""
_TRASHED = f"{_COLUMNS} WHERE memory.id = ANY(%(ids)s) {_ORDER}"
# pgvector sends a vector as its length and two bytes of nothing, then big-endian numbers.
_VECTOR_HEADER = 4

Floats = NDArray[np.float32]


class EpochGone(Exception):
    """The vectors of an epoch were dropped before they were read; another one answers by now."""


@dataclass(slots=True)
class _Entry:
    """An organisation's index of an epoch and the last change that it holds."""

    concepts: int
    index: MemoryIndex
    change: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


# By organisation and epoch.
_entries: "OrderedDict[tuple[UUID, UUID], _Entry]" = OrderedDict()
_entries_lock = threading.Lock()
_being_built: set[tuple[UUID, UUID]] = set()
_builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="indexes")
_log = logging.getLogger(__name__)


@contextmanager
def index_current(*, organization_id: UUID, epoch: EmbeddingEpoch, change: int, concepts: int) -> Iterator[MemoryIndex]:
    """Give the active organisation's index with everything up to `change`, for one user at a time.

    `concepts` is the number of dimensions of its conceptual space. Raises `EpochGone`.
    """
    key = (organization_id, epoch.id)
    with _entries_lock:
        entry = _entries.get(key)
        if entry is None:
            entry = _entries[key] = _Entry(concepts, _empty(epoch, concepts))
        _entries.move_to_end(key)
        # The epoch that answers and the one before it.
        for other in [one for one in _entries if one[0] == organization_id][:-_EPOCHS]:
            del _entries[other]
    with entry.lock:
        # An older number than the index's means another database: one that was restored, or a test's.
        if entry.concepts != concepts or change < entry.change or _is_wasteful(entry.index):
            entry.concepts, entry.index, entry.change = concepts, _empty(epoch, concepts), 0
        if change > entry.change:
            _follow(entry, epoch=epoch, until=change)
        yield entry.index
    _make_room()


def indexes_built(organization_id: UUID) -> set[UUID]:
    """Return the epochs from which this process can answer at once, but for the latest changes."""
    with _entries_lock:
        return {epoch for (owner, epoch), entry in _entries.items() if owner == organization_id and entry.change > 0}


def index_build(*, organization_id: UUID, epoch: EmbeddingEpoch, change: int, concepts: int) -> None:
    """Have a thread read all of an epoch, unless it is at it; it sees what is committed, as another process does."""
    key = (organization_id, epoch.id)
    with _entries_lock:
        if key in _being_built:
            return
        _being_built.add(key)

    def build() -> None:
        try:
            with (
                organization_scope(organization_id),
                index_current(organization_id=organization_id, epoch=epoch, change=change, concepts=concepts),
            ):
                # It is built on entry.
                return
        except Exception:  # noqa: BLE001 - of a thread nobody else would hear
            _log.exception("an index could not be built; the next search tries again")
        finally:
            connection.close()
            with _entries_lock:
                _being_built.discard(key)

    _builder.submit(build)


def index_is_being_built(organization_id: UUID, epoch_id: UUID) -> bool:
    """Tell whether somebody in this process is reading all of an epoch, so that others would have to wait."""
    with _entries_lock:
        entry = _entries.get((organization_id, epoch_id))
    return entry is not None and entry.change == 0 and entry.lock.locked()


def index_apart(
    *, epoch: EmbeddingEpoch, concepts: int, memory_ids: Sequence[UUID], more: Sequence[IndexedMemory]
) -> MemoryIndex:
    """Make an index of some memories by what is kept of them, be they in the trash, and of others that are given.

    What is given has its vectors from the epoch's model. Raises `EpochGone`.
    """
    index = _empty(epoch, concepts)
    with transaction.atomic(), connection.cursor() as cursor:
        # As above.
        raw = connection.connection
        with raw.cursor("apart", binary=True) as rows:
            rows.execute(_TRASHED, {"ids": list(memory_ids), "epoch": epoch.id})
            kept = [_memory(list(passages), concepts) for _, passages in groupby(rows, key=lambda row: row[0])]
        _check_kept(epoch)
        memories = [*kept, *more]
        named = {int(number) for memory in memories for number in memory.entities}
        index.add_entities([_entity(row) for row in raw.execute(_NAMED, [list(named)] * 2).fetchall()])
        del cursor
    index.add(memories)
    return index


def index_bytes(organization_id: UUID) -> int | None:
    """Return how large the organisation's indexes in this process are; None if it has none yet."""
    with _entries_lock:
        sizes = [entry.index.nbytes for (owner, _), entry in _entries.items() if owner == organization_id]
    return sum(sizes) if sizes else None


def indexes_forget() -> None:
    """Give up all indexes of this process."""
    with _entries_lock:
        _entries.clear()


def _empty(epoch: EmbeddingEpoch, concepts: int) -> MemoryIndex:
    scale = Scale(epoch.zero, epoch.unit)
    return MemoryIndex(dimension=epoch.dimension, sketch_dimension=SKETCH_DIMENSION, concepts=concepts, scale=scale)


def _check_kept(epoch: EmbeddingEpoch) -> None:
    # Asked after reading: an epoch is marked before its vectors go.
    if not is_kept(epoch.id):
        raise EpochGone


def _is_wasteful(index: MemoryIndex) -> bool:
    return len(index.ids) > _FEW + _MOST_GONE * len(index)


def _make_room() -> None:
    limit = settings.MEMORY_INDEX_MB * 1024 * 1024
    with _entries_lock:
        while len(_entries) > 1 and sum(entry.index.nbytes for entry in _entries.values()) > limit:
            _entries.popitem(last=False)


def _follow(entry: _Entry, *, epoch: EmbeddingEpoch, until: int) -> None:
    """Read what has changed since the index was last brought up to date."""
    bounds = {"after": entry.change, "until": until, "epoch": epoch.id}
    with transaction.atomic(), connection.cursor() as cursor:
        # A wrapper of Django's, which has set the search path, around psycopg's own connection.
        raw = connection.connection
        entry.index.add_entities([_entity(row) for row in raw.execute(_ENTITIES, bounds).fetchall()])
        entry.index.remove([number for (number,) in raw.execute(_GONE, bounds).fetchall()])
        with raw.cursor("memories", binary=True) as rows:
            rows.itersize = _ROWS_AT_ONCE
            rows.execute(_MEMORIES if entry.change else _EVERYTHING, bounds)
            batch: list[IndexedMemory] = []
            for _, passages in groupby(rows, key=lambda row: row[0]):
                batch.append(_memory(list(passages), entry.concepts))
                if len(batch) == _ROWS_AT_ONCE:
                    entry.index.add(batch)
                    batch = []
            entry.index.add(batch)
        del cursor
        _check_kept(epoch)
    entry.change = until


def _entity(row: tuple[int, str, int]) -> IndexedEntity:
    number, key, stands_for = row
    return IndexedEntity(number, key, stands_for, 0 if " " in key else term_hash(stem(key)))


def _memory(rows: Sequence[tuple[Any, ...]], dimensions: int) -> IndexedMemory:
    number, memory_id, module, memory_type, thread, occurred, given, expires, superseded = rows[0][:9]
    concepts, named, times = rows[0][9:12]
    entities, counts, subjects = packing.unpack(named, packing.NAMED)
    return IndexedMemory(
        number=number,
        memory_id=memory_id,
        module=module,
        memory_type=memory_type,
        thread=thread,
        occurred=occurred,
        occurred_given=given,
        expires=expires,
        superseded=superseded,
        # In the middle of every dimension as long as no model has read it.
        concepts=np.full(dimensions, 0.5, dtype=np.float32)
        if concepts is None
        else np.frombuffer(concepts, dtype=">f4", offset=_VECTOR_HEADER),
        entities=entities,
        entity_counts=counts,
        subjects=subjects,
        times=np.column_stack(packing.unpack(times, packing.TIMES)),
        units=[_unit(row[12:]) for row in rows],
    )


def _unit(row: Sequence[Any]) -> IndexedUnit:
    start, end, terms, sparse, sketch, embedding = row
    hashes, counts = packing.unpack(terms, packing.TERMS)
    keys, weights = (None, None) if sparse is None else packing.unpack(sparse, packing.SPARSE)
    return IndexedUnit(
        start=start,
        end=end,
        terms=hashes,
        counts=counts,
        sparse=keys,
        weights=weights,
        vector=None if embedding is None else np.frombuffer(embedding, dtype=">f2", offset=_VECTOR_HEADER),
        sketch=None if sketch is None else packing.unpack(sketch, packing.SKETCH)[0],
    )
