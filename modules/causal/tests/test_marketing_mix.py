import numpy as np
import pytest
import statsmodels.api as sm

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.marketing_mix import MarketingMix, marketing_mix
from modules.causal.engine.media_fit import MediaProblem
from modules.causal.engine.mix_data import MixData, inflation
from modules.causal.engine.response import adstock, saturate
from modules.causal.engine.types import Floats
from modules.causal.tests.data import assert_finite

CARRY = {"tv": 0.6, "search": 0.1}
COEFFICIENT = {"tv": 300.0, "search": 200.0}


def simulated(seed: int, *, effect: float = 1.0) -> tuple[MixData, dict[str, float]]:
    """Three years of weeks with trend and season; also what a unit of spend really brought, by channel."""
    rng = np.random.default_rng(seed)
    weeks = np.arange(156)
    outcome = 1000 + weeks + 80 * np.sin(2 * np.pi * weeks / 52) + rng.normal(0, 25, 156)
    spend, roas = {}, {}
    for name, carry in CARRY.items():
        spend[name] = rng.gamma(2, 50, 156) * (rng.random(156) < 0.8)
        brought = effect * COEFFICIENT[name] * saturate(adstock(spend[name], carry), 80.0, 1.2, "hill")
        outcome += brought
        roas[name] = float(brought.sum() / spend[name].sum())
    return MixData(outcome, spend, {}, season=52), roas


def total_roas(data: MixData, roas: dict[str, float]) -> float:
    return float(sum(roas[name] * data.spend[name].sum() for name in roas)) / sum(
        float(x.sum()) for x in data.spend.values()
    )


def test_intervals_cover_what_spend_really_brought() -> None:
    covered, runs = 0, 8
    mix: MarketingMix | None = None
    for seed in range(runs):
        data, roas = simulated(seed)
        mix = marketing_mix(data, metric="sales")
        covered += mix.interval.low <= total_roas(data, roas) <= mix.interval.high
        assert mix.p_value == pytest.approx(0.01)
    assert covered >= runs - 1
    assert mix is not None
    assert_finite(mix)


def test_carry_over_and_returns_are_found() -> None:
    data, roas = simulated(3)
    mix = marketing_mix(data, metric="sales")
    for channel in mix.channels:
        assert channel.carry_over == pytest.approx(CARRY[channel.channel], abs=0.2)
        assert channel.roas_interval.low <= roas[channel.channel] <= channel.roas_interval.high
        assert channel.p_value < 0.001
    assert [series.name for series in mix.plot] == ["observed", "fitted", "response tv", "response search"]


def test_media_without_effect_are_not_credited() -> None:
    credited = 0
    for seed in range(6):
        data, _ = simulated(100 + seed, effect=0.0)
        mix = marketing_mix(data, metric="sales", saturation="log")
        credited += (mix.p_value or 0) <= 0.05
        assert (mix.interval.low > 0) == ((mix.p_value or 0) <= 0.05)
    assert credited <= 1


def test_the_base_is_taken_out_as_regression_does() -> None:
    """With the search fixed and no bound at work, the coefficients are those of least squares on all columns."""
    data, _ = simulated(5)
    weeks = np.arange(156) / 156
    base = np.column_stack([np.ones(156), weeks, np.sin(2 * np.pi * weeks * 3), np.cos(2 * np.pi * weeks * 3)])
    problem = MediaProblem(np.column_stack(list(data.spend.values())), base, "hill")
    fitted = problem.fit(data.outcome, problem.start)
    reference = sm.OLS(data.outcome, np.column_stack([problem.media(fitted.search), base])).fit()
    assert fitted.coefficient == pytest.approx(reference.params[:2])
    assert fitted.residuals == pytest.approx(reference.resid)


def test_adstock_keeps_spend_and_halves_as_told() -> None:
    pulse: Floats = np.zeros(60)
    pulse[0] = 100.0
    carried = adstock(pulse, 0.5)
    assert carried[:3] == pytest.approx([50, 25, 12.5])
    assert carried.sum() == pytest.approx(100)
    assert float(saturate(np.array([80.0]), 80.0, 1.7, "hill")[0]) == pytest.approx(0.5)


def test_inflation_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(6)
    columns = np.column_stack([np.ones(50), rng.normal(size=(50, 3))])
    columns[:, 3] += columns[:, 1]
    from statsmodels.stats.outliers_influence import variance_inflation_factor  # noqa: PLC0415 - slow to import

    expected = [variance_inflation_factor(columns, place) for place in (1, 2, 3)]
    assert inflation(columns)[1:] == pytest.approx(expected)


def test_data_that_cannot_tell_are_refused() -> None:
    data, _ = simulated(7)
    tv = data.spend["tv"]
    cases: list[tuple[MixData, str]] = [
        (MixData(data.outcome, {"tv": tv, "copy": tv * 2}, {}), "collinear"),
        (MixData(data.outcome, {"tv": np.full(156, 5.0)}, {}), "no_variation"),
        (MixData(data.outcome, {"tv": -tv}, {}), "negative"),
        (MixData(data.outcome[:20], {"tv": tv[:20]}, {}), "too_few_rows"),
        (MixData(data.outcome, {"tv": tv}, {"trend": np.arange(156.0)}), "collinear"),
        (MixData(np.full(156, 3.0), {"tv": tv}, {}), "no_variation"),
        (MixData(data.outcome, {"tv": tv}, {}, season=1000), "out_of_range"),
    ]
    for rows, code in cases:
        with pytest.raises(InvalidData) as refused:
            marketing_mix(rows, metric="sales")
        assert refused.value.code == code
