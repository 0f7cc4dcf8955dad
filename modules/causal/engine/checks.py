"""Settings that several methods share, checked in one place."""

import math

import numpy as np

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.types import Floats

LEAST_LEVEL = 0.5
GREATEST_LEVEL = 0.999
# Sums of squares relative to the values' own size below which nothing but rounding is left.
ROUNDING = 1e-20


def check_level(level: float) -> None:
    if not LEAST_LEVEL <= level <= GREATEST_LEVEL:
        detail = f"The level of confidence is between {LEAST_LEVEL} and {GREATEST_LEVEL}."
        raise InvalidData("/level", "out_of_range", detail)


def check_varies(values: Floats, *, pointer: str, name: str) -> None:
    """Refuse values that do not differ, beyond rounding."""
    if np.square(values - values.mean()).sum() <= ROUNDING * np.square(values).sum():
        raise InvalidData(pointer, "no_variation", f"{name} is the same everywhere, so nothing can be learnt from it.")


def finite(value: float, *, pointer: str, name: str) -> float:
    if not math.isfinite(value):
        raise InvalidData(pointer, "no_estimate", f"{name} cannot be computed from these data.")
    return float(value)
