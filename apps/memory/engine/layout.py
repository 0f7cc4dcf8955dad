"""Draws a nearest-neighbour graph on a plane so that neighbours stay near.

Starts from the two main components and lets forces work: edges pull, sampled strangers push, with the kernel
``1 / (1 + d^2)`` of t-SNE (van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR, 2008) and the negative
sampling of UMAP (McInnes, Healy and Melville, 2018), all rows at once. The random numbers have a fixed seed, so that
equal input is drawn equally.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

# Neighbours that pull. More blur small groups, fewer tear them.
_NEIGHBOURS = 15
_ROUNDS = 200
# Strangers that push each row in each round.
_STRANGERS = 10
_PUSH = 1.0
_START_SPREAD = 5.0
_STEP = 1.0
_LARGEST_MOVE = 4.0
_NOT_ZERO = 1e-3
_SEED = 2026

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def draw(
    vectors: Floats, neighbours: Integers, similarity: Floats, *, progress: Callable[[], None] = lambda: None
) -> Floats:
    """Return places in [-1, 1], float32 (n, 2), for vectors (n, d) with the rows of their neighbours, (n, k).

    ``similarity``, (n, k), falls along its rows. ``progress`` is called every few tenths of a second.
    """
    if len(vectors) == 0:
        return np.empty((0, 2), dtype=np.float32)
    places = principal_plane(vectors)
    if neighbours.shape[1]:
        places = _relaxed(places, neighbours[:, :_NEIGHBOURS], similarity[:, :_NEIGHBOURS], progress=progress)
    places -= (places.max(axis=0) + places.min(axis=0)) / 2
    return np.asarray(places / max(float(np.abs(places).max()), 1e-12), dtype=np.float32)


def principal_plane(vectors: Floats) -> NDArray[np.float64]:
    """Return the coordinates (n, 2) along the two directions of the largest variance, each with spread 1 at most."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = directions[:, ::-1][:, :2]
    # An axis has no sign of its own: the largest number on it is to be positive.
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    places = np.zeros((len(vectors), 2))
    places[:, : axes.shape[1]] = centred.astype(np.float64) @ axes
    spread = float(places.std(axis=0).max())
    return places / spread if spread > 0 else places


def _relaxed(
    places: NDArray[np.float64], neighbours: Integers, similarity: Floats, *, progress: Callable[[], None]
) -> NDArray[np.float64]:
    count, kept = neighbours.shape
    chance = np.random.default_rng(_SEED)
    # Twins would never part without a little noise.
    places = places * _START_SPREAD + chance.normal(scale=1e-2, size=places.shape)
    tail = np.repeat(np.arange(count), kept)
    head = neighbours.ravel()
    weight = _weights(similarity).ravel()
    strangers = min(_STRANGERS, count - 1)
    push = _PUSH * float(weight.sum()) * 2 / count / strangers
    for turn in range(_ROUNDS):
        between = places[tail] - places[head]
        pull = between * (weight / (1.0 + (between**2).sum(axis=1)))[:, None]
        moves = _gathered(head, pull, count) - _gathered(tail, pull, count)
        other = (np.arange(count)[:, None] + chance.integers(1, count, size=(count, strangers))) % count
        apart = places[:, None, :] - places[other]
        distance = (apart**2).sum(axis=2)
        moves += push * (apart / ((_NOT_ZERO + distance) * (1.0 + distance))[:, :, None]).clip(-4, 4).sum(axis=1)
        places = places + _STEP * (1 - turn / _ROUNDS) * moves.clip(-_LARGEST_MOVE, _LARGEST_MOVE)
        progress()
    return places


def _weights(similarity: Floats) -> NDArray[np.float64]:
    """Return how much each neighbour pulls: 1 for the nearest, less for those that are farther off than most."""
    gap = similarity[:, :1].astype(np.float64) - similarity
    scale = np.maximum(gap.mean(axis=1, keepdims=True), 1e-6)
    weights: NDArray[np.float64] = np.exp(-gap / scale)
    return weights


def _gathered(rows: Integers, moves: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the sums of the moves of each row."""
    return np.stack([np.bincount(rows, weights=moves[:, axis], minlength=count) for axis in (0, 1)], axis=1)
