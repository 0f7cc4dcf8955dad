"""Randomised experiments: which variant moves the metric, and by how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from modules.causal.engine import sequential
from modules.causal.engine.arms import LEAST_ROWS, Arm, arm_of, contrast, lift
from modules.causal.engine.checks import check_level, check_varies
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.holm import holm
from modules.causal.engine.table import Labels
from modules.causal.engine.text import number, percent, points, probability, span
from modules.causal.engine.types import Diagnostic, Floats, Interval, Point, Result, Series

MAX_VARIANTS = 12
# A mismatch is a fault of the experiment, so it is only called when chance is out of the question
# (Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019).
MISMATCH_P = 0.001
# Looks of a running experiment that the chart shows.
_LOOKS = 40
_FIRST_LOOK = 30
# Intended shares are parts of 1, of 100 or numbers of units, within these bounds.
_MOST_SHARE = 1e6


@dataclass(frozen=True)
class Comparison:
    """A variant against the control; p-values are Holm's over all variants, intervals hold for all of them together.

    `sequential_*` stay valid when one looks again and again and stops at will; the others hold for one look.
    """

    variant: str
    size: int
    mean: float
    estimate: float
    interval: Interval
    p_value: float
    sequential_interval: Interval
    sequential_p_value: float
    lift: float | None
    lift_interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class AbTest(Result):
    """The top-level estimate is that of the variant with the smallest p-value."""

    control: str
    control_mean: float
    control_size: int
    comparisons: tuple[Comparison, ...]
    variance_reduction: float | None


@dataclass(frozen=True)
class Plan:
    """What was decided before the data came: it must not be chosen by looking at them.

    `shares` are the intended parts of traffic by variant, equal when empty. `planned_size` is the total number of
    units at which the confidence sequence is tightest; it is valid at any other number, too.
    """

    control: str
    level: float = 0.95
    planned_size: int = 10_000
    shares: Mapping[str, float] | None = None


def ab_test(
    outcome: Floats, variant: Labels, plan: Plan, *, metric: str, covariate: Floats | None = None, ordered: bool = False
) -> AbTest:
    """Analyse one row per randomised unit, outcome and covariate (n,).

    The covariate is the metric before the experiment: CUPED (Deng, Xu, Kohavi and Walker, "Improving the sensitivity
    of online controlled experiments by utilizing pre-experiment data", WSDM 2013) takes out what it explains.
    `ordered` says that rows stand in order of arrival, which adds the confidence sequence over time to the chart.
    """
    check_varies(outcome, pointer="/metric", name=metric)
    raw = [arm_of(name, outcome[variant.codes == code], pointer="/variant") for code, name in enumerate(variant.names)]
    if covariate is None:
        arms, found, reduction = raw, [], None
    else:
        outcome, reduction = _cuped(outcome, covariate, variant)
        arms = [_adjusted(arm, outcome[variant.codes == code]) for code, arm in enumerate(raw)]
        found = _covariate_diagnostics(covariate, variant, reduction)
    result = compare(arms, plan, metric=metric)
    note = ("The covariate was measured before the experiment began.",) if covariate is not None else ()
    chart = (_over_time(outcome, variant, result, plan),) if ordered else ()
    return replace(
        result,
        variance_reduction=reduction,
        assumptions=result.assumptions + note,
        diagnostics=result.diagnostics + tuple(found),
        plot=result.plot + chart,
    )


def compare(arms: Sequence[Arm], plan: Plan, *, metric: str) -> AbTest:
    """Compare every variant with the control; enough for experiments of which only the totals are known."""
    _check(arms, plan)
    control = next(arm for arm in arms if arm.name == plan.control)
    treatments = [arm for arm in arms if arm.name != plan.control]
    comparisons = _comparisons(treatments, control, plan)
    best = min(comparisons, key=lambda comparison: comparison.p_value)
    shares = all(arm.binary for arm in arms)
    means = Series("mean by variant", tuple(_mean_point(arm, plan.level) for arm in arms))
    effects = Series("effect by variant", tuple(_effect_point(comparison) for comparison in comparisons))
    return AbTest(
        method="ab_test",
        metric=metric,
        unit="share" if shares else metric,
        estimate=best.estimate,
        interval=best.interval,
        p_value=best.p_value,
        summary=_summary(best, len(comparisons), metric, control),
        assumptions=_assumptions(len(comparisons)),
        diagnostics=(_ratio_mismatch(arms, plan), _sizes(arms)),
        plot=(means, effects),
        control=control.name,
        control_mean=control.mean,
        control_size=control.size,
        comparisons=tuple(comparisons),
        variance_reduction=None,
    )


def _check(arms: Sequence[Arm], plan: Plan) -> None:
    check_level(plan.level)
    if plan.planned_size < LEAST_ROWS:
        raise InvalidData("/planned_size", "out_of_range", f"The planned size is {LEAST_ROWS} units at least.")
    names = [arm.name for arm in arms]
    if plan.control not in names:
        raise InvalidData("/control", "unknown_value", f"There is no variant {plan.control!r}; there are {names[:12]}.")
    if not 1 < len(arms) <= MAX_VARIANTS or len(set(names)) < len(names):
        raise InvalidData("/variant", "variants", f"An experiment has 2 to {MAX_VARIANTS} distinct variants.")
    if plan.shares is not None and (
        plan.shares.keys() != set(names)
        or not all(1 / _MOST_SHARE <= share <= _MOST_SHARE for share in plan.shares.values())
    ):
        raise InvalidData("/shares", "shares", "The intended shares name every variant, each with a positive share.")


def _comparisons(treatments: Sequence[Arm], control: Arm, plan: Plan) -> list[Comparison]:
    # Bonferroni makes the intervals hold together; Holm's p-values are never larger than that asks for.
    level = 1 - (1 - plan.level) / len(treatments)
    rho2 = sequential.mixture(level, plan.planned_size)
    contrasts = [contrast(arm, control, level=level) for arm in treatments]
    sizes = [arm.size + control.size for arm in treatments]
    running = [
        sequential.p_value(found.difference, found.variance, size, rho2=rho2)
        for found, size in zip(contrasts, sizes, strict=True)
    ]
    fixed = holm([found.p_value for found in contrasts])
    always = holm(running)
    comparisons = []
    for place, (arm, found) in enumerate(zip(treatments, contrasts, strict=True)):
        relative, relative_interval = lift(arm, control, level=level)
        comparisons.append(
            Comparison(
                variant=arm.name,
                size=arm.size,
                mean=arm.mean,
                estimate=found.difference,
                interval=found.interval,
                p_value=fixed[place],
                sequential_interval=sequential.interval(
                    found.difference, found.variance, sizes[place], level=level, rho2=rho2
                ),
                sequential_p_value=always[place],
                lift=relative,
                lift_interval=relative_interval,
            )
        )
    return comparisons


def _cuped(outcome: Floats, covariate: Floats, variant: Labels) -> tuple[Floats, float]:
    """Return the adjusted outcome and the share of variance that it lost; theta is pooled within variants."""
    check_varies(covariate, pointer="/covariate", name="The covariate")
    within_y, within_x = _within(outcome, variant), _within(covariate, variant)
    spread = float(within_x @ within_x)
    theta = float(within_x @ within_y) / spread if spread else 0.0
    rest = within_y - theta * within_x
    total = float(within_y @ within_y)
    reduction = 1 - float(rest @ rest) / total if total else 0.0
    return outcome - theta * (covariate - covariate.mean()), reduction


def _within(values: Floats, variant: Labels) -> Floats:
    means = np.bincount(variant.codes, values) / np.bincount(variant.codes)
    centred: Floats = values - means[variant.codes]
    return centred


def _adjusted(arm: Arm, values: Floats) -> Arm:
    return replace(arm, mean=float(values.mean()), variance=float(values.var(ddof=1)), binary=False)


def _covariate_diagnostics(covariate: Floats, variant: Labels, reduction: float) -> list[Diagnostic]:
    groups = [covariate[variant.codes == code] for code in range(len(variant.names))]
    varied = all(group.var() > 0 for group in groups)
    p_value = float(stats.f_oneway(*groups).pvalue) if varied else 1.0
    passed = p_value >= MISMATCH_P
    text = (
        "The variants were alike before the experiment."
        if passed
        else "The variants differed before the experiment began, as random assignment does not explain."
    )
    return [
        Diagnostic("covariate_balance_p_value", p_value, passed, text),
        Diagnostic(
            "variance_reduction", reduction, None, f"The covariate explains {percent(reduction)} of the variance."
        ),
    ]


def _ratio_mismatch(arms: Sequence[Arm], plan: Plan) -> Diagnostic:
    sizes = np.array([arm.size for arm in arms], dtype=np.float64)
    wanted = np.array([plan.shares[arm.name] if plan.shares else 1.0 for arm in arms])
    p_value = float(stats.chisquare(sizes, wanted / wanted.sum() * sizes.sum()).pvalue)
    passed = p_value >= MISMATCH_P
    text = (
        "The sizes of the variants fit the intended shares."
        if passed
        else "Sample ratio mismatch: units are missing from a variant by more than chance, so the result is not to be "
        "trusted until the cause is known."
    )
    return Diagnostic("sample_ratio_p_value", p_value, passed, text)


def _sizes(arms: Sequence[Arm]) -> Diagnostic:
    """The normal approximation of a share wants some successes and failures in every variant."""
    if all(arm.binary for arm in arms):
        least = min(min(arm.successes, arm.size - arm.successes) for arm in arms)
        passed = least >= LEAST_ROWS
        text = f"The rarer outcome occurs {least} times in the variant where it is rarest; 10 are wanted."
    else:
        least = min(arm.size for arm in arms)
        passed = least >= _FIRST_LOOK
        text = f"The smallest variant has {least} units; {_FIRST_LOOK} are wanted for the normal approximation."
    return Diagnostic("smallest_count", float(least), passed, text)


def _assumptions(comparisons: int) -> tuple[str, ...]:
    several = (
        f"P-values are corrected for {comparisons} variants (Holm); intervals hold for all of them together "
        "(Bonferroni)."
    )
    return (
        "Units were assigned to variants at random, and every assigned unit is counted.",
        "A unit's outcome depends on its own variant only (no spill-over), and rows are independent units.",
        (
            "Interval and p-value are for one look at a sample size fixed in advance; who looks repeatedly uses the "
            "sequential ones, whose planned size was set before the data came."
        ),
        *((several,) if comparisons > 1 else ()),
    )


def _mean_point(arm: Arm, level: float) -> Point:
    half = float(stats.norm.ppf((1 + level) / 2)) * (arm.variance / arm.size) ** 0.5
    return Point(arm.name, arm.mean, arm.mean - half, arm.mean + half)


def _effect_point(comparison: Comparison) -> Point:
    return Point(comparison.variant, comparison.estimate, comparison.interval.low, comparison.interval.high)


def _over_time(outcome: Floats, variant: Labels, result: AbTest, plan: Plan) -> Series:
    """The confidence sequence of the leading variant, as somebody would have seen it while rows arrived."""
    best = min(result.comparisons, key=lambda comparison: comparison.p_value)
    chosen = [variant.names.index(name) for name in (best.variant, plan.control)]
    rows = np.isin(variant.codes, chosen)
    values, treated = outcome[rows], variant.codes[rows] == chosen[0]
    level, rho2 = best.interval.level, sequential.mixture(best.interval.level, plan.planned_size)
    points = []
    for size in np.unique(np.linspace(2 * _FIRST_LOOK, len(values), _LOOKS).astype(int)):
        seen, side = values[:size], treated[:size]
        if not LEAST_ROWS <= side.sum() <= size - LEAST_ROWS:
            continue
        difference = float(seen[side].mean() - seen[~side].mean())
        variance = float(seen[side].var(ddof=1) / side.sum() + seen[~side].var(ddof=1) / (size - side.sum()))
        half = sequential.radius(variance, int(size), level=level, rho2=rho2)
        points.append(Point(float(size), difference, difference - half, difference + half))
    return Series("confidence sequence", tuple(points))


def _summary(best: Comparison, count: int, metric: str, control: Arm) -> str:
    write = points if control.binary else number
    of = f" (the clearest of {count} variants)" if count > 1 else ""
    relative = "" if best.lift is None else f", {'+' if best.lift >= 0 else ''}{percent(best.lift)} relative"
    verdict = "changed" if best.p_value <= 1 - best.interval.level else "did not demonstrably change"
    return (
        f"A/B test: {best.variant!r}{of} {verdict} {metric} against {control.name!r} by {write(best.estimate)}"
        f"{relative} ({span(best.interval, write)}, {probability(best.p_value)})."
    )
