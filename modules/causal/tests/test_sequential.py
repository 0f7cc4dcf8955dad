import math

import numpy as np
import pytest

from modules.causal.engine import sequential


def test_radius_is_the_formula_of_the_paper() -> None:
    """Waudby-Smith et al. (2024), theorem 2.2, with sigma = 3, t = 500, rho^2 = 0.01, alpha = 0.05."""
    expected = 3 * math.sqrt(2 * (500 * 0.01 + 1) / (500**2 * 0.01) * math.log(math.sqrt(500 * 0.01 + 1) / 0.05))
    assert sequential.radius(9 / 500, 500, level=0.95, rho2=0.01) == pytest.approx(expected)


def test_the_p_value_is_one_over_the_mixture_likelihood_ratio() -> None:
    """Johari et al. (2022): the mixture over effects of N(0, tau^2), by numerical integration."""
    variance, size, estimate, rho2 = 0.04, 200, 0.7, 0.02
    tau2 = variance * size * rho2
    effects = np.linspace(-20, 20, 400_001)
    prior = np.exp(-(effects**2) / (2 * tau2)) / math.sqrt(2 * math.pi * tau2)
    ratio = np.exp((2 * estimate * effects - effects**2) / (2 * variance))
    mixture = float((prior * ratio).sum() * (effects[1] - effects[0]))
    assert sequential.p_value(estimate, variance, size, rho2=rho2) == pytest.approx(1 / mixture, rel=1e-6)


def test_the_sequence_is_tightest_around_the_planned_size() -> None:
    planned = 2000
    best = sequential.mixture(0.95, planned)
    width = sequential.radius(1 / planned, planned, level=0.95, rho2=best)
    for factor in (0.2, 0.5, 2.0, 5.0):
        assert width < sequential.radius(1 / planned, planned, level=0.95, rho2=best * factor)


def test_looking_after_every_row_keeps_the_error_where_the_usual_test_does_not() -> None:
    rng = np.random.default_rng(4)
    runs, size, first = 600, 2000, 100
    rows = rng.normal(size=(runs, size)) * 2
    count = np.arange(1, size + 1)
    means = rows.cumsum(1) / count
    variances = np.maximum(np.square(rows).cumsum(1) / count - means**2, 0) / count
    rho2 = sequential.mixture(0.95, 1000)
    widths = np.array([sequential.radius(1.0, int(n), level=0.95, rho2=rho2) for n in count])
    sequence = (np.abs(means) > widths * np.sqrt(variances))[:, first:].any(1).mean()
    usual = (np.abs(means) > 1.96 * np.sqrt(variances))[:, first:].any(1).mean()
    assert sequence <= 0.05
    assert usual > 0.25
