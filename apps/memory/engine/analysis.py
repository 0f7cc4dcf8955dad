"""What is computed about a text before it is stored, in one place: passages, vectors, mentions, coordinates."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.chunking import Chunk, chunk_text
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.entities import Mention, extract_mentions
from apps.memory.engine.ports import Embedder

# A text that names more than this is an index or a table; its rarer names tell little about it.
MAX_ENTITIES = 200


@dataclass(frozen=True, slots=True)
class EntityCount:
    """An entity of a text: where it is named first, and how often."""

    mention: Mention
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What a text yields. `vectors` is float32 (n, d), a row per chunk; `concepts` float32 (k,)."""

    chunks: tuple[Chunk, ...]
    vectors: NDArray[np.float32]
    entities: tuple[EntityCount, ...]
    concepts: NDArray[np.float32]


def analyse(text: str, *, embedder: Embedder, space: ConceptSpace) -> Analysis:
    """Analyse a text that has at least one visible character.

    Its coordinates are those of the mean of its passages' vectors.
    """
    chunks = tuple(chunk_text(text))
    vectors = embedder.embed([text[chunk.start : chunk.end] for chunk in chunks])
    return Analysis(
        chunks=chunks,
        vectors=vectors,
        entities=_entities(extract_mentions(text)),
        concepts=place(vectors, space),
    )


def place(vectors: NDArray[np.float32], space: ConceptSpace) -> NDArray[np.float32]:
    """Return the coordinates, float32 (k,), of a text whose passages have these vectors, (n, d)."""
    centre = vectors.mean(axis=0)
    centre /= max(float(np.linalg.norm(centre)), 1e-12)
    coordinates: NDArray[np.float32] = space.project(centre[None, :])[0]
    return coordinates


def _entities(mentions: list[Mention]) -> tuple[EntityCount, ...]:
    first: dict[str, Mention] = {}
    counts: Counter[str] = Counter()
    for mention in mentions:
        first.setdefault(mention.key, mention)
        counts[mention.key] += 1
    kept = counts.most_common(MAX_ENTITIES)
    return tuple(EntityCount(mention=first[key], count=count) for key, count in sorted(kept))
