"""The map: deterministic, bounded, and better at keeping neighbours than the plane of the main components."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.memory.engine.clusters import find_topics
from apps.memory.engine.layout import draw, principal_plane

Floats = NDArray[np.float32]
NEAR = 12


def corpus(count: int, *, topics: int, dimension: int = 96) -> Floats:
    """Topics of four parts each, with a noise that is as large as what sets them apart."""
    chance = np.random.default_rng(11)
    centres = chance.normal(size=(topics, 1, dimension)) + 0.7 * chance.normal(size=(topics, 4, dimension))
    rows = centres[np.arange(count) % topics, chance.integers(0, 4, count)] + 0.9 * chance.normal(
        size=(count, dimension)
    )
    units: Floats = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return units


def trustworthiness(units: Floats, places: NDArray[Any]) -> float:
    """Venna and Kaski, 2001: 1 when all near each other on the plane are near each other in truth."""
    count = len(units)
    truth = -(units @ units.T)
    np.fill_diagonal(truth, np.inf)
    ranks = truth.argsort(axis=1).argsort(axis=1) + 1
    drawn = ((places[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(drawn, np.inf)
    found = np.take_along_axis(ranks, drawn.argsort(axis=1)[:, :NEAR], axis=1)
    return float(1 - 2 / (count * NEAR * (2 * count - 3 * NEAR - 1)) * np.maximum(found - NEAR, 0).sum())


def drawn(units: Floats) -> Floats:
    topics = find_topics(units, limit=40)
    return draw(units[topics.sample], topics.neighbours, topics.similarity)


@pytest.mark.parametrize(("count", "topics"), [(300, 6), (900, 12)])
def test_neighbours_stay_nearer_than_on_the_plane_of_the_main_components(count: int, topics: int) -> None:
    units = corpus(count, topics=topics)
    flat = trustworthiness(units, principal_plane(units))
    found = trustworthiness(units, drawn(units))
    assert found > 0.97
    assert 1 - found < (1 - flat) / 3


def test_equal_input_is_drawn_equally() -> None:
    units = corpus(200, topics=4)
    assert np.array_equal(drawn(units), drawn(units.copy()))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 20])
def test_places_lie_in_the_square(count: int) -> None:
    places = drawn(corpus(count, topics=2))
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert np.abs(places).max(initial=0) <= 1


def test_twins_and_nothing_at_all_are_drawn() -> None:
    for units in (np.ones((30, 5), dtype=np.float32) / 5**0.5, np.zeros((30, 5), dtype=np.float32)):
        assert np.isfinite(drawn(units)).all()


def test_an_axis_points_the_same_way_whatever_the_library_says() -> None:
    units = corpus(100, topics=3)
    assert np.allclose(principal_plane(units), principal_plane(units[::-1])[::-1], atol=1e-4)
