"""How spend becomes outcome: carry-over into later periods, and saturation."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.signal import lfilter

from modules.causal.engine.types import Floats

Saturation = Literal["hill", "log"]


@dataclass(frozen=True)
class Curve:
    """A channel's response per period when the same is spent in every period.

    hill: coefficient * x^shape / (x^shape + half_saturation^shape); log: coefficient * log(1 + x / half_saturation).
    `mean_spend` and `most_spend` are per period, in the data. `draws` repeats (coefficient, half_saturation, shape)
    for the bootstrap samples, in the same order for every channel.
    """

    channel: str
    saturation: Saturation
    coefficient: float
    half_saturation: float
    shape: float
    mean_spend: float
    most_spend: float
    draws: tuple[tuple[float, float, float], ...]

    def response(self, spend: Floats) -> Floats:
        return self.coefficient * saturate(spend, self.half_saturation, self.shape, self.saturation)

    def drawn(self, spend: float) -> Floats:
        """Return the response to a spend in every bootstrap sample (draws,)."""
        values: Floats = np.array(
            [
                coefficient * float(saturate(np.array([spend]), half, shape, self.saturation)[0])
                for coefficient, half, shape in self.draws
            ]
        )
        return values

    def slope(self, spend: Floats) -> Floats:
        """Return what one more unit of spend adds, at spend > 0."""
        if self.saturation == "log":
            return self.coefficient / (self.half_saturation + spend)
        power = (spend / self.half_saturation) ** self.shape
        return self.coefficient * self.shape * power / (spend * (1 + power) ** 2)


def adstock(spend: Floats, carry_over: float) -> Floats:
    """Return a_t = (1 - c) x_t + c a_{t-1}: geometric carry-over with weights that sum to one, so units stay spend."""
    carried: Floats = lfilter([1 - carry_over], [1, -carry_over], spend)
    return carried


def saturate(spend: Floats, half_saturation: float, shape: float, saturation: Saturation) -> Floats:
    if saturation == "log":
        return np.log1p(spend / half_saturation)
    power: Floats = (spend / half_saturation) ** shape
    return power / (1 + power)
