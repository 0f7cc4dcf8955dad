"""Least squares with coefficients that are not negative."""

import numpy as np
from scipy.optimize import nnls

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.types import Floats

_STEPS_PER_COLUMN = 100


def nonnegative_least_squares(columns: Floats, target: Floats) -> Floats:
    """Return x (k,) >= 0 minimising |columns x - target| (Lawson and Hanson's active sets)."""
    try:
        found, _ = nnls(columns, target, maxiter=_STEPS_PER_COLUMN * columns.shape[1])
    except RuntimeError as error:
        raise InvalidData("/rows", "no_estimate", "These data leave no stable weights.") from error
    weights: Floats = np.asarray(found)
    return weights
