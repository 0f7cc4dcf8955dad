"""The data of a marketing mix: checked, and as columns of a regression."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from modules.causal.engine.checks import check_varies
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.types import Floats

MAX_CHANNELS = 10
MAX_PERIODS = 400
LEAST_PERIODS = 40
_HARMONICS = 2
# The squared correlation with the other columns from which on a channel has no effect of its own to be told.
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


def columns(data: MixData, metric: str) -> tuple[Floats, Floats]:
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
    for place, inflated in enumerate(inflation(np.column_stack([base, spend]))[base.shape[1] :]):
        if inflated >= 1 / (1 - _COLLINEAR):
            name = list(data.spend)[place]
            detail = f"The spend of {name!r} is a mix of other columns: its effect is not to be told from theirs."
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


def inflation(matrix: Floats) -> Floats:
    """Return how much the others inflate the variance of each column (t, k), the intercept being first (VIF)."""
    inflated = np.ones(matrix.shape[1])
    for place in range(1, matrix.shape[1]):
        values = matrix[:, place]
        others = np.delete(matrix, place, axis=1)
        others = others / np.abs(others).max(0)
        left = values - others @ np.linalg.lstsq(others, values)[0]
        total = float(np.square(values - values.mean()).sum())
        inflated[place] = total / max(float(left @ left), total * 1e-12)
    return inflated
