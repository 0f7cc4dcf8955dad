from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.panel import PanelOLS

from modules.causal.engine.did import Panel, difference_in_differences
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.fixed_effects import TwoWay, fit, wald_p_value, wild_bootstrap_p_value
from modules.causal.engine.types import Floats
from modules.causal.tests.data import assert_finite, floats, frame, labels, prop99


def panel(
    rng: np.random.Generator, *, units: int, periods: int, treated: int, effect: float = 0.0, drift: float = 0.0
) -> Panel:
    """Units with random walks, the treated ones from half time on; `drift` moves the treated ones apart all along."""
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    noise = rng.normal(size=(units, periods)).cumsum(1).ravel() * 0.5 + rng.normal(size=units * periods)
    treatment = ((unit < treated) & (time >= periods // 2)).astype(np.float64)
    outcome = (
        rng.normal(size=units)[unit] * 3 + np.sin(time) + noise + effect * treatment + drift * time * (unit < treated)
    )
    names = labels(unit)
    return Panel(outcome, treatment, names, labels(time), names)


def linearmodels_fit(data: Panel, regressors: Floats) -> Any:
    index = pd.MultiIndex.from_arrays([data.unit.codes, data.time.codes])
    model = PanelOLS(
        pd.Series(data.outcome, index), pd.DataFrame(regressors, index), entity_effects=True, time_effects=True
    )
    return model.fit(cov_type="clustered", cluster_entity=True, group_debias=True)


def test_wage_panel_equals_linearmodels() -> None:
    """Vella and Verbeek's wages (Wooldridge, example 14.4): union and marriage with effects of person and year."""
    data = frame("wagepan")
    people = labels(data.nr)
    regressors = floats(data[["union", "married"]])
    found = fit(floats(data.lwage), regressors, TwoWay(people, labels(data.year)), people)
    rows = Panel(floats(data.lwage), regressors[:, 0], people, labels(data.year), people)
    reference = linearmodels_fit(rows, regressors)
    assert found.coefficients == pytest.approx(reference.params.to_numpy())
    # It counts people among the parameters, reghdfe and this module do not, since they are nested in the clusters.
    size, absorbed = len(data), 7
    scale = ((size - 1) / (size - 2 - absorbed) * reference.df_resid / (size - 2)) ** 0.5
    assert found.errors == pytest.approx(reference.std_errors.to_numpy() * scale)


def test_kiel_mcclain_incinerator_is_the_published_effect() -> None:
    """Wooldridge, "Introductory econometrics", example 13.3: -11,863.90 in prices of 1978."""
    data = frame("kielmc")
    rows = Panel(floats(data.rprice), floats(data.y81nrinc), labels(data.nearinc), labels(data.year), None)
    result = difference_in_differences(rows, metric="price")
    assert round(result.estimate, 2) == -11863.90
    dummies = sm.add_constant(np.column_stack([data.nearinc, data.y81, data.y81nrinc]))
    reference = sm.OLS(floats(data.rprice), dummies).fit(cov_type="HC1", use_t=True)
    assert result.standard_error == pytest.approx(float(reference.bse[3]))
    assert result.p_value == pytest.approx(float(reference.pvalues[3]))


def test_injury_benefits_are_the_published_effect() -> None:
    """Meyer, Viscusi and Durbin (1995), as in Wooldridge, example 13.4: 0.191 with error 0.069 in Kentucky."""
    data = frame("injury")
    data = data[data.ky == 1]
    rows = Panel(
        floats(data.ldurat), floats(data.afchnge * data.highearn), labels(data.highearn), labels(data.afchnge), None
    )
    result = difference_in_differences(rows, metric="log duration")
    assert (round(result.estimate, 3), round(result.standard_error, 3)) == (0.191, 0.069)


def test_proposition_99_is_the_published_difference() -> None:
    """Arkhangelsky et al., "Synthetic difference-in-differences" (2021), table 1: -27.3."""
    table = prop99()
    rows = Panel(
        table.numbers("PacksPerCapita", pointer=""),
        table.flags("treated", pointer=""),
        table.labels("State", pointer=""),
        table.times("Year", pointer=""),
        None,
    )
    assert round(difference_in_differences(rows, metric="packs").estimate, 1) == -27.3


def test_a_single_treated_cluster_is_refused() -> None:
    with pytest.raises(InvalidData) as refused:
        difference_in_differences(panel(np.random.default_rng(0), units=20, periods=6, treated=1), metric="y")
    assert refused.value.code == "too_few_clusters"


def test_unbalanced_panels_and_event_studies_equal_regression_on_dummies() -> None:
    data = panel(np.random.default_rng(6), units=30, periods=8, treated=12, effect=1.0)
    keep = np.random.default_rng(7).random(len(data.outcome)) > 0.15
    # Where the first treated period of a unit is missing, its start would be later.
    keep |= data.time.codes == 4
    unit, time = labels(data.unit.codes[keep]), labels(data.time.codes[keep])
    part = Panel(data.outcome[keep], data.treatment[keep], unit, time, unit)
    result = difference_in_differences(part, metric="y")
    effects = [(codes[:, None] == np.arange(1, codes.max() + 1)) for codes in (unit.codes, time.codes)]
    treated = np.isin(unit.codes, np.unique(unit.codes[part.treatment == 1]))
    steps = [step for step in range(-4, 4) if step != -1]
    events = np.column_stack([treated & (time.codes - 4 == step) for step in steps])
    ones = np.ones((len(part.outcome), 1))
    for columns, found in (
        (part.treatment[:, None], [result.estimate]),
        (events, [point.y for point in result.event_study if point.x != -1]),
    ):
        reference = sm.OLS(part.outcome, np.hstack([columns, ones, *effects]).astype(float)).fit(
            cov_type="cluster", cov_kwds={"groups": unit.codes}
        )
        assert found == pytest.approx(list(reference.params[: columns.shape[1]]))
    reference = sm.OLS(part.outcome, np.hstack([part.treatment[:, None], ones, *effects]).astype(float)).fit(
        cov_type="cluster", cov_kwds={"groups": unit.codes}
    )
    # statsmodels counts the nested effects of units as parameters, reghdfe and this module do not.
    size = len(part.outcome)
    nested = np.sqrt((size - 30 - 8) / (size - 1 - 8))
    assert result.standard_error == pytest.approx(float(reference.bse[0]) * nested, rel=1e-6)


def test_intervals_cover_the_truth_with_dependent_errors() -> None:
    rng = np.random.default_rng(8)
    results = [
        difference_in_differences(panel(rng, units=70, periods=6, treated=30, effect=1.0), metric="y")
        for _ in range(200)
    ]
    covered = sum(result.interval.low <= 1.0 <= result.interval.high for result in results)
    assert 0.91 <= covered / 200 <= 0.99
    rejected = sum(not result.diagnostics[0].passed for result in results)
    assert rejected / 200 <= 0.10


def test_trends_that_differed_before_are_called() -> None:
    result = difference_in_differences(
        panel(np.random.default_rng(9), units=60, periods=10, treated=30, drift=1.0), metric="y"
    )
    assert result.diagnostics[0].name == "pre_trend_p_value"
    assert result.diagnostics[0].passed is False
    assert_finite(result)


def test_the_bootstrap_keeps_its_level_with_few_clusters() -> None:
    rng = np.random.default_rng(10)
    few = t = 0
    for _ in range(200):
        data = panel(rng, units=12, periods=6, treated=3)
        effects = TwoWay(data.unit, data.time)
        assert data.cluster is not None
        few += wild_bootstrap_p_value(data.outcome, data.treatment, effects, data.cluster, draws=199, seed=1) <= 0.05
        found = fit(data.outcome, data.treatment[:, None], effects, data.cluster)
        t += (wald_p_value(found, [0]) or 0) <= 0.05
    assert few / 200 <= 0.09
    assert few < t


def test_staggered_starts_are_weighed() -> None:
    data = panel(np.random.default_rng(11), units=40, periods=12, treated=0)
    start = np.where(data.unit.codes < 18, 2, np.where(data.unit.codes < 36, 9, 99))
    treatment = floats(data.time.codes >= start)
    growing = floats(data.outcome + treatment * (data.time.codes - start))
    result = difference_in_differences(Panel(growing, treatment, data.unit, data.time, data.cluster), metric="y")
    weights = next(found for found in result.diagnostics if found.name == "negative_weights")
    assert weights.passed is False


def test_designs_that_do_not_fit_are_refused() -> None:
    data = panel(np.random.default_rng(12), units=10, periods=4, treated=5)
    everybody = Panel(data.outcome, floats(data.time.codes >= 2), data.unit, data.time, data.cluster)
    ends = Panel(
        data.outcome, floats((data.time.codes == 1) & (data.unit.codes < 5)), data.unit, data.time, data.cluster
    )
    always = Panel(data.outcome, floats(data.unit.codes < 5), data.unit, data.time, data.cluster)
    nobody = Panel(data.outcome, np.zeros(40), data.unit, data.time, data.cluster)
    for rows, code in (
        (everybody, "collinear"),
        (ends, "treatment_ends"),
        (always, "no_before"),
        (nobody, "no_treated"),
    ):
        with pytest.raises(InvalidData) as refused:
            difference_in_differences(rows, metric="y")
        assert refused.value.code == code
