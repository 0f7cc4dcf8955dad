import numpy as np
import pytest

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.incrementality import LiftTest, incrementality
from modules.causal.tests.data import assert_finite


def lift_test(channel: str = "video", *, treatment: int = 2_300, control: int = 400, **changes: float) -> LiftTest:
    numbers = {"claimed": 1_000.0, "spend": 5_000.0, "value": 40.0, **changes}
    return LiftTest(
        channel, 100_000, treatment, 20_000, control, numbers["claimed"], numbers["spend"], numbers["value"]
    )


def test_the_counterfactual_is_the_control_scaled_to_the_treatment() -> None:
    """2,300 conversions, of which 400 * 100,000 / 20,000 = 2,000 would have come anyway: 300 of the 1,000 claimed."""
    result = incrementality([lift_test()])
    channel = result.channels[0]
    assert (channel.incremental, channel.factor) == pytest.approx((300, 0.3))
    assert (channel.cost_per_conversion, channel.iroas) == pytest.approx((5_000 / 300, 300 * 40 / 5_000))
    assert channel.claimed_roas == pytest.approx(8.0)
    assert channel.iroas_interval is not None
    assert channel.iroas_interval.low == pytest.approx(channel.incremental_interval.low * 40 / 5_000)
    # sqrt(0.023 * 0.977 / 100,000 + 0.02 * 0.98 / 20,000) * 100,000 = 109.7
    width = channel.incremental_interval.high - channel.incremental_interval.low
    assert width / 2 / 1.96 == pytest.approx(109.7, rel=0.02)
    assert_finite(result)


def test_channels_add_up_and_are_corrected() -> None:
    result = incrementality([lift_test("a"), lift_test("b", treatment=2_100)])
    assert result.estimate == pytest.approx(400)
    alone = incrementality([lift_test("a")]).p_value
    assert result.channels[0].p_value == pytest.approx(2 * (alone or 0))
    assert result.factor == pytest.approx(0.2)


def test_channels_that_harm_have_no_cost_per_conversion() -> None:
    result = incrementality([lift_test(treatment=1_900, claimed=0.0, spend=0.0)])
    channel = result.channels[0]
    assert channel.incremental == pytest.approx(-100)
    assert (channel.cost_per_conversion, channel.factor, channel.iroas) == (None, None, None)


def test_intervals_cover_the_truth() -> None:
    rng = np.random.default_rng(30)
    covered = 0
    for _ in range(2000):
        treatment, control = int(rng.binomial(100_000, 0.023)), int(rng.binomial(20_000, 0.02))
        interval = incrementality([lift_test(treatment=treatment, control=control)]).interval
        covered += interval.low <= 300 <= interval.high
    assert 0.935 <= covered / 2000 <= 0.965


def test_impossible_counts_are_refused() -> None:
    for tests in ([lift_test(treatment=100_001)], [lift_test(), lift_test()], [lift_test(spend=-1.0)], []):
        with pytest.raises(InvalidData):
            incrementality(tests)
