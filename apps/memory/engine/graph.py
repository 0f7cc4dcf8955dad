"""How strongly two entities belong together. Pure arithmetic on what is named together."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.insights import Integers, Mentions, co_mentions

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


class CoMentions:
    """What memories name together, ready to be asked from one entity to the next.

    Entities are numbers from 0; ``entities`` is how many there are.
    """

    def __init__(self, mentions: Mentions, *, entities: int) -> None:
        order = np.lexsort((mentions.entity, mentions.memory))
        self.entity = mentions.entity[order]
        self.memory = mentions.memory[order]
        # How many memories name an entity, and how often they do.
        self.memories: Integers = np.bincount(self.entity, minlength=entities)
        self.mentions: Integers = np.bincount(
            self.entity, weights=mentions.count[order].astype(np.float64), minlength=entities
        ).astype(np.int64)
        _, self._starts, self._sizes = np.unique(self.memory, return_index=True, return_counts=True)
        self._group = np.repeat(np.arange(len(self._starts)), self._sizes)

    def neighbours(self, of: Integers, allowed: NDArray[np.bool_], *, total_memories: int) -> Integers:
        """Return the ``allowed`` entities that are named together with some others, by their strongest edge to those.

        ``allowed`` has a truth for each entity; ties go by number.
        """
        asked = np.zeros(len(allowed), dtype=bool)
        asked[of] = True
        rows = np.flatnonzero(asked[self.entity])
        sizes = self._sizes[self._group[rows]]
        # All rows of the memories of these rows, one memory after the other.
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        beside = self.entity[np.repeat(self._starts[self._group[rows]], sizes) + within]
        kept = allowed[beside]
        codes = np.repeat(self.entity[rows], sizes)[kept] * len(allowed) + beside[kept]
        found, together = np.unique(codes, return_counts=True)
        one, other = np.divmod(found, len(allowed))
        weights = association(together, self.memories[one], self.memories[other], memories=total_memories)
        best = np.zeros(len(allowed))
        np.maximum.at(best, other, weights)
        reached = np.flatnonzero(best)
        return reached[np.lexsort((reached, -best[reached]))]

    def strongest(self, allowed: NDArray[np.bool_]) -> Integers:
        """Return the ``allowed`` entities that are mentioned at all, the most mentioned first (ties by number)."""
        named = np.flatnonzero(allowed & (self.mentions > 0))
        return named[np.lexsort((named, -self.mentions[named]))]

    def shared(self, nodes: Integers, *, evidence: int) -> dict[tuple[int, int], tuple[int, list[int]]]:
        """Return for each two of some entities how many memories name both, and the latest ``evidence`` of them.

        The keys are places in ``nodes``, the smaller one first; the latest memory has the highest number.
        """
        place = np.full(len(self.memories), -1, dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        rows = np.flatnonzero(place[self.entity] >= 0)
        return shared_memories(place[self.entity[rows]], self.memory[rows], evidence=evidence)


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
