"""Fits a media mix: carry-over and saturation are searched, everything linear is solved for each trial of them."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from modules.causal.engine.nonnegative import nonnegative_least_squares
from modules.causal.engine.response import Saturation, adstock, saturate
from modules.causal.engine.types import Floats

# Carry-over, logarithm of half saturation in units of the channel's largest spend, and Hill's shape.
_LOW = (0.0, np.log(0.05), 0.5)
_HIGH = (0.9, np.log(5.0), 3.0)
_START = (0.3, np.log(0.5), 1.0)
# A weak prior, the deviations around the start: without it, data that cannot tell a channel's base from its early
# saturation let its contribution run away.
_WIDTH = (0.3, 1.0, 0.5)
_TRIALS = 60
# Refits of a bootstrap begin at the solution, so they need fewer.
REFIT_TRIALS = 12


@dataclass(frozen=True)
class MediaFit:
    """Per channel (c,): carry-over, half saturation in spend, shape, coefficient >= 0; and the residuals (t,)."""

    search: Floats
    carry_over: Floats
    half_saturation: Floats
    shape: Floats
    coefficient: Floats
    residuals: Floats
    noise: float
    loss: float


class MediaProblem:
    """The variable projection of Golub and Pereyra (1973) with coefficients of channels that are not negative."""

    def __init__(self, spend: Floats, base: Floats, saturation: Saturation) -> None:
        """Take spend (t, c) and the base columns (t, k): intercept, trend, season, controls."""
        self.spend, self.saturation = spend, saturation
        self.most: Floats = spend.max(0)
        self._basis: Floats = np.linalg.qr(base)[0]
        self.parameters_per_channel = 3 if saturation == "hill" else 2
        channels = spend.shape[1]
        # For log the shape has no meaning and stays out of the search.
        self._low = np.tile(_LOW[: self.parameters_per_channel], channels)
        self._high = np.tile(_HIGH[: self.parameters_per_channel], channels)
        self.start: Floats = np.tile(_START[: self.parameters_per_channel], channels)
        self._width = np.tile(_WIDTH[: self.parameters_per_channel], channels)

    def project(self, columns: Floats) -> Floats:
        """Return columns (t,) or (t, k) without what the base explains."""
        left: Floats = columns - self._basis @ (self._basis.T @ columns)
        return left

    def media(self, search: Floats) -> Floats:
        """Return carried and saturated spend (t, c) for a point of the search."""
        columns = [
            saturate(adstock(spend, row[0]), np.exp(row[1]) * most, row[2] if len(row) > 2 else 1.0, self.saturation)  # noqa: PLR2004 - with a shape
            for spend, most, row in zip(self.spend.T, self.most, self._rows(search), strict=True)
        ]
        media: Floats = np.column_stack(columns)
        return media

    def fit(self, outcome: Floats, start: Floats, *, noise: float = 0.0, trials: int = _TRIALS) -> MediaFit:
        """Search from a start; `noise` is the deviation of the errors, which weighs the prior (0: no prior)."""
        target = self.project(outcome)
        scale = float(np.sqrt(np.square(target).mean())) or 1.0

        def residuals(search: Floats) -> Floats:
            columns = self.project(self.media(search))
            left: Floats = target - columns @ nonnegative_least_squares(columns, target)
            prior = noise * (search - self.start) / self._width
            return np.concatenate([left, prior]) / scale

        inside = np.clip(start, self._low + 1e-6, self._high - 1e-6)
        found = least_squares(residuals, inside, bounds=(self._low, self._high), max_nfev=trials, ftol=1e-6)
        search: Floats = found.x
        columns = self.project(self.media(search))
        coefficient: Floats = nonnegative_least_squares(columns, target)
        rows = self._rows(search)
        shape = rows[:, 2] if self.saturation == "hill" else np.ones(len(rows))
        return MediaFit(
            search=search,
            carry_over=rows[:, 0],
            half_saturation=np.exp(rows[:, 1]) * self.most,
            shape=shape,
            coefficient=coefficient,
            residuals=target - columns @ coefficient,
            noise=noise,
            loss=float(found.cost),
        )

    def best_fit(self, outcome: Floats, starts: int, rng: np.random.Generator) -> MediaFit:
        """Return the best of several searches: the surface has more than one valley."""
        points = [self.start, *(rng.uniform(self._low, self._high) for _ in range(starts - 1))]
        free = self.fit(outcome, self.start)
        noise = float(np.sqrt(np.square(free.residuals).mean()))
        fits = [self.fit(outcome, point, noise=noise) for point in [free.search, *points]]
        return min(fits, key=lambda found: found.loss)

    def _rows(self, search: Floats) -> Floats:
        rows: Floats = search.reshape(-1, self.parameters_per_channel)
        return rows


def resample(residuals: Floats, rng: np.random.Generator) -> Floats:
    """Return residuals drawn in moving blocks of about t^(1/3) (Kunsch 1989), which keeps their autocorrelation."""
    size = len(residuals)
    block = max(2, round(size ** (1 / 3)))
    starts = rng.integers(0, size - block + 1, size=-(-size // block))
    drawn: Floats = residuals[(starts[:, None] + np.arange(block)).ravel()[:size]]
    drawn -= drawn.mean()
    return drawn
