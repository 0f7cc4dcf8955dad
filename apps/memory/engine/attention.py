"""Spreads a question's attention over the graph of entities and the memories that name them.

Personalised PageRank on a graph of two kinds of nodes, after HippoRAG (Gutierrez et al., "HippoRAG: Neurobiologically
Inspired Long-Term Memory for Large Language Models", 2024), with names instead of extracted triples. It answers what no
single memory does: the question names one thing, a memory links it to another, and the answer stands with the latter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The share of the attention that walks on, and how often: what is left after the last step is below 7 %.
_CONTINUE = 0.8
_STEPS = 12
# How much of the attention starts at memories that the other channels found; the rest starts at the question's names.
PRIOR = 0.2

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """A part of the graph: edge i joins memory `memories[i]` (of `m`) and entity `entities[i]` (of `e`), weight > 0.

    `strength` float64 (e,) is the sum of the weights of all edges of an entity, those outside of this part included:
    attention that leaves the part is lost, as it would be spread thin beyond it.
    """

    memories: Integers
    entities: Integers
    weights: Floats
    strength: Floats
    memory_count: int


def spread(part: Neighbourhood, *, names: Floats, prior: Floats) -> Floats:
    """Return the attention that each memory gets, float64 (m,), at least 0.

    `names` float64 (e,) and `prior` float64 (m,) say where attention starts, in any unit; each may be all zero.
    """
    start_entities = names / max(float(names.sum()), 1e-12)
    start_memories = prior / max(float(prior.sum()), 1e-12) * PRIOR
    whole = float(start_entities.sum() + start_memories.sum())
    if whole <= 0:
        return np.zeros(part.memory_count)
    start_entities, start_memories = start_entities / whole, start_memories / whole
    told = np.bincount(part.memories, part.weights, part.memory_count)
    outward = _CONTINUE * part.weights / told[part.memories]
    inward = _CONTINUE * part.weights / part.strength[part.entities]
    entities, memories = start_entities, start_memories
    for _ in range(_STEPS):
        entities, memories = (
            (1 - _CONTINUE) * start_entities
            + np.bincount(part.entities, outward * memories[part.memories], len(names)),
            (1 - _CONTINUE) * start_memories
            + np.bincount(part.memories, inward * entities[part.entities], part.memory_count),
        )
    return memories
