"""Numbers as people read them in sentences."""

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


def span(interval: Interval) -> str:
    return f"{percent(interval.level)} interval {number(interval.low)} to {number(interval.high)}"


def probability(p_value: float) -> str:
    return f"p < {_SMALLEST_P}" if p_value < _SMALLEST_P else f"p = {p_value:.2g}"
