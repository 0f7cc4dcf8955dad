import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.causal.engine.budget import optimise_budget
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.response import Curve, Saturation
from modules.causal.tests.data import assert_finite


def curve(name: str, coefficient: float, half: float, shape: float = 1.0, saturation: Saturation = "hill") -> Curve:
    draws = tuple((coefficient * factor, half, shape) for factor in (0.9, 1.0, 1.1))
    return Curve(name, saturation, coefficient, half, shape, mean_spend=50.0, most_spend=120.0, draws=draws)


def test_logarithms_have_the_closed_solution() -> None:
    """max sum b log(1 + x / h), sum x = B: x = b (B + sum h) / sum b - h."""
    curves = [curve("a", 100, 20, saturation="log"), curve("b", 50, 10, saturation="log")]
    result = optimise_budget(curves, 150, {}, metric="sales")
    expected = [100 * 180 / 150 - 20, 50 * 180 / 150 - 10]
    assert [each.optimal for each in result.allocations] == pytest.approx(expected, rel=1e-4)
    assert result.allocations[0].marginal_response == pytest.approx(result.allocations[1].marginal_response, rel=1e-3)


@given(st.lists(st.tuples(st.floats(1, 500), st.floats(5, 200), st.floats(0.5, 3)), min_size=3, max_size=3))
def test_no_spread_of_a_grid_is_better(parameters: list[tuple[float, float, float]]) -> None:
    curves = [curve(str(place), *values) for place, values in enumerate(parameters)]
    result = optimise_budget(curves, 180, {"0": (20.0, 100.0)}, metric="sales")
    spends = np.array([each.optimal for each in result.allocations])
    assert spends.sum() == pytest.approx(180)
    assert 20 - 1e-6 <= spends[0] <= 100 + 1e-6
    first, second = (grid.ravel() for grid in np.meshgrid(np.linspace(20, 100, 41), np.linspace(0, 160, 81)))
    third = 180 - first - second
    fits = third >= 0
    responses = [each.response(grid[fits]) for each, grid in zip(curves, (first, second, third), strict=True)]
    best = float(np.sum(responses, axis=0).max())
    found = sum(float(each.response(np.array([spend]))[0]) for each, spend in zip(curves, spends, strict=True))
    assert found >= best * (1 - 1e-4)
    assert_finite(result)


def test_spending_beyond_the_data_is_called() -> None:
    result = optimise_budget([curve("a", 100, 50), curve("b", 0.001, 50)], 300, {}, metric="sales")
    assert result.diagnostics[0].passed is False
    assert "a would get more" in result.diagnostics[0].text


@pytest.mark.parametrize(
    ("budget", "bounds", "pointer"),
    [
        (100, {"a": (60.0, 70.0), "b": (60.0, 70.0)}, "/budget"),
        (100, {"a": (0.0, 10.0), "b": (0.0, 10.0)}, "/budget"),
        (100, {"z": (0.0, 10.0)}, "/bounds/z"),
        (100, {"a": (20.0, 10.0)}, "/bounds"),
        (-1, {}, "/budget"),
    ],
)
def test_bounds_that_do_not_fit_are_refused(
    budget: float, bounds: dict[str, tuple[float, float]], pointer: str
) -> None:
    with pytest.raises(InvalidData) as refused:
        optimise_budget([curve("a", 100, 50), curve("b", 100, 50)], budget, bounds, metric="sales")
    assert refused.value.pointer == pointer
