"""Difference-in-differences: what changed where something was done, beyond what changed elsewhere."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from modules.causal.engine.checks import check_level, check_varies, finite
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.fixed_effects import Fit, TwoWay, fit, wald_p_value, wild_bootstrap_p_value
from modules.causal.engine.table import Labels
from modules.causal.engine.text import number, probability, span
from modules.causal.engine.types import Codes, Diagnostic, Floats, Interval, Point, Result, Series

MAX_PERIODS = 300
MAX_UNITS = 10_000
# Periods before and after that get a coefficient of their own; those beyond share the outermost one.
MAX_LEADS = 12
MAX_LAGS = 24
# Below these the usual errors are too small (MacKinnon, Nielsen and Webb, "Cluster-robust inference: a guide", 2023).
FEW_CLUSTERS = 20
FEW_TREATED = 5
# The bootstrap costs a projection for every cluster; with more of them the t test needs no help.
_BOOTSTRAP_CLUSTERS = 60
_BOOTSTRAP_DRAWS = 1999
_SEED = 20260
_PRE_TREND_P = 0.05
_NEVER = -1


@dataclass(frozen=True)
class Panel:
    """Rows (n,) of units in periods; `treatment` is 1.0 in the rows that are under treatment.

    Several rows per unit and period are people of a group, say. `cluster` None gives errors that are only robust to
    unequal variances, for groups sampled anew in each period.
    """

    outcome: Floats
    treatment: Floats
    unit: Labels
    time: Labels
    cluster: Labels | None


@dataclass(frozen=True, kw_only=True)
class DifferenceInDifferences(Result):
    """`event_study` has the effect by periods since the start (x), 0 by construction in the period before it."""

    standard_error: float
    treated_units: int
    comparison_units: int
    periods: int
    event_study: tuple[Point, ...]


def difference_in_differences(panel: Panel, *, metric: str, level: float = 0.95) -> DifferenceInDifferences:
    """Estimate outcome_it = unit_i + period_t + effect * treatment_it + error_it (two-way fixed effects)."""
    check_level(level)
    check_varies(panel.outcome, pointer="/metric", name=metric)
    starts = _starts(panel)
    effects = TwoWay(panel.unit, panel.time)
    found = fit(panel.outcome, panel.treatment[:, None], effects, panel.cluster)
    estimate = finite(float(found.coefficients[0]), pointer="/metric", name="The effect")
    error = finite(float(found.errors[0]), pointer="/metric", name="Its error")
    if error <= abs(estimate) * 1e-10:
        raise InvalidData("/metric", "no_variation", "The outcome has no noise at all, so there is nothing to test.")
    interval, p_value = _inference(estimate, error, found.freedom, level)
    events = _events(panel, starts, effects, level)
    diagnostics = (
        _pre_trend(events),
        *_cluster_diagnostics(panel, starts, effects),
        *_staggered(panel, starts, effects),
    )
    treated = int((starts != _NEVER).sum())
    return DifferenceInDifferences(
        method="difference_in_differences",
        metric=metric,
        unit=metric,
        estimate=estimate,
        interval=interval,
        p_value=p_value,
        summary=(
            f"Difference-in-differences: {metric} changed by {number(estimate)} through the treatment "
            f"({span(interval)}, {probability(p_value)}; {treated} treated of {len(starts)} units, "
            f"{len(panel.time.names)} periods)."
        ),
        assumptions=(
            "Without the treatment, treated and other units would have moved in parallel.",
            "Nobody acted on the treatment before it began, and it did not spill over to the other units.",
            "The effect is the same for all treated units and periods, or the treatment began everywhere at once.",
            "Clusters are independent of one another."
            if panel.cluster
            else "Rows are independent of one another; only their variances may differ.",
        ),
        diagnostics=diagnostics,
        plot=(Series("event study", events.points), *_means(panel, starts)),
        standard_error=error,
        treated_units=treated,
        comparison_units=len(starts) - treated,
        periods=len(panel.time.names),
        event_study=events.points,
    )


@dataclass(frozen=True)
class _Events:
    points: tuple[Point, ...]
    pre_trend_p_value: float | None
    reason: str


def _starts(panel: Panel) -> Codes:
    """Return the period in which each unit's treatment begins, `_NEVER` for the others; refuse other designs."""
    units, periods = len(panel.unit.names), len(panel.time.names)
    if not 2 <= periods <= MAX_PERIODS:  # noqa: PLR2004 - before and after
        raise InvalidData("/time", "periods", f"There are {periods} periods; 2 to {MAX_PERIODS} are possible.")
    if units > MAX_UNITS:
        raise InvalidData("/unit", "units", f"There may be {MAX_UNITS:,} units at most.")
    cell = panel.unit.codes * periods + panel.time.codes
    rows = np.bincount(cell, minlength=units * periods).reshape(units, periods)
    treated = np.bincount(cell, panel.treatment, minlength=units * periods).reshape(units, periods)
    if np.any((treated != 0) & (treated != rows)):
        raise InvalidData("/treatment", "mixed_cell", "A unit is treated or not in a period, but not both.")
    on, off = treated > 0, (rows > 0) & (treated == 0)
    first = np.where(on.any(1), on.argmax(1), _NEVER)
    last_off = np.where(off.any(1), periods - 1 - off[:, ::-1].argmax(1), _NEVER)
    stops = (first != _NEVER) & (last_off > first)
    if stops.any():
        detail = f"The treatment of {panel.unit.names[int(stops.argmax())]!r} ends; only lasting treatments fit here."
        raise InvalidData("/treatment", "treatment_ends", detail)
    always = (first != _NEVER) & ~off.any(1)
    if always.any():
        name = panel.unit.names[int(always.argmax())]
        raise InvalidData("/treatment", "no_before", f"{name!r} is treated from its first period: leave it out.")
    if not (first != _NEVER).any():
        raise InvalidData("/treatment", "no_treated", "No row is treated.")
    starts: Codes = first.astype(np.intp)
    return starts


