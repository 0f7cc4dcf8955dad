"""Marketing mix: what each channel's spend brought in, from the ups and downs of spend and outcome over time.

The model is that of Jin, Wang, Sun, Chan and Koehler, "Bayesian methods for media mix modeling with carryover and shape
effects" (2017), fitted by least squares, with intervals from a bootstrap of the residuals in blocks.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from modules.causal.engine.checks import check_level, check_varies
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.media_fit import REFIT_TRIALS, MediaFit, MediaProblem, resample
from modules.causal.engine.response import Curve, Saturation, saturate
from modules.causal.engine.text import number, percent, probability, span
from modules.causal.engine.types import Diagnostic, Floats, Interval, Point, Result, Series

MAX_CHANNELS = 10
MAX_PERIODS = 400
LEAST_PERIODS = 40
DRAWS = 120
_NULL_DRAWS = 99
_STARTS = 4
_SEED = 20261
_GRID = 31
_HARMONICS = 2
# A channel whose spend the other channels explain beyond this cannot be told apart from them (VIF 10).
_MOST_INFLATION = 10.0
_COLLINEAR = 0.9999


@dataclass(frozen=True)
class MixData:
    """Periods in order: outcome (t,), spend by channel (t,), and controls (t,) that also move the outcome.

    `season` is the number of periods of a year, say, 52 for weeks; None leaves the season out.
    """

    outcome: Floats
    spend: Mapping[str, Floats]
    controls: Mapping[str, Floats]
    season: int | None = None


@dataclass(frozen=True)
class Channel:
    """`contribution` is the outcome over all periods that the channel's spend brought in; `roas` that per spend.

    `marginal_roas` is what one more unit of spend per period would add, at the mean spend.
    """

    channel: str
    spend: float
    contribution: float
    contribution_interval: Interval
    roas: float
    roas_interval: Interval
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
    spend, base = _columns(data, metric)
    problem = MediaProblem(spend, base, saturation)
    parameters = base.shape[1] + spend.shape[1] * (problem.parameters_per_channel + 1)
    if len(data.outcome) < 2 * parameters:
        detail = f"{len(data.outcome)} periods are too few for {parameters} parameters; {2 * parameters} are needed."
        raise InvalidData("/rows", "too_few_rows", detail)
    rng = np.random.default_rng(_SEED)
    found = problem.best_fit(data.outcome, _STARTS, rng)
    draws = _bootstrap(problem, data.outcome, found, rng, parameters)
    p_value = _null_p_value(problem, data.outcome, rng)
    channels = tuple(_channel(name, place, problem, found, draws, level=level) for place, name in enumerate(data.spend))
    whole = spend.sum()
    totals = np.array([(problem.media(draw.search) @ draw.coefficient).sum() for draw in draws]) / whole
    estimate = sum(channel.contribution for channel in channels) / whole
    interval = _interval(totals, level)
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
            "No spend before the first period carries over into the data.",
            "These are observations, not an experiment: confirm the largest decisions with a lift test.",
        ),
        diagnostics=_diagnostics(data, spend, found, r2, parameters),
        plot=_plot(data, found, channels, level),
        channels=channels,
        r2=r2,
    )


def _columns(data: MixData, metric: str) -> tuple[Floats, Floats]:
    """Return spend (t, c) and the base (t, k), checked."""
    periods = len(data.outcome)
    if not LEAST_PERIODS <= periods <= MAX_PERIODS:
        detail = f"There are {periods} periods; {LEAST_PERIODS} to {MAX_PERIODS} are possible."
        raise InvalidData("/rows", "too_few_rows" if periods < LEAST_PERIODS else "too_many_rows", detail)
    if not 1 <= len(data.spend) <= MAX_CHANNELS:
        raise InvalidData("/channels", "channels", f"There are 1 to {MAX_CHANNELS} channels.")
    check_varies(data.outcome, pointer="/metric", name=metric)
    for place, (name, values) in enumerate(data.spend.items()):
        if values.min() < 0:
            raise InvalidData(f"/channels/{place}", "negative", f"The spend of {name!r} is negative somewhere.")
        check_varies(values, pointer=f"/channels/{place}", name=f"The spend of {name!r}")
    for place, (name, values) in enumerate(data.controls.items()):
        check_varies(values, pointer=f"/controls/{place}", name=f"The control {name!r}")
    base = np.column_stack([np.ones(periods), *_season(data), *map(_standard, data.controls.values())])
    if np.linalg.matrix_rank(base) < base.shape[1]:
        raise InvalidData("/controls", "collinear", "A control repeats trend, season or another control.")
    spend = np.column_stack(list(data.spend.values()))
    for place, inflation in enumerate(_inflation(np.column_stack([base, spend]))[base.shape[1] :]):
        if inflation >= 1 / (1 - _COLLINEAR):
            name = list(data.spend)[place]
            detail = (
                f"The spend of {name!r} is a mixture of the other columns, so its effect cannot be told from theirs."
            )
            raise InvalidData(f"/channels/{place}", "collinear", detail)
    return spend, base


def _season(data: MixData) -> list[Floats]:
    """Return the trend and two harmonics of the season."""
    place = np.arange(len(data.outcome))
    columns = [_standard(place.astype(np.float64))]
    if data.season is None:
        return columns
    if not 4 <= data.season <= len(place):  # noqa: PLR2004 - two harmonics have four columns
        raise InvalidData("/season", "out_of_range", "A season is 4 periods at least, and occurs once at least.")
    for harmonic in range(1, min(_HARMONICS, (data.season - 1) // 2) + 1):
        angle = 2 * math.pi * harmonic * place / data.season
        columns += [np.sin(angle), np.cos(angle)]
    return columns


def _standard(values: Floats) -> Floats:
    scaled: Floats = (values - values.mean()) / values.std()
    return scaled


def _inflation(columns: Floats) -> Floats:
    """Return for each column (t, k), the intercept first, how much the others inflate its variance (VIF)."""
    inflation = np.ones(columns.shape[1])
    for place in range(1, columns.shape[1]):
        values = columns[:, place]
        others = np.delete(columns, place, axis=1)
        others = others / np.abs(others).max(0)
        left = values - others @ np.linalg.lstsq(others, values)[0]
        total = float(np.square(values - values.mean()).sum())
        inflation[place] = total / max(float(left @ left), total * 1e-12)
    return inflation


def _bootstrap(
    problem: MediaProblem, outcome: Floats, found: MediaFit, rng: np.random.Generator, parameters: int
) -> list[MediaFit]:
    size = len(outcome)
    # Residuals of a fit are smaller than the errors by about this factor.
    residuals = found.residuals * math.sqrt(size / max(size - parameters, 1))
    fitted = outcome - found.residuals
    return [problem.fit(fitted + resample(residuals, rng), found.search, REFIT_TRIALS) for _ in range(DRAWS)]


def _null_p_value(problem: MediaProblem, outcome: Floats, rng: np.random.Generator) -> float:
    """Samples without any effect are fitted from the same start as the data, so chance is treated as the data are."""

    def explained(values: Floats) -> float:
        left = problem.project(values)
        residuals = problem.fit(values, problem.start, REFIT_TRIALS).residuals
        return 1 - float(residuals @ residuals) / float(left @ left)

    own = explained(outcome)
    left = problem.project(outcome)
    base = outcome - left
    others = [explained(base + resample(left, rng)) for _ in range(_NULL_DRAWS)]
    return (1 + sum(value >= own for value in others)) / (1 + _NULL_DRAWS)


def _channel(
    name: str, place: int, problem: MediaProblem, found: MediaFit, draws: list[MediaFit], *, level: float
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
        contribution_interval=_interval(drawn, level),
        roas=contribution / total,
        roas_interval=_interval(drawn / total, level),
        marginal_roas=float(curve.slope(np.array([spend.mean()]))[0]),
        carry_over=float(found.carry_over[place]),
        curve=curve,
    )


def _interval(draws: Floats, level: float) -> Interval:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def _diagnostics(data: MixData, spend: Floats, found: MediaFit, r2: float, parameters: int) -> tuple[Diagnostic, ...]:
    steps = np.square(np.diff(found.residuals)).sum()
    watson = float(steps / np.square(found.residuals).sum())
    steady = 1.5 <= watson <= 2.5  # noqa: PLR2004 - the usual rule of thumb around 2
    inflation = _inflation(np.column_stack([np.ones(len(spend)), spend]))[1:]
    worst = int(inflation.argmax())
    apart = bool(inflation[worst] <= _MOST_INFLATION)
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
            float(inflation[worst]),
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
