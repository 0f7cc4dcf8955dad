"""Numbers as people read them in sentences."""

from collections.abc import Callable

from modules.causal.engine.types import Interval

_SMALLEST_P = 0.0001


def number(value: float) -> str:
    """Four significant digits, no exponent for what fits a sentence: 12,340, 0.0412."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1000:  # noqa: PLR2004 - from here on whole numbers have four digits
        return f"{value:,.0f}"
    return f"{value:.4g}"


def percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def points(share: float) -> str:
    """Return a difference of shares in percentage points."""
    return f"{100 * share:.3g} points"


def span(interval: Interval, write: Callable[[float], str] = number) -> str:
    return f"{percent(interval.level)} interval {write(interval.low)} to {write(interval.high)}"


def probability(p_value: float) -> str:
    return f"p < {_SMALLEST_P}" if p_value < _SMALLEST_P else f"p = {p_value:.2g}"
