"""The conceptual space: where a text stands on dimensions that a person can name.

A dimension is an axis between two poles of anchor texts, and a text's coordinate the place of its embedding along that
axis (semantic projection: Grand, Blank, Pereira and Fedorenko, "Semantic projection recovers rich human knowledge of
multiple object features from word embeddings", Nature Human Behaviour, 2022). The calibration is ours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.anchors import DOMAIN_DIMENSIONS, Dimension
from apps.memory.engine.ports import Embedder

__all__ = ["DOMAIN_DIMENSIONS", "ConceptSpace", "Dimension", "Pull", "strongest_pulls"]

# The mean of the low anchors is to map to 0.1 and that of the high ones to 0.9: logit(0.9) = ln 9.
_POLE_LOGIT = math.log(9.0)
# Poles nearer than this along their axis say the same; such a dimension answers 0.5 for every text.
_SMALLEST_SPREAD = 1e-6
# A coordinate nearer to the middle than this says nothing about a sentence.
_NEUTRAL = 0.05

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ConceptSpace:
    """Calibrated axes for ``k`` dimensions over embeddings of ``d`` numbers made by one model.

    ``axes`` is float32 (k, d) with unit rows; a coordinate is ``logistic(slope * (vector . axis - midpoint))``.
    """

    dimensions: tuple[Dimension, ...]
    embedder_name: str
    axes: Floats
    midpoints: Floats
    slopes: Floats

    @classmethod
    def build(cls, dimensions: Sequence[Dimension], embedder: Embedder) -> Self:
        """Embed the anchors and fit the axes. One embedding for each anchor text: build once and keep.

        Raises ``ValueError`` without dimensions or when two share a name.
        """
        if not dimensions:
            raise ValueError("a concept space needs at least one dimension")
        if len({dimension.name for dimension in dimensions}) < len(dimensions):
            raise ValueError("two dimensions of a concept space share a name")
        low = np.stack([embedder.embed(dimension.low).mean(axis=0) for dimension in dimensions])
        high = np.stack([embedder.embed(dimension.high).mean(axis=0) for dimension in dimensions])
        difference = high - low
        spread = np.linalg.norm(difference, axis=1)
        usable = spread > _SMALLEST_SPREAD
        safe = np.where(usable, spread, 1.0)
        axes = np.where(usable[:, None], difference / safe[:, None], 0.0)
        # The poles' means lie ``spread`` apart along the axis, so each is half of it from the midpoint.
        return cls(
            dimensions=tuple(dimensions),
            embedder_name=embedder.name,
            axes=axes.astype(np.float32),
            midpoints=((low + high) / 2 * axes).sum(axis=1).astype(np.float32),
            slopes=np.where(usable, 2 * _POLE_LOGIT / safe, 0.0).astype(np.float32),
        )

    def project(self, vectors: Floats) -> Floats:
        """Return coordinates in [0, 1], float32 of shape (n, k), for vectors of shape (n, d)."""
        logits = (vectors @ self.axes.T - self.midpoints) * self.slopes
        return np.asarray(0.5 * (1.0 + np.tanh(logits / 2)), dtype=np.float32)

    def query_target(self, vector: Floats) -> tuple[Floats, Floats]:
        """Return ``(target, weight)`` of shape (k,) for a query's vector of shape (d,).

        A dimension weighs as much as the query is extreme on it (distance from 0.5); weights sum to 1, and are equal
        for a query that is neutral on all.
        """
        target = self.project(vector[None, :])[0]
        extremity = np.abs(target.astype(np.float64) - 0.5)
        total = extremity.sum()
        weight = extremity / total if total > 0 else np.full(len(target), 1 / len(target))
        return target, weight.astype(np.float32)

    @staticmethod
    def similarity(target: Floats, weight: Floats, coords: Floats) -> Floats:
        """Return the nearness in [0, 1] of ``coords`` (n, k) to ``target`` (k,), float32 of shape (n,).

        One minus the weighted city-block distance, the metric for dimensions that people judge separately
        (Gaerdenfors, "Conceptual Spaces", 2000).
        """
        nearness = 1.0 - np.abs(coords - target) @ weight
        return np.asarray(np.clip(nearness, 0.0, 1.0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Pull:
    """A stretch of a text and its own coordinate on a dimension: above 0.5 it moves the text to the high pole."""

    start: int
    end: int
    coordinate: float


def strongest_pulls(spans: Sequence[tuple[int, int]], coordinates: Floats, *, limit: int = 3) -> list[list[Pull]]:
    """Return for each dimension the stretches that move a text most to either pole, strongest first (ties by place).

    ``coordinates`` is float32 (n, k), those of the ``n`` stretches. The coordinate of a text follows the mean of its
    passages' embeddings, so a stretch moves it as far as it lies from the middle itself. What lies in the middle moves
    nothing and is left out.
    """
    distances = np.abs(coordinates.astype(np.float64) - 0.5)
    pulls = []
    for dimension in range(coordinates.shape[1]):
        far = distances[:, dimension]
        best = np.lexsort((np.arange(len(far)), -far))[:limit]
        kept = [(spans[row], float(coordinates[row, dimension])) for row in best if far[row] > _NEUTRAL]
        pulls.append([Pull(start, end, coordinate) for (start, end), coordinate in kept])
    return pulls