def _inference(estimate: float, error: float, freedom: int, level: float) -> tuple[Interval, float]:
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    p_value = 2 * float(stats.t.sf(abs(estimate) / error, freedom))
    return Interval(estimate - half, estimate + half, level), p_value


def _events(panel: Panel, starts: Codes, effects: TwoWay, level: float) -> _Events:
    """Estimate the effect by periods since the start, the last period before it being the one compared with."""
    if not (starts == _NEVER).any():
        return _Events((), None, "Every unit is treated in the end, so the time before cannot be compared.")
    start = starts[panel.unit.codes]
    since = np.clip(panel.time.codes - start, -MAX_LEADS, MAX_LAGS)
    steps = [int(step) for step in np.unique(since[start != _NEVER]) if step != -1]
    columns = np.column_stack([(start != _NEVER) & (since == step) for step in steps]).astype(np.float64)
    try:
        found = fit(panel.outcome, columns, effects, panel.cluster)
    except InvalidData as error:
        return _Events((), None, f"The effect by period cannot be estimated: {error.detail}")
    points = []
    for step, estimate, spread in zip(steps, found.coefficients, found.errors, strict=True):
        interval, _ = _inference(float(estimate), max(float(spread), 1e-300), found.freedom, level)
        points.append(Point(float(step), float(estimate), interval.low, interval.high))
    points.append(Point(-1.0, 0.0))
    ordered = tuple(sorted(points, key=lambda point: float(point.x)))
    return _tested(ordered, found, [place for place, step in enumerate(steps) if step < 0])


def _tested(points: tuple[Point, ...], found: Fit, leads: list[int]) -> _Events:
    if not leads:
        return _Events(points, None, "There is only one period before the treatment, so trends cannot be compared.")
    p_value = wald_p_value(found, leads)
    reason = "" if p_value is not None else "There are too few clusters for a test of the periods before."
    return _Events(points, p_value, reason)


def _pre_trend(events: _Events) -> Diagnostic:
    p_value = events.pre_trend_p_value
    if p_value is None:
        return Diagnostic("pre_trend_p_value", None, None, events.reason)
    passed = p_value >= _PRE_TREND_P
    text = (
        "Before the treatment, treated and others did not demonstrably move apart (no proof that they would not have)."
        if passed
        else "Treated and other units moved apart already before the treatment: the estimate is not to be trusted."
    )
    return Diagnostic("pre_trend_p_value", p_value, passed, text)


def _cluster_diagnostics(panel: Panel, starts: Codes, effects: TwoWay) -> list[Diagnostic]:
    if panel.cluster is None:
        text = "Errors allow for no dependence between rows of a unit over time."
        return [Diagnostic("clusters", None, None, text)]
    start_of_row = starts[panel.unit.codes]
    clusters = len(panel.cluster.names)
    treated = len(np.unique(panel.cluster.codes[start_of_row != _NEVER]))
    others = len(np.unique(panel.cluster.codes[start_of_row == _NEVER])) or clusters
    if min(treated, others) < 2:  # noqa: PLR2004 - one has no spread
        detail = (
            f"{treated} treated and {others} other clusters: the error of the effect needs two of each at least. For a "
            "single treated unit there is the synthetic control."
        )
        raise InvalidData("/cluster", "too_few_clusters", detail)
    passed = clusters >= FEW_CLUSTERS and min(treated, others) >= FEW_TREATED
    text = f"{clusters} clusters, {treated} of them treated" + (
        "." if passed else ": so few that interval and p-value are too optimistic; see the bootstrap's."
    )
    found = [Diagnostic("clusters", float(clusters), passed, text)]
    if clusters <= _BOOTSTRAP_CLUSTERS:
        p_value = wild_bootstrap_p_value(
            panel.outcome, panel.treatment, effects, panel.cluster, draws=_BOOTSTRAP_DRAWS, seed=_SEED
        )
        note = f"The wild cluster bootstrap, made for few clusters, gives {probability(p_value)}."
        found.append(Diagnostic("wild_bootstrap_p_value", p_value, None, note))
    return found


def _staggered(panel: Panel, starts: Codes, effects: TwoWay) -> list[Diagnostic]:
    """Weigh the cells of a staggered start (de Chaisemartin and D'Haultfoeuille, AER 110 (2020), theorem 1)."""
    if len(np.unique(starts[starts != _NEVER])) == 1:
        return []
    weights = effects.residual(panel.treatment)[panel.treatment == 1]
    share = float(-weights[weights < 0].sum() / np.abs(weights).sum())
    passed = not bool((weights < 0).any())
    text = "The treatment began at different times; " + (
        "all of its periods count positively in the estimate."
        if passed
        else "some of its periods count negatively, so effects that differ over time or units can mislead."
    )
    return [Diagnostic("negative_weights", share, passed, text)]


def _means(panel: Panel, starts: Codes) -> tuple[Series, ...]:
    series = []
    for name, chosen in (("treated mean", starts != _NEVER), ("comparison mean", starts == _NEVER)):
        rows = chosen[panel.unit.codes]
        codes = panel.time.codes[rows]
        if not len(codes):
            continue
        counts = np.bincount(codes, minlength=len(panel.time.names))
        sums = np.bincount(codes, panel.outcome[rows], minlength=len(panel.time.names))
        points = [
            Point(time, float(total / count))
            for time, total, count in zip(panel.time.names, sums, counts, strict=True)
            if count
        ]
        series.append(Series(name, tuple(points)))
    return tuple(series)
