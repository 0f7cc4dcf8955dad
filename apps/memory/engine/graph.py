"""How strongly two entities belong together. Pure arithmetic on what is named together."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.insights import Integers, co_mentions

# The kind of an edge that follows from memories; every other kind was stated.
MENTIONED_WITH = "mentioned_with"

Floats = NDArray[np.float64]


def association(together: Integers, first: Integers, second: Integers, *, memories: int) -> Floats:
    """Return the weights of edges between entities that ``first`` and ``second`` memories name, ``together`` both.

    The count times the pointwise association: ``together * ln(1 + memories * together / (first * second))``. The
    quotient is 1 for entities that meet as often as chance would have it (the ratio inside pointwise mutual
    information: Church and Hanks, "Word association norms, mutual information, and lexicography", 1990); the 1 inside
    keeps a weight positive, and the count keeps two rarities that met once below a pair that meets every week.
    """
    weights: Floats = together.astype(np.float64) * np.log1p(memories * together / (first * second))
    return weights


def shared_memories(
    entity: Integers, memory: Integers, *, evidence: int
) -> dict[tuple[int, int], tuple[int, list[int]]]:
    """Return for each two entities, smaller number first, how many memories name both, and the latest of them.

    Takes two columns as ``Mentions`` has them; ``evidence`` is how many memories to return at most, highest number
    first.
    """
    first, second, shared = co_mentions(entity, memory)
    order = np.lexsort((-shared, second, first))
    first, second, shared = first[order], second[order], shared[order]
    changes = (np.diff(first) != 0) | (np.diff(second) != 0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1, [len(first)]]) if len(first) else np.array([0])
    return {
        (int(first[start]), int(second[start])): (int(end - start), shared[start : min(end, start + evidence)].tolist())
        for start, end in pairwise(starts.tolist())
    }
