"""Variants of an experiment reduced to what tests need, and the comparison of two of them."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.shares import Counts, score_interval, score_p_value
from modules.causal.engine.types import Floats, Interval

LEAST_ROWS = 10


@dataclass(frozen=True)
class Arm:
    """A variant: its number of units, the mean of the metric and the unbiased variance between units."""

    name: str
    size: int
    mean: float
    variance: float
    binary: bool

    @property
    def successes(self) -> int:
        return round(self.mean * self.size)


@dataclass(frozen=True)
class Contrast:
    """Treatment minus control with its fixed-sample test; `variance` is that of the difference."""

    difference: float
    variance: float
    interval: Interval
    p_value: float


def arm_of(name: str, values: Floats, *, pointer: str) -> Arm:
    if len(values) < LEAST_ROWS:
        detail = f"Variant {name!r} has {len(values)} units; a test needs {LEAST_ROWS} at least."
        raise InvalidData(pointer, "too_few_rows", detail)
    binary = bool(np.isin(values, (0.0, 1.0)).all())
    return Arm(name, len(values), float(values.mean()), float(values.var(ddof=1)), binary)


def arm_of_counts(name: str, successes: int, trials: int, *, pointer: str) -> Arm:
    if trials < LEAST_ROWS:
        detail = f"Variant {name!r} has {trials} units; a test needs {LEAST_ROWS} at least."
        raise InvalidData(pointer, "too_few_rows", detail)
    if not 0 <= successes <= trials:
        raise InvalidData(pointer, "out_of_range", f"Variant {name!r} has {successes} successes of {trials} units.")
    share = successes / trials
    return Arm(name, trials, share, share * (1 - share) * trials / (trials - 1), binary=True)


def contrast(treatment: Arm, control: Arm, *, level: float) -> Contrast:
    """Compare shares with the score test of Miettinen and Nurminen (1985), other means with Welch's test (1947).

    Both intervals are the inversion of their test, so interval and p-value never contradict each other.
    """
    if treatment.binary and control.binary:
        return _shares(treatment, control, level)
    return _means(treatment, control, level)


def _means(treatment: Arm, control: Arm, level: float) -> Contrast:
    variance = treatment.variance / treatment.size + control.variance / control.size
    if variance <= 0:
        raise _no_variation(treatment, control)
    difference = treatment.mean - control.mean
    error = math.sqrt(variance)
    freedom = variance**2 / sum((arm.variance / arm.size) ** 2 / (arm.size - 1) for arm in (treatment, control))
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    p_value = 2 * float(stats.t.sf(abs(difference) / error, freedom))
    return Contrast(difference, variance, Interval(difference - half, difference + half, level), p_value)


def _shares(treatment: Arm, control: Arm, level: float) -> Contrast:
    counts = Counts(treatment.successes, treatment.size, control.successes, control.size)
    if counts.treatment + counts.control in {0, treatment.size + control.size}:
        raise _no_variation(treatment, control)
    low, high = score_interval(counts, level)
    variance = _agresti_caffo(treatment) + _agresti_caffo(control)
    return Contrast(counts.difference, variance, Interval(low, high, level), score_p_value(counts))


def _agresti_caffo(arm: Arm) -> float:
    """Return the variance of a share with one more success and failure (2000): not 0 where all or none succeed."""
    share = (arm.successes + 1) / (arm.size + 2)
    return share * (1 - share) / (arm.size + 2)


def _no_variation(treatment: Arm, control: Arm) -> InvalidData:
    detail = f"The metric does not vary within {control.name!r} and {treatment.name!r}."
    return InvalidData("/metric", "no_variation", detail)


def lift(treatment: Arm, control: Arm, *, level: float) -> tuple[float | None, Interval | None]:
    """Return treatment / control - 1 with its interval by the delta method on the logarithm of the ratio.

    None where a mean is not clearly positive, because a ratio says nothing there.
    """
    if min(treatment.mean, control.mean) <= 0:
        return None, None
    error = math.sqrt(sum(arm.variance / arm.size / arm.mean**2 for arm in (treatment, control)))
    if error > 1:
        return None, None
    logarithm = math.log(treatment.mean / control.mean)
    half = float(stats.norm.ppf((1 + level) / 2)) * error
    low, high = (math.expm1(logarithm + sign * half) for sign in (-1, 1))
    return math.expm1(logarithm), Interval(low, high, level)
