"""Confidence sequences: intervals that stay valid however often one looks, and whenever one stops.

The formula is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform
central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024), theorem 2.2, which for a
normal mixture is the mixture sequential probability ratio test of Johari, Koomen, Pekelis and Walsh, "Always valid
inference", Operations Research 70 (2022). Asymptotic: the first look belongs after some dozens of rows per variant.
"""

import math

from modules.causal.engine.types import Interval


def mixture(level: float, planned_size: int) -> float:
    """Return rho squared that makes the interval tightest when `planned_size` rows are in.

    It is the closed approximation in the paper's appendix on optimising the boundary; it must not depend on the data.
    """
    twice = -2 * math.log(1 - level)
    return (twice + math.log(twice) + 1) / planned_size


def radius(variance: float, size: int, *, level: float, rho2: float) -> float:
    """Return the half width at `size` rows for an estimate of the given variance (the estimate's, not a row's).

    With sigma^2 = variance * size it is sigma * sqrt(2 (t rho^2 + 1) / (t^2 rho^2) * log(sqrt(t rho^2 + 1) / alpha)).
    """
    scaled = size * rho2
    return math.sqrt(2 * variance * (scaled + 1) / scaled * math.log(math.sqrt(scaled + 1) / (1 - level)))


def interval(estimate: float, variance: float, size: int, *, level: float, rho2: float) -> Interval:
    half = radius(variance, size, level=level, rho2=rho2)
    return Interval(estimate - half, estimate + half, level)


def p_value(estimate: float, variance: float, size: int, *, rho2: float) -> float:
    """Return the always-valid p-value, the reciprocal of the mixture likelihood ratio, at most 1."""
    scaled = size * rho2
    exponent = estimate**2 / (2 * variance) * scaled / (scaled + 1)
    return min(1.0, math.sqrt(scaled + 1) * math.exp(-min(exponent, 700.0)))
