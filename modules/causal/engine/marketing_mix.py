"""Marketing mix: what each channel's spend brought in, from the ups and downs of spend and outcome over time.

The model is that of Jin, Wang, Sun, Chan and Koehler, "Bayesian methods for media mix modeling with carryover and shape
effects" (2017), fitted by least squares, with intervals from a bootstrap of the residuals in blocks.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from modules.causal.engine.checks import check_level
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.media_fit import REFIT_TRIALS, MediaFit, MediaProblem, resample
from modules.causal.engine.mix_data import MixData, columns, inflation
from modules.causal.engine.response import Curve, Saturation, saturate
from modules.causal.engine.text import number, percent, probability, span
from modules.causal.engine.types import Diagnostic, Floats, Interval, Point, Result, Series

DRAWS = 120
_NULL_DRAWS = 99
_STARTS = 4
_SEED = 20261
_GRID = 31
# A channel whose spend the other channels explain beyond this cannot be told apart from them (VIF 10).
_MOST_INFLATION = 10.0


@dataclass(frozen=True)
class Channel:
    """`contribution` is the outcome over all periods that the channel's spend brought in; `roas` that per spend.

    `marginal_roas` is what one more unit of spend per period would add, at the mean spend. The p-value is that of the F
    test of the model without the channel, which counts its carry-over and saturation as parameters.
    """

    channel: str
    spend: float
    contribution: float
    contribution_interval: Interval
    roas: float
    roas_interval: Interval
    p_value: float
    marginal_roas: float
    carry_over: float
    curve: Curve


@dataclass(frozen=True, kw_only=True)
class MarketingMix(Result):
    """The estimate is the return on all spend: outcome per unit of spend, over all channels."""

    channels: tuple[Channel, ...]
    r2: float


def marketing_mix(data: MixData, *, metric: str, saturation: Saturation = "hill", level: float = 0.95) -> MarketingMix:
    """Fit outcome_t = base_t + sum over channels of coefficient * saturation(adstock(spend))_t + error_t.

    The p-value belongs to the hypothesis that no channel has an effect: the share of samples made without one in
    which the same fit explains as much.
    """
    check_level(level)
    spend, base = columns(data, metric)
    problem = MediaProblem(spend, base, saturation)
    parameters = base.shape[1] + spend.shape[1] * (problem.parameters_per_channel + 1)
    if len(data.outcome) < 2 * parameters:
        detail = f"{len(data.outcome)} periods are too few for {parameters} parameters; {2 * parameters} are needed."
        raise InvalidData("/rows", "too_few_rows", detail)
    rng = np.random.default_rng(_SEED)
    found = problem.best_fit(data.outcome, _STARTS, rng)
    draws = _bootstrap(problem, data.outcome, found, rng, parameters)
    p_value = _null_p_value(problem, data.outcome, rng)
    tests = [_channel_p_value(data, spend, base, place, problem, found) for place in range(spend.shape[1])]
    channels = tuple(
        _channel(name, place, problem, found, draws, level=level, p_value=tests[place])
        for place, name in enumerate(data.spend)
    )
    whole = spend.sum()
    totals = np.array([(problem.media(draw.search) @ draw.coefficient).sum() for draw in draws]) / whole
    estimate = sum(channel.contribution for channel in channels) / whole
    interval = _interval(totals, level, p_value)
    variance = float(np.square(data.outcome - data.outcome.mean()).sum())
    r2 = 1 - float(found.residuals @ found.residuals) / variance
    best = max(channels, key=lambda channel: channel.roas)
    return MarketingMix(
        method="marketing_mix",
        metric=metric,
        unit=f"{metric} per unit of spend",
        estimate=float(estimate),
        interval=interval,
        p_value=p_value,
        summary=(
            f"Marketing mix: a unit of spend brought {number(estimate)} {metric} over all channels ({span(interval)}, "
            f"{probability(p_value)}); most in {best.channel} ({number(best.roas)}, {span(best.roas_interval)})."
        ),
        assumptions=(
            "Nothing that is left out moves both spend and outcome: spend was not raised because demand was high.",
            "Channels add up; each carries over geometrically and saturates, in the same way all the time.",
            "Carry-over and saturation are like those of most channels where the data do not say (a weak prior).",
            "No spend before the first period carries over into the data.",
            "These are observations, not an experiment: confirm the largest decisions with a lift test.",
        ),
        diagnostics=_diagnostics(data, spend, found, r2, parameters),
        plot=_plot(data, found, channels, level),
        channels=channels,
        r2=r2,
    )


def _bootstrap(
    problem: MediaProblem, outcome: Floats, found: MediaFit, rng: np.random.Generator, parameters: int
) -> list[MediaFit]:
    size = len(outcome)
    # Residuals of a fit are smaller than the errors by about this factor.
    residuals = found.residuals * math.sqrt(size / max(size - parameters, 1))
    fitted = outcome - found.residuals
    return [
        problem.fit(fitted + resample(residuals, rng), found.search, noise=found.noise, trials=REFIT_TRIALS)
        for _ in range(DRAWS)
    ]


def _null_p_value(problem: MediaProblem, outcome: Floats, rng: np.random.Generator) -> float:
    """Samples without any effect are fitted from the same start as the data, so chance is treated as the data are."""

    def explained(values: Floats) -> float:
        left = problem.project(values)
        residuals = problem.fit(values, problem.start, trials=REFIT_TRIALS).residuals
        return 1 - float(residuals @ residuals) / float(left @ left)

    own = explained(outcome)
    left = problem.project(outcome)
    base = outcome - left
    others = [explained(base + resample(left, rng)) for _ in range(_NULL_DRAWS)]
    return (1 + sum(value >= own for value in others)) / (1 + _NULL_DRAWS)


def _channel(
    name: str,
    place: int,
    problem: MediaProblem,
    found: MediaFit,
    draws: list[MediaFit],
    *,
    level: float,
    p_value: float,
) -> Channel:
    spend = problem.spend[:, place]
    total = float(spend.sum())
    contribution = float((problem.media(found.search)[:, place] * found.coefficient[place]).sum())
    drawn = np.array([(problem.media(draw.search)[:, place] * draw.coefficient[place]).sum() for draw in draws])
    curve = Curve(
        channel=name,
        saturation=problem.saturation,
        coefficient=float(found.coefficient[place]),
        half_saturation=float(found.half_saturation[place]),
        shape=float(found.shape[place]),
        mean_spend=float(spend.mean()),
        most_spend=float(spend.max()),
        draws=tuple(
            (float(draw.coefficient[place]), float(draw.half_saturation[place]), float(draw.shape[place]))
            for draw in draws
        ),
    )
    return Channel(
        channel=name,
        spend=total,
        contribution=contribution,
        contribution_interval=_interval(drawn, level, p_value),
        roas=contribution / total,
        roas_interval=_interval(drawn / total, level, p_value),
        p_value=p_value,
        marginal_roas=float(curve.slope(np.array([spend.mean()]))[0]),
        carry_over=float(found.carry_over[place]),
        curve=curve,
    )


def _channel_p_value(
    data: MixData, spend: Floats, base: Floats, place: int, problem: MediaProblem, found: MediaFit
) -> float:
    full = problem.fit(data.outcome, found.search).residuals
    if spend.shape[1] == 1:
        rest = problem.project(data.outcome)
    else:
        others = MediaProblem(np.delete(spend, place, axis=1), base, problem.saturation)
        start = np.delete(found.search.reshape(spend.shape[1], -1), place, axis=0).ravel()
        rest = others.fit(data.outcome, start).residuals
    more = problem.parameters_per_channel + 1
    freedom = len(data.outcome) - base.shape[1] - spend.shape[1] * more
    gain = max(float(rest @ rest - full @ full), 0.0)
    return float(stats.f.sf(gain / more / (float(full @ full) / freedom), more, freedom))


def _interval(draws: Floats, level: float, p_value: float) -> Interval:
    """Return the bootstrap's quantiles; whether 0 belongs to them the test says.

    Coefficients cannot be negative, so that draws never go below 0 and hardly reach it, even without any effect.
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(0.0 if p_value > 1 - level else float(low), float(high), level)


