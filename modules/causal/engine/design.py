"""Plans an experiment: how many units it takes to see an effect worth seeing."""

import math
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.text import number, percent
from modules.causal.engine.types import Point, Series

MAX_UNITS = 1_000_000_000
MAX_VARIANTS = 12
_CURVE = 25


@dataclass(frozen=True)
class Question:
    """What is to be found out: `effect` is absolute, in the metric's unit; `baseline` the control's mean or share.

    `deviation` is the standard deviation between units (means only). `correlation` is that of the metric with its
    covariate for CUPED, which leaves 1 - correlation^2 of the variance. `control_share` is the control's part of the
    traffic, the variants share the rest equally; None splits all equally.
    """

    kind: Literal["share", "mean"]
    baseline: float
    effect: float
    deviation: float | None = None
    level: float = 0.95
    power: float = 0.8
    variants: int = 1
    correlation: float = 0.0
    control_share: float | None = None
    units_per_day: float | None = None


@dataclass(frozen=True)
class Design:
    """Units by arm and in total, days where traffic is known, and power over total size for a chart."""

    control_units: int
    variant_units: int
    total_units: int
    days: int | None
    summary: str
    assumptions: tuple[str, ...]
    plot: tuple[Series, ...]


def design(question: Question) -> Design:
    """Return the smallest sizes with the wanted power, two-sided, Bonferroni's level over several variants.

    n = (z_{1-alpha/2} s_0 + z_power s_1)^2 / effect^2 with s_0 and s_1 the deviations of the difference for one unit of
    control without and with the effect (Fleiss, Levin and Paik, "Statistical methods for rates and proportions", 4.3;
    for means s_0 = s_1).
    """
    _check(question)
    ratio = _ratio(question)
    null, alternative = _deviations(question, ratio)
    critical = float(stats.norm.ppf(1 - (1 - question.level) / question.variants / 2))
    wanted = float(stats.norm.ppf(question.power))
    control = ((critical * null + wanted * alternative) / question.effect) ** 2
    if not control * (1 + question.variants * ratio) <= MAX_UNITS:
        raise InvalidData("/effect", "out_of_range", f"It would take more than {MAX_UNITS:,} units.")
    control_units = max(2, math.ceil(control))
    variant_units = max(2, math.ceil(control * ratio))
    total = control_units + question.variants * variant_units
    days = math.ceil(total / question.units_per_day) if question.units_per_day else None

    def power(size: float) -> float:
        root = math.sqrt(size / (1 + question.variants * ratio))
        return float(stats.norm.cdf((root * abs(question.effect) - critical * null) / alternative))

    sizes = [total * step / _CURVE * 2 for step in range(1, _CURVE + 1)]
    return Design(
        control_units=control_units,
        variant_units=variant_units,
        total_units=total,
        days=days,
        summary=_summary(question, total, days),
        assumptions=(
            (
                "One look at the planned size, two-sided; who looks earlier uses the confidence sequence, which "
                "needs more units for the same power."
            ),
            "Units are independent and each is counted once.",
            "Baseline and deviation during the experiment are those given here.",
        ),
        plot=(Series("power by total units", tuple(Point(float(round(size)), power(size)) for size in sizes)),),
    )


def _ratio(question: Question) -> float:
    """Return the units of a variant for one unit of the control."""
    if question.control_share is None:
        return 1.0
    return (1 - question.control_share) / question.control_share / question.variants


def _deviations(question: Question, ratio: float) -> tuple[float, float]:
    left = math.sqrt(1 - question.correlation**2)
    if question.kind == "mean":
        deviation = left * (question.deviation or 0.0) * math.sqrt(1 + 1 / ratio)
        return deviation, deviation
    control, treated = question.baseline, question.baseline + question.effect
    pooled = (control + ratio * treated) / (1 + ratio)
    null = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    return left * null, left * math.sqrt(control * (1 - control) + treated * (1 - treated) / ratio)


def _check(question: Question) -> None:
    bounds = {
        "level": (question.level, 0.5, 0.999),
        "power": (question.power, 0.5, 0.999),
        "variants": (question.variants, 1, MAX_VARIANTS - 1),
        "correlation": (question.correlation, -0.99, 0.99),
        "control_share": (0.5 if question.control_share is None else question.control_share, 0.01, 0.99),
    }
    for name, (value, low, high) in bounds.items():
        if not low <= value <= high:
            raise InvalidData(f"/{name}", "out_of_range", f"It is between {low} and {high}.")
    if not question.effect or not math.isfinite(question.effect):
        raise InvalidData("/effect", "out_of_range", "The effect to be seen is a number other than 0.")
    if question.units_per_day is not None and not question.units_per_day >= 1:
        raise InvalidData("/units_per_day", "out_of_range", "There is at least one unit a day.")
    if question.kind == "mean":
        if question.deviation is None or not 0 < question.deviation < math.inf:
            raise InvalidData("/deviation", "required", "A mean needs the standard deviation between units.")
    elif not (0 < question.baseline < 1 and 0 < question.baseline + question.effect < 1):
        raise InvalidData("/baseline", "out_of_range", "A share lies between 0 and 1, with the effect and without.")


def _summary(question: Question, total: int, days: int | None) -> str:
    effect = f"{100 * question.effect:+.3g} points" if question.kind == "share" else number(question.effect)
    base = percent(question.baseline) if question.kind == "share" else number(question.baseline)
    time = f", about {days:,} days" if days else ""
    return (
        f"Seeing a change of {effect} from {base} with {percent(question.power)} power at the "
        f"{percent(question.level)} level takes {total:,} units in all{time}."
    )
