"""An index of what a search as of a moment finds beside the present one: texts that were edited since, or trashed."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from uuid import UUID

import numpy as np

from apps.core.tenancy.scope import current_scope
from apps.memory.adapters.index_store import index_apart
from apps.memory.engine import packing
from apps.memory.engine.duplicates import hash_of
from apps.memory.engine.memory_index import IndexedMemory, IndexedUnit, MemoryIndex
from apps.memory.models import Entity, Memory, MemoryContext, MemoryRows, MemoryState
from apps.memory.selectors.contexts import dimensions_of
from apps.memory.selectors.earlier import earlier_texts
from apps.memory.services.entities import entity_stand_ins, named_packed
from apps.memory.services.memories import Analysed, analysed, sketched, understood_if_possible
from apps.memory.types import StoreItem

# Earlier texts that take part in one search, those of the latest memories first; and those of them that the models
# read, at some 20 ms each, while the others make do with their words.
MAX_EARLIER = 1_000
_UNDERSTOOD = 20
# What was read is kept for the next question about the same time.
_KEPT = 2_000

# Whose, and which text, by which model and dimensions: an archive brings memories to another organisation under the ids
# that they have here.
_Key = tuple[UUID | None, UUID, str, tuple[str, ...]]
_read: "OrderedDict[_Key, Analysed]" = OrderedDict()
_lock = Lock()


def earlier_index(rows: MemoryRows, *, context: MemoryContext) -> MemoryIndex | None:
    """Return an index of those of these states that the present index does not hold as they were, None for none.

    It is of the context's epoch. Raises `EpochGone`.
    """
    if rows.model is not MemoryState:
        return None
    # Those of the archive are found by their stubs.
    states = [state for state in earlier_texts(rows) if state.archived_at is None][-MAX_EARLIER:]
    edited = {state.id for state in states}
    gone = Memory.objects.filter(id__in=rows.values("id")).exclude(deleted_at=None).values_list("id", flat=True)
    trashed = [memory_id for memory_id in gone if memory_id not in edited]
    if not states and not trashed:
        return None
    more = states_indexed(states, context=context, understood_most=_UNDERSTOOD)
    dimensions = len(dimensions_of(context))
    return index_apart(epoch=context.epoch, concepts=dimensions, memory_ids=trashed, more=more)


def states_indexed(
    states: Sequence[Memory | MemoryState], *, context: MemoryContext, understood_most: int = 0
) -> list[IndexedMemory]:
    """Read states by their words, the last `understood_most` by the models as well, for an index of their own."""
    texts = _texts(states, context, understood_most)
    numbers, dimensions = _entity_numbers(texts), len(dimensions_of(context))
    return [_indexed(state, text, numbers, dimensions) for state, text in zip(states, texts, strict=True)]


def _texts(states: Sequence[Memory | MemoryState], context: MemoryContext, understood_most: int = 0) -> list[Analysed]:
    names = (context.epoch.model, *(dimension.name for dimension in dimensions_of(context)))
    owner = current_scope().organization_id
    keys = [(owner, state.id, _digest(state), names) for state in states]
    with _lock:
        known = {key: _read[key] for key in keys if key in _read}
    fresh = [(key, state) for key, state in zip(keys, states, strict=True) if key not in known]
    texts = [
        analysed(
            StoreItem(content=state.content, metadata=state.metadata, occurred_at=state.occurred_at),
            now=state.occurred_at,
        )
        for _, state in fresh
    ]
    few = max(0, len(texts) - understood_most)
    texts = [*sketched(texts[:few]), *(understood_if_possible(text, context) for text in texts[few:])]
    known |= {key: text for (key, _), text in zip(fresh, texts, strict=True)}
    with _lock:
        _read.update(known)
        while len(_read) > _KEPT:
            _read.popitem(last=False)
    return [known[key] for key in keys]


def _digest(state: Memory | MemoryState) -> str:
    """Return what stands for all that a text is read by."""
    parts = [state.content, state.metadata, state.occurred_at.isoformat()]
    return hash_of(json.dumps(parts, sort_keys=True, default=str))


def _entity_numbers(texts: Sequence[Analysed]) -> dict[str, int]:
    """Return the numbers under which the names in these texts count; names that nothing else has are left out."""
    keys = {entry.mention.key for text in texts for entry in text.reading.entities}
    entities = list(Entity.objects.filter(key__in=keys))
    stand_ins = entity_stand_ins(entities)
    return {entity.key: stand_ins[entity.id] for entity in entities}


def _indexed(state: Memory | MemoryState, text: Analysed, numbers: dict[str, int], dimensions: int) -> IndexedMemory:
    reading, understanding = text.reading, text.understanding
    known = [entry for entry in reading.entities if entry.mention.key in numbers]
    named = named_packed((numbers[entry.mention.key], entry.count, entry.is_subject) for entry in known)
    entities, counts, subjects = packing.unpack(named, packing.NAMED)
    units = []
    for place, (chunk, (terms, term_counts)) in enumerate(zip(reading.chunks, reading.terms, strict=True)):
        sparse, weights = understanding.sparse[place] if understanding else (None, None)
        units.append(
            IndexedUnit(
                start=chunk.start,
                end=chunk.end,
                terms=terms,
                counts=term_counts,
                sparse=sparse,
                weights=weights,
                vector=understanding.vectors[place] if understanding else None,
                sketch=None if text.sketches is None else text.sketches[place],
            )
        )
    return IndexedMemory(
        number=state.number,
        memory_id=state.id,
        module=state.module,
        memory_type=state.memory_type,
        thread=reading.thread,
        occurred=state.occurred_at.timestamp(),
        occurred_given=state.occurred_given,
        expires=np.inf,
        superseded=False,
        concepts=understanding.concepts if understanding else np.full(dimensions, 0.5, dtype=np.float32),
        entities=entities,
        entity_counts=counts,
        subjects=subjects,
        times=np.array(reading.times, dtype=np.float64).reshape(-1, 2),
        units=units,
    )
