"""Where a memory stands in the conceptual space, and which of its sentences put it there."""

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.vectors import places_of
from apps.memory.engine.chunking import sentence_spans
from apps.memory.engine.concepts import ConceptSpace, strongest_pulls
from apps.memory.engine.reader import Reader
from apps.memory.engine.reading import place
from apps.memory.models import Memory, MemoryContext
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.selectors.memories import memory_get
from apps.memory.selectors.related import passages_at_hand, vectors_at_hand
from apps.memory.selectors.unpacked import Findings, archived_findings

# Sentences that are embedded while the caller waits: a second. Of a longer memory the most telling passages are read.
MAX_SENTENCES = 100
# A sentence that is longer than a passage may be is a table or a list without punctuation.
_SENTENCE_CHARACTERS = 1_200

Span = tuple[int, int]


def memory_concepts(*, memory_id: UUID, reader: Reader, now: datetime) -> dict[str, Any]:
    """Return the coordinates of a live memory with the sentences behind them.

    Raises `MemoryNotFound`, or `EmbedderUnavailable`.
    """
    context = context_get()
    space = concept_space(context)
    memory = memory_get(memory_id=memory_id, reader=reader, now=now)
    away = archived_findings(memory)
    coordinates = _coordinates(memory, away, context, space)
    spans = list(_spans(memory.content))
    read = _telling(memory, away, spans, context, space) if len(spans) > MAX_SENTENCES else spans
    vectors = embedder_named(space.embedder_name).embed([memory.content[start:end] for start, end in read])
    pulls = strongest_pulls(read, space.project(vectors))
    return {
        "memory_id": str(memory.id),
        "revision": memory.revision,
        "dimensions": [
            {
                "name": dimension.name,
                "description": dimension.description,
                "coordinate": round(float(coordinate), 6),
                "sentences": [
                    {
                        "start": pull.start,
                        "end": pull.end,
                        "text": memory.content[pull.start : pull.end],
                        "coordinate": round(pull.coordinate, 6),
                        "pole": "high" if pull.coordinate > 0.5 else "low",  # noqa: PLR2004 - the middle
                    }
                    for pull in found
                ],
            }
            for dimension, coordinate, found in zip(space.dimensions, coordinates, pulls, strict=True)
        ],
        "sentences": len(spans),
        "sentences_read": len(read),
    }


def _coordinates(
    memory: Memory, away: Findings | None, context: MemoryContext, space: ConceptSpace
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the stored place, or where it will be: back from the archive, or when a change of the dimensions ends."""
    stored = places_of(context.epoch_id, [memory.id]).get(memory.id) if away is None else away.concepts_in(context)
    if stored is not None and len(stored) == len(space.dimensions):
        return stored
    return place(vectors_at_hand(memory, away, context), space)


def _spans(text: str) -> list[Span]:
    return [(start, min(end, start + _SENTENCE_CHARACTERS)) for start, end, _ in sentence_spans(text)]


def _telling(
    memory: Memory, away: Findings | None, spans: list[Span], context: MemoryContext, space: ConceptSpace
) -> list[Span]:
    """Return the first hundred sentences of the passages that lie farthest from the middle, dimension by dimension."""
    passages, vectors = passages_at_hand(memory, away, context)
    if not passages:
        return spans[:MAX_SENTENCES]
    distances = np.abs(space.project(vectors) - 0.5)
    # The most extreme passage on each dimension, then the second on each, and so on.
    ranked = dict.fromkeys(np.argsort(-distances, axis=0, kind="stable").ravel().tolist())
    chosen: list[Span] = []
    for row in ranked:
        start, end = passages[row]
        chosen += [span for span in spans if start <= span[0] < end]
        if len(chosen) >= MAX_SENTENCES:
            break
    return sorted(chosen[:MAX_SENTENCES])
