"""Searches of the archive, by its stubs: the beginnings of texts, with their metadata.

PostgreSQL names the stubs that share words with the question. Of these alone the passages are unpacked, and ranked
beside what the index of the present found.
"""

from typing import cast
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL

from apps.memory.adapters.index_store import index_apart
from apps.memory.adapters.sketching import DIMENSION as SKETCH_DIMENSION
from apps.memory.engine import packing
from apps.memory.engine.lexicon import STOP_WORDS, WORD
from apps.memory.engine.memory_index import IndexedMemory, IndexedUnit, MemoryIndex
from apps.memory.exceptions import ArchiveDamaged
from apps.memory.models import ArchivedMemory, Chunk, Memory, MemoryContext, MemoryRows, MemoryState
from apps.memory.selectors.archived import states_complete
from apps.memory.selectors.contexts import dimensions_of
from apps.memory.selectors.unpacked import Floats, findings_read
from apps.memory.services.earlier import states_indexed

# Memories that are unpacked for one search, at some tenths of a millisecond each.
_MOST = 200
_MOST_INTEGER = 2**31 - 1
_WORDS = """
    to_tsvector('english', memory_memory.content)
    || jsonb_to_tsvector('english', memory_memory.metadata, '["string", "numeric"]')
"""
_SHARED = f"({_WORDS}) @@ websearch_to_tsquery('english', %s)"
_RANK = f"ts_rank({_WORDS}, websearch_to_tsquery('english', %s))"


def stubs_index(rows: MemoryRows, *, question: str, context: MemoryContext) -> MemoryIndex | None:
    """Return an index of the archived ones among these memories that may answer a question, None for none.

    What was found out about their texts is unpacked; a former text is read again. What is damaged is left out.
    """
    archived = rows.exclude(archived_at=None)
    found = list(archived.filter(id__in=_sharing_words(archived, question)).order_by("number"))
    states = cast("list[Memory | MemoryState]", found)
    former = [state for state in states if isinstance(state, MemoryState) and state.replaced_at is not None]
    present = {state.id for state in states} - {state.id for state in former}
    packed = ArchivedMemory.objects.filter(memory__in=present).select_related("memory").order_by("memory__number")
    more = [one for row in packed if (one := archived_indexed(row, context)) is not None]
    if former:
        states_complete(former, strict=False)
        more += states_indexed([state for state in former if not state.is_stub], context=context)
    dimensions = len(dimensions_of(context))
    return index_apart(epoch=context.epoch, concepts=dimensions, memory_ids=[], more=more) if more else None


def archived_indexed(row: ArchivedMemory, context: MemoryContext) -> IndexedMemory | None:
    """Return an archived memory as the index would hold it, None if it is damaged."""
    memory = row.memory
    try:
        found = findings_read(row, context)
        units = [_unit(passage, found.vectors.get(passage.id), context) for passage in found.passages]
        concepts = found.concepts_in(context)
    except (ArchiveDamaged, ValueError, TypeError):
        # There is no hash of the findings alone: what can be unpacked may yet be nothing that an index takes.
        return None
    entities, counts, subjects = packing.unpack(bytes(memory.named), packing.NAMED)
    middle = np.full(len(dimensions_of(context)), 0.5, dtype=np.float32)
    return IndexedMemory(
        number=memory.number,
        memory_id=memory.id,
        module=memory.module,
        memory_type=memory.memory_type,
        thread=memory.thread,
        occurred=memory.occurred_at.timestamp(),
        occurred_given=memory.occurred_given,
        expires=np.inf,
        superseded=False,
        concepts=middle if concepts is None else concepts,
        entities=entities,
        entity_counts=counts,
        subjects=subjects,
        times=np.column_stack(packing.unpack(bytes(memory.times), packing.TIMES)),
        units=units,
    )


def _unit(passage: Chunk, vector: Floats | None, context: MemoryContext) -> IndexedUnit:
    """Return a passage as the index would hold it. Raises `ValueError` or `TypeError` if it is damaged."""
    terms, counts = packing.unpack(bytes(passage.terms), packing.TERMS)
    sparse, weights = (None, None) if passage.sparse is None else packing.unpack(passage.sparse, packing.SPARSE)
    sketch = None if passage.sketch is None else packing.unpack(passage.sketch, packing.SKETCH)[0]
    _check(vector, context.epoch.dimension)
    _check(sketch, SKETCH_DIMENSION)
    if not 0 <= passage.start <= passage.end <= _MOST_INTEGER:
        raise ValueError("the passage is no stretch of a text")
    return IndexedUnit(
        start=passage.start,
        end=passage.end,
        terms=terms,
        counts=counts,
        sparse=sparse,
        weights=weights,
        vector=vector,
        sketch=sketch,
    )


def _check(numbers: Floats | None, dimension: int) -> None:
    if numbers is not None and (len(numbers) != dimension or not np.isfinite(numbers).all()):
        raise ValueError("the vector is not one of its model")


def _sharing_words(archived: MemoryRows, question: str) -> list[UUID]:
    """Return the memories whose stubs and metadata share most words with a question."""
    words = {match[0].casefold() for match in WORD.finditer(question)}
    asked = " or ".join(f'"{word}"' for word in sorted(words - STOP_WORDS or words))
    if not asked:
        return []
    rows = (
        Memory.objects.filter(Exists(archived.filter(id=OuterRef("id"))), archived_at__isnull=False)
        .extra(where=[_SHARED], params=[asked])  # noqa: S610 - a constant; the words travel as a parameter
        .annotate(rank=RawSQL(_RANK, [asked]))  # noqa: S611 - as above
    )
    return list(rows.order_by("-rank", "id").values_list("id", flat=True)[:_MOST])
