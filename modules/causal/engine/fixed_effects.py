"""Least squares with effects of units and of periods, and errors that allow for dependence within clusters."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.table import Labels
from modules.causal.engine.types import Floats

# Share of a regressor's own square below which only rounding is left after the projection.
_COLLINEAR = 1e-9


@dataclass(frozen=True)
class Fit:
    """Coefficients (k,), their covariance (k, k), and the degrees of freedom of their t statistics."""

    coefficients: Floats
    covariance: Floats
    freedom: int

    @property
    def errors(self) -> Floats:
        errors: Floats = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return errors


class TwoWay:
    """The projection that takes out the means of units and periods; exact, whatever cells are missing.

    By Frisch-Waugh-Lovell: means of units first, then the normal equations of the periods that are left, T by T.
    """

    def __init__(self, unit: Labels, time: Labels) -> None:
        self.unit, self.time = unit, time
        units, periods = len(unit.names), len(time.names)
        cells = np.bincount(unit.codes * periods + time.codes, minlength=units * periods).astype(np.float64)
        self._cells: Floats = cells.reshape(units, periods)
        self._unit_sizes: Floats = self._cells.sum(1)
        gram = np.diag(self._cells.sum(0)) - self._cells.T @ (self._cells / self._unit_sizes[:, None])
        self._inverse: Floats = np.linalg.pinv(gram, rcond=1e-10, hermitian=True)

    def residual(self, columns: Floats) -> Floats:
        """Return columns (n,) or (n, k) without the effects of unit and period."""
        if columns.ndim == 1:
            return self._residual(columns)
        return np.column_stack([self._residual(column) for column in columns.T])

    def _residual(self, values: Floats) -> Floats:
        centred = values - self._unit_means(values)
        sums = np.bincount(self.time.codes, centred, minlength=len(self.time.names))
        effect = (self._inverse @ sums)[self.time.codes]
        left: Floats = centred - effect + self._unit_means(effect)
        return left

    def _unit_means(self, values: Floats) -> Floats:
        means: Floats = (np.bincount(self.unit.codes, values) / self._unit_sizes)[self.unit.codes]
        return means

    @property
    def periods_absorbed(self) -> int:
        return len(self.time.names) - 1


def fit(outcome: Floats, regressors: Floats, effects: TwoWay, cluster: Labels | None) -> Fit:
    """Fit outcome (n,) on regressors (n, k) beside the effects.

    With clusters the covariance is CR1 (Liang and Zeger 1986), scaled by G / (G - 1) * (n - 1) / (n - K) as in Stata's
    reghdfe: K counts regressors and periods, and units only where they are not nested in clusters. Without, HC1.
    """
    y, x = effects.residual(outcome), effects.residual(regressors)
    raw = np.square(regressors).sum(0)
    if np.any(np.square(x).sum(0) <= _COLLINEAR * raw) or np.linalg.matrix_rank(x, tol=None) < x.shape[1]:
        detail = "Treatment cannot be told apart from the effects of units and periods: who is compared with whom?"
        raise InvalidData("/treatment", "collinear", detail)
    bread = np.linalg.inv(x.T @ x)
    coefficients = bread @ (x.T @ y)
    scores = x * (y - x @ coefficients)[:, None]
    size = len(y)
    nested = cluster is not None and _nested(effects.unit, cluster)
    parameters = x.shape[1] + effects.periods_absorbed + (1 if nested else len(effects.unit.names))
    if size <= parameters:
        raise InvalidData("/rows", "too_few_rows", f"{size} rows cannot tell {parameters} parameters.")
    if cluster is None:
        meat: Floats = scores.T @ scores
        scale, freedom = size / (size - parameters), size - parameters
    else:
        groups = len(cluster.names)
        sums: Floats = np.column_stack([_cluster_sums(column, cluster) for column in scores.T])
        meat = sums.T @ sums
        scale = groups / (groups - 1) * (size - 1) / (size - parameters)
        freedom = groups - 1
    return Fit(coefficients, scale * bread @ meat @ bread, freedom)


def wald_p_value(found: Fit, places: list[int]) -> float | None:
    """Return the p-value of the F test that these coefficients are all 0; None where their covariance says nothing."""
    chosen = found.coefficients[places]
    covariance = found.covariance[np.ix_(places, places)]
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if rank == 0 or rank > found.freedom:
        return None
    statistic = float(chosen @ np.linalg.pinv(covariance, hermitian=True) @ chosen) / rank
    # With as many restrictions as the clusters allow, the covariance is near singular: Hotelling's correction.
    freedom = found.freedom - rank + 1
    return float(stats.f.sf(statistic * freedom / found.freedom, rank, freedom))


def wild_bootstrap_p_value(
    outcome: Floats, regressor: Floats, effects: TwoWay, cluster: Labels, *, draws: int, seed: int
) -> float:
    """Return the p-value of one regressor by the restricted wild cluster bootstrap with Rademacher weights.

    Cameron, Gelbach and Miller, "Bootstrap-based improvements for inference with clustered errors", Review of Economics
    and Statistics 90 (2008): right with few clusters, where the t test rejects too often.
    """
    groups = len(cluster.names)
    x, left = effects.residual(regressor), effects.residual(outcome)
    parts = np.array([_cluster_sums(x * effects.residual(left * (cluster.codes == g)), cluster) for g in range(groups)])
    own = _cluster_sums(x * x, cluster)
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(draws, groups))
    signs[0] = 1.0
    sums = signs @ parts
    slopes = sums.sum(1) / own.sum()
    spread = np.sqrt(np.square(sums - slopes[:, None] * own).sum(1))
    statistics = np.abs(slopes) / np.where(spread > 0, spread, np.inf)
    # The first draw is the sample itself; ties come from sign patterns that repeat it.
    return float((statistics >= statistics[0] * (1 - 1e-9)).mean())


def _cluster_sums(values: Floats, cluster: Labels) -> Floats:
    sums: Floats = np.bincount(cluster.codes, values, minlength=len(cluster.names)).astype(np.float64)
    return sums


def _nested(unit: Labels, cluster: Labels) -> bool:
    pairs = np.unique(unit.codes * len(cluster.names) + cluster.codes)
    return len(pairs) == len(unit.names)
