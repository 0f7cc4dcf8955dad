"""What every method answers with: plain values that serialise as they stand, all numbers finite."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Interval:
    """A confidence interval; `level` is the share of repetitions that cover the truth, e.g. 0.95."""

    low: float
    high: float
    level: float


@dataclass(frozen=True)
class Diagnostic:
    """A named check of the data or the fit; `passed` is None where the value informs but decides nothing."""

    name: str
    value: float | None
    passed: bool | None
    text: str


@dataclass(frozen=True)
class Point:
    """A point of a chart; `low` and `high` are the ends of its interval where it has one."""

    x: float | str
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    """The answer of a method, in units of the metric unless `unit` says otherwise.

    `p_value` is two-sided and belongs to the hypothesis of no effect; None where the method has no such test.
    """

    method: str
    metric: str
    unit: str
    estimate: float
    interval: Interval
    p_value: float | None
    summary: str
    assumptions: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    plot: tuple[Series, ...]
