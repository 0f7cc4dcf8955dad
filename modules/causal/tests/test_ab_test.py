import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from modules.causal.engine.ab_test import Plan, ab_test, compare
from modules.causal.engine.arms import Arm, arm_of_counts
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.holm import holm
from modules.causal.tests.data import assert_finite, floats, frame, labels


def arms(**counts: tuple[int, int]) -> list[Arm]:
    return [arm_of_counts(name, *pair, pointer="/variant") for name, pair in counts.items()]


def test_lalonde_training_effect_is_the_published_one() -> None:
    """Dehejia and Wahba (1999), table 3: $1,794, from LaLonde's experiment; Welch's test as SciPy computes it."""
    data = frame("jtrain2")
    earnings = floats(data.re78) * 1000
    result = ab_test(earnings, labels(data.train), Plan("0", shares={"0": 260, "1": 185}), metric="earnings")
    assert round(result.estimate) == 1794
    reference = stats.ttest_ind(earnings[data.train == 1], earnings[data.train == 0], equal_var=False)
    low, high = reference.confidence_interval()
    assert (result.interval.low, result.interval.high) == pytest.approx((low, high))
    assert result.p_value == pytest.approx(reference.pvalue)
    assert_finite(result)


def test_cuped_is_the_regression_on_the_covariate() -> None:
    data = frame("jtrain2")
    result = ab_test(
        floats(data.re78), labels(data.train), Plan("0"), metric="earnings", covariate=floats(data.re75), ordered=True
    )
    regression = sm.OLS(floats(data.re78), sm.add_constant(np.column_stack([data.train, data.re75]))).fit(
        cov_type="HC1"
    )
    assert result.estimate == pytest.approx(float(regression.params[1]))
    assert (result.interval.high - result.interval.low) / 2 / 1.965 == pytest.approx(float(regression.bse[1]), rel=0.01)
    assert [series.name for series in result.plot][-1] == "confidence sequence"


def test_cuped_finds_the_same_effect_with_less_variance() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(50, 10, 4000)
    arm = rng.integers(0, 2, 4000)
    outcome = before + rng.normal(0, 5, 4000) + 0.5 * arm
    plain = ab_test(outcome, labels(arm), Plan("0"), metric="spend")
    adjusted = ab_test(outcome, labels(arm), Plan("0"), metric="spend", covariate=before)
    assert adjusted.variance_reduction == pytest.approx(0.8, abs=0.02)
    width = plain.interval.high - plain.interval.low
    assert (adjusted.interval.high - adjusted.interval.low) / width == pytest.approx(np.sqrt(0.2), abs=0.02)
    assert adjusted.interval.low < 0.5 < adjusted.interval.high


def test_shares_have_the_interval_of_miettinen_and_nurminen() -> None:
    """Newcombe, "Interval estimation for the difference between independent proportions" (1998), table II, row a."""
    result = compare(arms(a=(48, 80), b=(56, 70)), Plan("a"), metric="response")
    assert (round(result.interval.low, 4), round(result.interval.high, 4)) == (0.0528, 0.3382)


def test_holm_is_what_statsmodels_computes() -> None:
    values = [0.01, 0.04, 0.03, 0.005, 0.7]
    assert holm(values) == pytest.approx(list(multipletests(values, method="holm")[1]))


@given(st.integers(0, 60), st.integers(0, 60), st.integers(60, 400), st.integers(60, 400))
def test_interval_and_p_value_never_contradict_each_other(a: int, b: int, n: int, m: int) -> None:
    assume(not (a == b == 0 or (a, b) == (n, m)))
    result = compare(arms(a=(a, n), b=(b, m)), Plan("a"), metric="response")
    found = result.comparisons[0]
    if abs(found.p_value - 0.05) > 1e-3:
        assert (found.p_value < 0.05) == (not found.interval.low <= 0 <= found.interval.high)
    inside = found.sequential_interval.low <= 0 <= found.sequential_interval.high
    assert (found.sequential_p_value >= 0.05) == inside
    assert_finite(result)


def test_a_sample_ratio_mismatch_is_called() -> None:
    """The example of Fabijan et al. (2019): 821,588 against 815,482 users of an equal split."""
    result = compare(arms(a=(10_000, 821_588), b=(10_000, 815_482)), Plan("a"), metric="response")
    mismatch = result.diagnostics[0]
    assert mismatch.name == "sample_ratio_p_value"
    assert mismatch.value == pytest.approx(1.8e-6, rel=0.05)
    assert mismatch.passed is False
    intended = Plan("a", shares={"a": 821_588, "b": 815_482})
    assert compare(arms(a=(10_000, 821_588), b=(10_000, 815_482)), intended, metric="response").diagnostics[0].passed


def test_several_variants_are_corrected() -> None:
    result = compare(arms(a=(100, 1000), b=(131, 1000), c=(110, 1000)), Plan("a"), metric="response")
    alone = [compare(arms(a=(100, 1000), x=pair), Plan("a"), metric="r") for pair in ((131, 1000), (110, 1000))]
    b, c = result.comparisons
    assert b.p_value == pytest.approx(2 * (alone[0].p_value or 0))
    assert c.p_value == pytest.approx(alone[1].p_value)
    assert b.interval.level == pytest.approx(0.975)
    assert result.estimate == b.estimate


def test_intervals_of_means_cover_the_truth() -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(400):
        arm = rng.integers(0, 2, 300)
        outcome = rng.exponential(2.0, 300) + 0.3 * arm
        interval = ab_test(outcome, labels(arm), Plan("0"), metric="spend").interval
        covered += interval.low <= 0.3 <= interval.high
    assert 0.92 <= covered / 400 <= 0.98


def test_the_ratio_has_an_interval_that_covers() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        counts = rng.binomial(2000, (0.1, 0.12))
        found = compare(arms(a=(int(counts[0]), 2000), b=(int(counts[1]), 2000)), Plan("a"), metric="r").comparisons[0]
        assert found.lift_interval is not None
        covered += found.lift_interval.low <= 0.2 <= found.lift_interval.high
    assert 0.92 <= covered / 400 <= 0.98


@pytest.mark.parametrize(
    ("plan", "pointer"),
    [
        (Plan("nobody"), "/control"),
        (Plan("a", level=1.0), "/level"),
        (Plan("a", shares={"a": 1.0}), "/shares"),
        (Plan("a", planned_size=1), "/planned_size"),
    ],
)
def test_plans_that_do_not_fit_are_refused(plan: Plan, pointer: str) -> None:
    with pytest.raises(InvalidData) as refused:
        compare(arms(a=(48, 80), b=(56, 70)), plan, metric="response")
    assert refused.value.pointer == pointer
