"""Least squares over weights that are not negative and add up to one."""

import numpy as np
from scipy.optimize import nnls

from modules.causal.engine.types import Floats

# How much heavier than the data the row is that asks for a sum of one: the sum is then right to about 1e-8.
_HEAVY = 1e4


def simplex_weights(target: Floats, donors: Floats) -> Floats:
    """Return w (k,) minimising |target - donors w| for target (n,) and donors (n, k), w >= 0, sum w = 1.

    Lawson and Hanson's NNLS, with the sum as a heavy row (their "Solving least squares problems", chapter 23); exact
    up to rounding, unlike a general optimiser. Since the weights sum to one, taking the target from every donor does
    not change the problem, and keeps the numbers small.
    """
    differences = donors - target[:, None]
    scale = float(np.abs(differences).max()) or 1.0
    system = np.vstack([differences / scale, np.full(donors.shape[1], _HEAVY)])
    weights, _ = nnls(system, np.append(np.zeros(len(target)), _HEAVY))
    found: Floats = weights / weights.sum()
    return found
