"""Synthetic control: what a single treated unit would have done, as a weighted mean of untreated ones.

Abadie, Diamond and Hainmueller, "Synthetic control methods for comparative case studies", JASA 105 (2010). Weights fit
all outcomes before the treatment; covariates have no say beside those (Kaul, Klossner, Pfeifer and Schieler 2022).
"""

import math
from dataclasses import dataclass

import numpy as np

from modules.causal.engine.checks import check_level, check_varies
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.simplex import simplex_weights
from modules.causal.engine.table import Labels
from modules.causal.engine.text import number, percent, probability, span
from modules.causal.engine.types import Diagnostic, Floats, Interval, Point, Result, Series

MAX_DONORS = 200
MAX_PERIODS = 600
LEAST_DONORS = 4
LEAST_BEFORE = 5
# A fit to the periods before is called good from this R^2 on.
_GOOD_FIT = 0.9
# The part of the effect that a start in the last quarter of the time before may pretend: a placebo in time.
_HOLDOUT_MOST = 0.5
_HOLDOUT_SHARE = 0.25
_LEAST_WEIGHT = 0.001
_PERFECT = 1e-6


@dataclass(frozen=True)
class Weight:
    unit: str
    weight: float


@dataclass(frozen=True, kw_only=True)
class SyntheticControl(Result):
    """The estimate is the mean gap per period since the start; `total` adds the gaps of these periods up.

    `gaps` is observed minus synthetic in every period, the interval of each period for itself.
    """

    treated: str
    start: str
    total: float
    weights: tuple[Weight, ...]
    pre_rmspe: float
    gaps: tuple[Point, ...]


def synthetic_control(
    outcome: Floats, unit: Labels, time: Labels, *, treated: str, start: str, metric: str, level: float = 0.95
) -> SyntheticControl:
    """Analyse one row (n,) per unit and period; `start` is the first period under treatment.

    Inference is by placebos in space: every donor is treated in turn as if it had been treated, with the others as
    donors. The statistic is |mean gap after| / RMSPE before. The interval holds the constant effects that this
    permutation test does not reject (Firpo and Possebom, Journal of Causal Inference 6 (2018)). J donors allow no more
    than the level 1 - 1 / (J + 1); the interval names the level that it has.
    """
    check_level(level)
    check_varies(outcome, pointer="/metric", name=metric)
    values = _grid(outcome, unit, time)
    place, before = unit.code(treated, pointer="/treated"), time.code(start, pointer="/start")
    _check(values, before, unit, place)
    donors = [code for code in range(len(unit.names)) if code != place]
    weights = simplex_weights(values[:before, place], values[:before, donors])
    gap = values[:, place] - values[:, donors] @ weights
    placebos = _placebos(values, donors, before)
    pre = _rmspe(gap[:before])
    if pre <= _PERFECT * float(values[:before, place].std()):
        detail = (
            "The synthetic unit fits every period before the treatment perfectly, so nothing tells how well it "
            "predicts. More periods before, or fewer donors, are needed."
        )
        raise InvalidData("/start", "perfect_fit", detail)
    estimate = float(gap[before:].mean())
    scales = np.array([_rmspe(placebo[:before]) for placebo in placebos])
    usable = scales > _PERFECT * pre
    placebos, scales = placebos[usable], scales[usable]
    statistics = np.abs(placebos[:, before:].mean(1)) / scales
    p_value = float((1 + (statistics >= abs(estimate) / pre).sum()) / (len(statistics) + 1))
    rank, attained = _rank(level, len(statistics))
    half = pre * float(np.sort(statistics)[-rank])
    interval = Interval(estimate - half, estimate + half, attained)
    halves = pre * np.sort(np.abs(placebos) / scales[:, None], axis=0)[-rank]
    gaps = tuple(
        Point(name, float(value), float(value - width), float(value + width))
        for name, value, width in zip(time.names, gap, halves, strict=True)
    )
    periods = len(time.names) - before
    named = _named(weights, [unit.names[code] for code in donors])
    return SyntheticControl(
        method="synthetic_control",
        metric=metric,
        unit=f"{metric} per period",
        estimate=estimate,
        interval=interval,
        p_value=p_value,
        summary=(
            f"Synthetic control: {metric} of {treated!r} changed by {number(estimate)} per period from {start} on "
            f"({span(interval)}, {probability(p_value)} from {len(statistics)} placebos; {periods} periods, "
            f"{number(estimate * periods)} in all)."
        ),
        assumptions=(
            (
                "Without the treatment, the weighted mean of the donors would have followed the treated unit as it did "
                "before."
            ),
            "Donors were not touched by the treatment, nor by other shocks of their own afterwards.",
            "Nobody acted on the treatment before it began.",
            "For the p-value: the treated unit is as if drawn at random from all units.",
        ),
        diagnostics=(
            *_diagnostics(values, place, donors, before, gap=gap, weights=weights),
            _ratio(gap, placebos, before),
            _level(level, attained, len(statistics)),
        ),
        plot=(
            Series("observed", _line(time, values[:, place])),
            Series("synthetic", _line(time, values[:, place] - gap)),
            Series("gap", gaps),
        ),
        treated=treated,
        start=start,
        total=estimate * periods,
        weights=named,
        pre_rmspe=pre,
        gaps=gaps,
    )


