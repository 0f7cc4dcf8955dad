"""The score test for the difference of two shares, and the interval that inverts it.

Miettinen and Nurminen, "Comparative analysis of two rates", Statistics in Medicine 4 (1985). It holds with few
successes and at 0 or 100%, where the usual normal interval fails.
"""

import math
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

# Differences of exactly -1 and 1 leave no variance; the search ends this close to them.
_EDGE = 1e-12


@dataclass(frozen=True)
class Counts:
    """Successes and units of the treatment and of the control."""

    treatment: int
    treatment_size: int
    control: int
    control_size: int

    @property
    def difference(self) -> float:
        return self.treatment / self.treatment_size - self.control / self.control_size


def score(counts: Counts, difference: float) -> float:
    """Return the standard normal score of a supposed difference in (-1, 1), positive where the observed is larger."""
    control = _restricted(counts, difference)
    treated = min(max(control + difference, 0.0), 1.0)
    whole = counts.treatment_size + counts.control_size
    variance = treated * (1 - treated) / counts.treatment_size + control * (1 - control) / counts.control_size
    gap = counts.difference - difference
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance * whole / (whole - 1))


def score_p_value(counts: Counts) -> float:
    return 2 * float(ndtr(-abs(score(counts, 0.0))))


def score_interval(counts: Counts, level: float) -> tuple[float, float]:
    """Return the differences whose score is within the normal quantile of the level."""
    critical = float(ndtri((1 + level) / 2))
    middle = counts.difference
    low, high = -1.0, 1.0
    if middle > -1 + _EDGE and score(counts, -1 + _EDGE) > critical:
        low = brentq(lambda value: min(score(counts, value), 1e9) - critical, -1 + _EDGE, middle)
    if middle < 1 - _EDGE and score(counts, 1 - _EDGE) < -critical:
        high = brentq(lambda value: max(score(counts, value), -1e9) + critical, middle, 1 - _EDGE)
    return float(low), float(high)


def _restricted(counts: Counts, difference: float) -> float:
    """Return the likeliest share of the control when the treatment's is larger by `difference`: a root of a cubic."""
    whole = counts.treatment_size + counts.control_size
    successes = counts.treatment + counts.control
    third = (counts.treatment_size + 2 * counts.control_size) * difference - whole - successes
    second = (counts.control_size * difference - whole - 2 * counts.control) * difference + successes
    first = counts.control * difference * (1 - difference)
    shift = third / (3 * whole)
    q = shift**3 - third * second / (6 * whole**2) + first / (2 * whole)
    p = math.copysign(math.sqrt(max(shift**2 - second / (3 * whole), 0.0)), q)
    if p == 0:
        return min(max(-shift, 0.0), 1.0)
    angle = (math.pi + math.acos(min(max(q / p**3, -1.0), 1.0))) / 3
    share = 2 * p * math.cos(angle) - shift
    return min(max(share, 0.0, -difference), 1.0, 1 - difference)
