"""Least squares over weights that are not negative and add up to one."""

import numpy as np

from modules.causal.engine.nonnegative import nonnegative_least_squares
from modules.causal.engine.types import Floats


def simplex_weights(target: Floats, donors: Floats) -> Floats:
    """Return w (k,) minimising |target - donors w| for target (n,) and donors (n, k), w >= 0, sum w = 1.

    With D = donors - target, |target - donors w| = |D w| on the simplex. Lawson and Hanson's NNLS minimises
    |D v|^2 + (1 - sum v)^2; for v = s w that is s^2 |D w|^2 + (1 - s)^2, least where |D w| is, so v scaled to sum one
    is the exact solution, unlike that of a general optimiser.
    """
    differences = donors - target[:, None]
    scale = float(np.abs(differences).max()) or 1.0
    system = np.vstack([differences / scale, np.ones(donors.shape[1])])
    found = nonnegative_least_squares(system, np.append(np.zeros(len(target)), 1.0))
    weights: Floats = found / found.sum()
    return weights