def _grid(outcome: Floats, unit: Labels, time: Labels) -> Floats:
    """Return outcomes by period and unit (t, k); every cell has to be there, once."""
    units, periods = len(unit.names), len(time.names)
    if units - 1 > MAX_DONORS or periods > MAX_PERIODS:
        detail = f"There may be {MAX_DONORS} donors and {MAX_PERIODS} periods at most."
        raise InvalidData("/unit", "too_many_units", detail)
    counts = np.bincount(time.codes * units + unit.codes, minlength=periods * units)
    if (counts != 1).any():
        cell = int((counts != 1).argmax())
        what = "no row" if counts[cell] == 0 else f"{counts[cell]} rows"
        detail = f"{unit.names[cell % units]!r} has {what} in {time.names[cell // units]}; every unit needs one each."
        raise InvalidData("/unit", "unbalanced", detail)
    grid = np.empty((periods, units))
    grid[time.codes, unit.codes] = outcome
    return grid


def _check(values: Floats, before: int, unit: Labels, place: int) -> None:
    if before < LEAST_BEFORE:
        detail = f"There are {before} periods before the start; a fit needs {LEAST_BEFORE} at least."
        raise InvalidData("/start", "too_few_periods", detail)
    if len(unit.names) - 1 < LEAST_DONORS:
        detail = f"There are {len(unit.names) - 1} donors; placebos need {LEAST_DONORS} at least."
        raise InvalidData("/unit", "too_few_units", detail)
    check_varies(values[:before, place], pointer="/treated", name="The treated unit before the start")


def _placebos(values: Floats, donors: list[int], before: int) -> Floats:
    """Return the gap of every donor (k, t), each from the other donors."""
    gaps = np.empty((len(donors), len(values)))
    for row, donor in enumerate(donors):
        others = [code for code in donors if code != donor]
        gaps[row] = values[:, donor] - values[:, others] @ simplex_weights(
            values[:before, donor], values[:before, others]
        )
    return gaps


def _rank(level: float, placebos: int) -> tuple[int, float]:
    """Return which of the largest placebo statistics bounds the interval, and the level that this attains."""
    if placebos < LEAST_DONORS:
        raise InvalidData("/unit", "too_few_units", "Too few donors leave a gap of their own that a placebo can use.")
    rank = math.floor((1 - level) * (placebos + 1) + 1e-9)
    return (rank, level) if rank >= 1 else (1, placebos / (placebos + 1))


def _rmspe(gap: Floats) -> float:
    """Return the root mean squared prediction error."""
    return float(np.sqrt(np.square(gap).mean()))


def _diagnostics(
    values: Floats, place: int, donors: list[int], before: int, *, gap: Floats, weights: Floats
) -> tuple[Diagnostic, ...]:
    own = values[:before, place]
    fit = 1 - float(np.square(gap[:before]).sum() / np.square(own - own.mean()).sum())
    good = fit >= _GOOD_FIT
    seen = min(before - 1, max(2, round(before * (1 - _HOLDOUT_SHARE))))
    early = simplex_weights(values[:seen, place], values[:seen, donors])
    pretended = float((values[seen:before, place] - values[seen:before, donors] @ early).mean())
    estimate = float(gap[before:].mean())
    holds = abs(pretended) <= abs(estimate) * _HOLDOUT_MOST
    used = int((weights > _LEAST_WEIGHT).sum())
    largest = float(weights.max())
    return (
        Diagnostic(
            "pre_period_r2",
            fit,
            good,
            f"The synthetic unit explains {percent(max(fit, 0.0))} of the variance before the start"
            + ("." if good else ": too little for what follows to be trusted."),
        ),
        Diagnostic(
            "earlier_start_effect",
            pretended,
            holds,
            f"Had it begun {before - seen} periods earlier, when nothing happened yet, the same method would find "
            f"{number(pretended)} there, against {number(estimate)}"
            + ("." if holds else ": it does not predict well."),
        ),
        Diagnostic(
            "largest_weight",
            largest,
            None,
            f"{used} donors carry the synthetic unit, the largest with {percent(largest)}.",
        ),
    )


def _ratio(gap: Floats, placebos: Floats, before: int) -> Diagnostic:
    """The test of Abadie, Diamond and Hainmueller (2010): the error after over the error before."""
    own = _rmspe(gap[before:]) / _rmspe(gap[:before])
    others = np.array([_rmspe(row[before:]) / _rmspe(row[:before]) for row in placebos])
    p_value = float((1 + (others >= own).sum()) / (len(others) + 1))
    rank = 1 + int((others >= own).sum())
    text = f"Its ratio of errors after and before is number {rank} of {len(others) + 1} units (p = {p_value:.2g})."
    return Diagnostic("rmspe_ratio_p_value", p_value, None, text)


def _level(level: float, attained: float, placebos: int) -> Diagnostic:
    passed = attained >= level
    text = f"{placebos} placebos " + (
        f"are enough for the level {percent(level)}."
        if passed
        else f"allow no level above {percent(attained)}, which the interval has."
    )
    return Diagnostic("attained_level", attained, passed, text)


def _named(weights: Floats, names: list[str]) -> tuple[Weight, ...]:
    pairs = sorted(zip(weights, names, strict=True), key=lambda pair: (-pair[0], pair[1]))
    return tuple(Weight(name, float(weight)) for weight, name in pairs if weight > _LEAST_WEIGHT)


def _line(time: Labels, values: Floats) -> tuple[Point, ...]:
    return tuple(Point(name, float(value)) for name, value in zip(time.names, values, strict=True))
