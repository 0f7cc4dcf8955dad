"""Spreads a budget over channels so that their response curves together bring the most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from modules.causal.engine.checks import check_level
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.response import Curve
from modules.causal.engine.table import MAX_NUMBER
from modules.causal.engine.text import number, probability, span
from modules.causal.engine.types import Diagnostic, Floats, Interval, Point, Result, Series

MAX_CHANNELS = 10
# Steps of the budget on the grid.
_STEPS = 200
# The share of the budget below which a channel's slope is taken at that share: Hill's may be infinite at 0.
_TINY = 1e-9
_ASTRAY = 1e-6
# Coefficient, half saturation and shape of a curve from outside; beyond, powers are no finite numbers.
_LEAST = (0.0, 1e-9, 0.1)
_GREATEST = (MAX_NUMBER, MAX_NUMBER, 10.0)


@dataclass(frozen=True)
class Allocation:
    channel: str
    current: float
    optimal: float
    current_response: float
    optimal_response: float
    marginal_response: float


@dataclass(frozen=True, kw_only=True)
class Budget(Result):
    """The estimate is the gain in response per period over today's spend."""

    budget: float
    allocations: tuple[Allocation, ...]


def optimise_budget(
    curves: Sequence[Curve],
    budget: float,
    bounds: Mapping[str, tuple[float, float]],
    *,
    metric: str,
    level: float = 0.95,
) -> Budget:
    """Maximise the sum of steady-state responses with spends that sum to `budget`, within (low, high) per channel.

    Hill curves with a shape above 1 have more than one best spread: dynamic programming on a grid finds the right one,
    SLSQP from there what lies between the steps. Channels
    without bounds may get anything from 0 to the budget. The interval reads the gain of this one spread off every
    bootstrap draw of the curves; it does not include that the spread was chosen with the same data.
    """
    check_level(level)
    low, high = _limits(curves, budget, bounds)
    optimal = _best(curves, budget, low, high)
    current = np.array([curve.mean_spend for curve in curves])
    gains = np.sum(
        [
            curve.drawn(float(after)) - curve.drawn(float(before))
            for curve, after, before in zip(curves, optimal, current, strict=True)
        ],
        axis=0,
    )
    allocations = tuple(
        _allocation(curve, float(before), float(after))
        for curve, before, after in zip(curves, current, optimal, strict=True)
    )
    estimate = sum(each.optimal_response - each.current_response for each in allocations)
    lower, upper = np.quantile(gains, [(1 - level) / 2, (1 + level) / 2])
    interval = Interval(float(lower), float(upper), level)
    less = min(int((gains <= 0).sum()), int((gains >= 0).sum()))
    p_value = min(1.0, 2 * (1 + less) / (1 + len(gains)))
    moves = ", ".join(f"{each.channel} {number(each.current)} to {number(each.optimal)}" for each in allocations)
    return Budget(
        method="budget",
        metric=metric,
        unit=f"{metric} per period",
        estimate=estimate,
        interval=interval,
        p_value=p_value,
        summary=(
            f"Budget of {number(budget)} per period: the best spread changes {metric} by {number(estimate)} per period "
            f"({span(interval)}, {probability(p_value)}): {moves}."
        ),
        assumptions=(
            "The response curves hold for the future, and the same is spent in every period.",
            "The curves are causal: those of a marketing mix are so only under its assumptions.",
            "The interval leaves out that the spread was chosen with the same curves: expect rather less.",
        ),
        diagnostics=(_extrapolation(curves, optimal),),
        plot=(
            Series("current spend", tuple(Point(each.channel, each.current) for each in allocations)),
            Series("optimal spend", tuple(Point(each.channel, each.optimal) for each in allocations)),
        ),
        budget=budget,
        allocations=allocations,
    )


def _limits(curves: Sequence[Curve], budget: float, bounds: Mapping[str, tuple[float, float]]) -> tuple[Floats, Floats]:
    names = [curve.channel for curve in curves]
    if not 1 <= len(curves) <= MAX_CHANNELS or len(set(names)) < len(names):
        raise InvalidData("/curves", "channels", f"There are 1 to {MAX_CHANNELS} channels, each once.")
    for place, curve in enumerate(curves):
        numbers = np.array([(curve.coefficient, curve.half_saturation, curve.shape), *curve.draws])
        spends = (curve.mean_spend, curve.most_spend)
        inside = ((numbers >= _LEAST) & (numbers <= _GREATEST)).all() and 0 <= min(spends) <= max(spends) <= MAX_NUMBER
        if not inside or curve.saturation not in {"hill", "log"}:
            raise InvalidData(f"/curves/{place}", "out_of_range", "This is no curve that a marketing mix would answer.")
        if len(curve.draws) != len(curves[0].draws) or not curve.draws:
            raise InvalidData(f"/curves/{place}/draws", "draws", "Every channel has the same number of draws.")
    if not 0 < budget < np.inf:
        raise InvalidData("/budget", "out_of_range", "The budget is positive.")
    for name in bounds:
        if name not in names:
            raise InvalidData(f"/bounds/{name}", "unknown_value", f"There is no channel {name!r}.")
    low = np.array([bounds.get(name, (0.0, budget))[0] for name in names])
    high = np.array([min(bounds.get(name, (0.0, budget))[1], budget) for name in names])
    if (low < 0).any() or (low > high).any():
        raise InvalidData("/bounds", "out_of_range", "Bounds run from 0 at least up, and fit into the budget.")
    if not low.sum() <= budget <= high.sum() * (1 + 1e-12):
        detail = f"The bounds allow {number(low.sum())} to {number(high.sum())}, not a budget of {number(budget)}."
        raise InvalidData("/budget", "infeasible", detail)
    return low, high


