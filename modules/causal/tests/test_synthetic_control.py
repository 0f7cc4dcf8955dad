import numpy as np
import pandas as pd
import pytest
import synthdid
from hypothesis import given
from hypothesis import strategies as st
from pysyncon import Dataprep, Synth

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.simplex import simplex_weights
from modules.causal.engine.synthetic_control import SyntheticControl, synthetic_control
from modules.causal.engine.table import Labels
from modules.causal.engine.types import Floats
from modules.causal.tests.data import assert_finite, labels, prop99


def california() -> SyntheticControl:
    table = prop99()
    return synthetic_control(
        table.numbers("PacksPerCapita", pointer=""),
        table.labels("State", pointer=""),
        table.times("Year", pointer=""),
        treated="California",
        start="1989",
        metric="packs",
    )


def prop99_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "state": list(prop99().columns["State"]),
            "year": [int(str(year)) for year in prop99().columns["Year"]],
            "packs": prop99().numbers("PacksPerCapita", pointer=""),
        }
    )


def test_california_smoked_as_much_less_as_published() -> None:
    """Arkhangelsky et al. (2021), table 1: -19.6, from weights that their solver found to three digits.

    Abadie, Diamond and Hainmueller (2010) give "almost 20 packs", 26 in 2000, and name the five states.
    """
    result = california()
    assert result.estimate == pytest.approx(-19.6, abs=0.15)
    assert result.gaps[-1].y == pytest.approx(-26, abs=1)
    named = [weight.unit for weight in result.weights[:5]]
    assert {"Utah", "Montana", "Nevada", "Connecticut"} <= set(named)
    assert sum(weight.weight for weight in result.weights) == pytest.approx(1, abs=0.005)
    assert_finite(result)


def test_california_equals_synthdid() -> None:
    frame = prop99_frame()
    frame["treated"] = ((frame.state == "California") & (frame.year >= 1989)).astype(int)
    setup = synthdid.panel_matrices(frame, unit="state", time="year", outcome="packs", treatment="treated")
    reference = synthdid.sc_estimate(setup.Y, setup.N0, setup.T0)
    assert california().estimate == pytest.approx(float(reference), abs=0.15)


def test_weights_fit_at_least_as_well_as_those_of_pysyncon() -> None:
    frame = prop99_frame()
    years = range(1970, 1989)
    states = sorted(set(frame.state) - {"California"})
    preparation = Dataprep(
        foo=frame,
        predictors=["packs"],
        predictors_op="mean",
        time_predictors_prior=years,
        special_predictors=[("packs", [year], "mean") for year in years],
        dependent="packs",
        unit_variable="state",
        time_variable="year",
        treatment_identifier="California",
        controls_identifier=states,
        time_optimize_ssr=years,
    )
    synth = Synth()
    # The same importance for each year; their scaling of predictors is undone, so that both minimise the same.
    scale = pd.concat(preparation.make_covariate_mats(), axis=1).var(axis=1).to_numpy()
    synth.fit(preparation, custom_V=np.append(0.0, scale[1:] / scale[1:].sum()))
    theirs = synth.W
    wide = frame.pivot_table(index="year", columns="state", values="packs").loc[1970:1988]
    ours = simplex_weights(wide["California"].to_numpy(), wide[states].to_numpy())

    def loss(weights: Floats) -> float:
        return float(np.square(wide["California"] - wide[states] @ weights).sum())

    # Their general optimiser stops one hundredth short of the optimum.
    assert loss(np.asarray(theirs)) * 0.98 <= loss(ours) <= loss(np.asarray(theirs))
    assert ours == pytest.approx(np.asarray(theirs), abs=0.05)


@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(3, 30))
def test_weights_meet_the_conditions_of_the_optimum(seed: int, donors: int, periods: int) -> None:
    """Karush, Kuhn and Tucker: the gradient is the same for donors in use, and no smaller for the others."""
    rng = np.random.default_rng(seed)
    matrix, target = rng.normal(size=(periods, donors)), rng.normal(size=periods)
    weights = simplex_weights(target, matrix)
    gradient = matrix.T @ (matrix @ weights - target)
    level = float(gradient @ weights)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0
    assert (gradient >= level - 1e-8 * (1 + abs(level))).all()


def simulated(rng: np.random.Generator, effect: float) -> tuple[Floats, Labels, Labels]:
    """25 units that share three factors, the first unit being treated in the last 6 of 36 periods."""
    factors, loadings = rng.normal(size=(36, 3)).cumsum(0), rng.uniform(size=(3, 25))
    values = 50 + factors @ loadings + rng.normal(size=(36, 25))
    values[30:, 0] += effect
    return values.ravel(), labels(np.tile(np.arange(25), 36)), labels(np.repeat(np.arange(36), 25))


def test_placebos_keep_their_level_and_intervals_cover() -> None:
    rng = np.random.default_rng(20)
    rejected = covered = 0
    runs = 150
    for _ in range(runs):
        result = synthetic_control(*simulated(rng, 2.0), treated="0", start="30", metric="y", level=0.9)
        covered += result.interval.low <= 2.0 <= result.interval.high
        null = synthetic_control(*simulated(rng, 0.0), treated="0", start="30", metric="y")
        rejected += (null.p_value or 0) <= 0.1
    assert rejected / runs <= 0.16
    assert covered / runs >= 0.84


def test_large_effects_are_seen_and_few_donors_lower_the_level() -> None:
    outcome, unit, time = simulated(np.random.default_rng(21), 15.0)
    result = synthetic_control(outcome, unit, time, treated="0", start="30", metric="y", level=0.99)
    assert result.estimate == pytest.approx(15, abs=1.5)
    assert result.p_value == pytest.approx(1 / 25)
    assert result.interval.level == pytest.approx(24 / 25)
    assert result.diagnostics[-1].passed is False


@pytest.mark.parametrize(
    ("treated", "start", "code"),
    [("99", "30", "unknown_value"), ("0", "99", "unknown_value"), ("0", "3", "too_few_periods")],
)
def test_designs_that_do_not_fit_are_refused(treated: str, start: str, code: str) -> None:
    with pytest.raises(InvalidData) as refused:
        synthetic_control(*simulated(np.random.default_rng(22), 0), treated=treated, start=start, metric="y")
    assert refused.value.code == code


def test_holes_and_perfect_fits_are_refused() -> None:
    outcome, unit, time = simulated(np.random.default_rng(23), 0)
    with pytest.raises(InvalidData) as hole:
        synthetic_control(
            outcome[1:],
            Labels(unit.codes[1:], unit.names),
            Labels(time.codes[1:], time.names),
            treated="0",
            start="30",
            metric="y",
        )
    assert hole.value.code == "unbalanced"
    copied = outcome.reshape(36, 25).copy()
    copied[:, 0] = copied[:, 1:4].mean(1)
    with pytest.raises(InvalidData) as perfect:
        synthetic_control(copied.ravel(), unit, time, treated="0", start="30", metric="y")
    assert perfect.value.code == "perfect_fit"