def _diagnostics(data: MixData, spend: Floats, found: MediaFit, r2: float, parameters: int) -> tuple[Diagnostic, ...]:
    steps = np.square(np.diff(found.residuals)).sum()
    watson = float(steps / np.square(found.residuals).sum())
    steady = 1.5 <= watson <= 2.5  # noqa: PLR2004 - the usual rule of thumb around 2
    inflated = inflation(np.column_stack([np.ones(len(spend)), spend]))[1:]
    worst = int(inflated.argmax())
    apart = bool(inflated[worst] <= _MOST_INFLATION)
    ratio = len(data.outcome) / parameters
    enough = ratio >= 5  # noqa: PLR2004 - a rule of thumb of regression
    return (
        Diagnostic("r2", r2, None, f"The model explains {percent(r2)} of the variance."),
        Diagnostic(
            "durbin_watson",
            watson,
            steady,
            "What is left over does not hang together over time."
            if steady
            else "What is left over hangs together over time: something that moves the outcome is left out.",
        ),
        Diagnostic(
            "variance_inflation",
            float(inflated[worst]),
            apart,
            f"{list(data.spend)[worst]} moves most with the other channels"
            + ("." if apart else ", too closely to be told apart from them."),
        ),
        Diagnostic(
            "periods_per_parameter",
            ratio,
            enough,
            f"There are {number(ratio)} periods for each parameter" + ("." if enough else "; 5 are wanted."),
        ),
    )


def _plot(data: MixData, found: MediaFit, channels: tuple[Channel, ...], level: float) -> tuple[Series, ...]:
    fitted = data.outcome - found.residuals
    series = [
        Series("observed", tuple(Point(float(place), float(value)) for place, value in enumerate(data.outcome))),
        Series("fitted", tuple(Point(float(place), float(value)) for place, value in enumerate(fitted))),
    ]
    tail = (1 - level) / 2
    for channel in channels:
        curve = channel.curve
        grid = np.linspace(0, 1.25 * curve.most_spend, _GRID)
        drawn = np.array(
            [coefficient * saturate(grid, half, shape, curve.saturation) for coefficient, half, shape in curve.draws]
        )
        low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
        middle = curve.response(grid)
        points = zip(grid, middle, low, high, strict=True)
        series.append(
            Series(f"response {curve.channel}", tuple(Point(*(float(value) for value in point)) for point in points))
        )
    return tuple(series)