def _best(curves: Sequence[Curve], budget: float, low: Floats, high: Floats) -> Floats:
    """Search in shares of the budget, with the response in units of the largest coefficient."""
    scale = max(curve.coefficient for curve in curves) or 1.0

    def loss(shares: Floats) -> float:
        spends = np.clip(shares, 0, None) * budget
        return -sum(float(curve.response(spends[i : i + 1])[0]) for i, curve in enumerate(curves)) / scale

    def slopes(shares: Floats) -> Floats:
        spends = np.maximum(shares, _TINY) * budget
        return -budget / scale * np.array([curve.slope(spends[i : i + 1])[0] for i, curve in enumerate(curves)])

    bounds = list(zip(low / budget, high / budget, strict=True))
    sums_up = {"type": "eq", "fun": lambda shares: shares.sum() - 1, "jac": lambda shares: np.ones(len(shares))}
    candidates = []
    for spread in (_on_grid(curves, budget, low, high), _filled(budget, low, high)):
        if spread is None:
            continue
        start = spread / budget
        found = minimize(
            loss, start, jac=slopes, bounds=bounds, constraints=[sums_up], method="SLSQP", options={"ftol": 1e-12}
        )
        # A search that went astray counts as where it began.
        astray = abs(found.x.sum() - 1) > _ASTRAY
        candidates += [start, start if astray else np.clip(found.x, low / budget, high / budget)]
    best: Floats = min(candidates, key=loss)
    return best * budget


def _on_grid(curves: Sequence[Curve], budget: float, low: Floats, high: Floats) -> Floats | None:
    """Return the best spread in steps of the room above `low`, None where no whole steps fit below `high`.

    Dynamic programming over the channels: `best[s]` is the most that those so far bring with s steps.
    """
    step = (budget - low.sum()) / _STEPS
    if step <= 0:
        return low
    best = np.zeros(1)
    taken: list[NDArray[np.intp]] = []
    for place, curve in enumerate(curves):
        most = min(_STEPS, int((high[place] - low[place]) / step * (1 + _ASTRAY)))
        gains = curve.response(low[place] + step * np.arange(most + 1))
        reach = min(_STEPS, len(best) - 1 + most)
        sums = np.full((most + 1, reach + 1), -np.inf)
        for steps, gain in enumerate(gains):
            part = best[: reach + 1 - steps]
            sums[steps, steps : steps + len(part)] = part + gain
        taken.append(sums.argmax(0))
        best = sums.max(0)
    if len(best) <= _STEPS:
        return None
    spread, left = low.copy(), _STEPS
    for place in range(len(curves) - 1, -1, -1):
        steps = int(taken[place][left])
        spread[place] += step * steps
        left -= steps
    return np.minimum(spread, high)


def _filled(budget: float, low: Floats, high: Floats) -> Floats:
    """Return a spread within the bounds: every channel gets the same part of its room."""
    room = (high - low).sum()
    spread: Floats = low + (high - low) * ((budget - low.sum()) / room if room > 0 else 0.0)
    return spread


def _allocation(curve: Curve, current: float, optimal: float) -> Allocation:
    spends = np.array([current, optimal])
    responses = curve.response(spends)
    slope = curve.slope(np.array([max(optimal, _TINY * max(curve.half_saturation, 1.0))]))
    return Allocation(
        channel=curve.channel,
        current=current,
        optimal=optimal,
        current_response=float(responses[0]),
        optimal_response=float(responses[1]),
        marginal_response=float(slope[0]),
    )


def _extrapolation(curves: Sequence[Curve], optimal: Floats) -> Diagnostic:
    beyond = [
        curve.channel for curve, spend in zip(curves, optimal, strict=True) if spend > curve.most_spend * (1 + 1e-9)
    ]
    text = (
        f"{', '.join(beyond)} would get more than was ever spent there: the curve is a guess beyond."
        if beyond
        else "No channel gets more than was spent there in some period before."
    )
    return Diagnostic("channels_beyond_data", float(len(beyond)), not beyond, text)
