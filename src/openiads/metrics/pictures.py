"""How far a picture is from the truth at one instant: OSPA and GOSPA distances between two sets of points.

Both pair truths with estimates so that the sum of distances, each to the power p and cut at c, is least. GOSPA (alpha = 2) pays
c^p / 2 for every truth that is missed and every estimate that is false, so that it falls into localisation, missed and false; OSPA
averages over the larger set and pays c^p for each point that has no partner.

References: D. Schuhmacher, B.-T. Vo and B.-N. Vo, "A consistent metric for performance evaluation of multi-object filters", IEEE Trans.
Signal Processing 56 (2008), 3447-3457; A. Rahmathullah, A. Garcia-Fernandez and L. Svensson, "Generalized optimal sub-pattern assignment
metric", Proc. 20th Int. Conf. on Information Fusion (2017).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from openiads.errors import InputError


class Gospa(NamedTuple):
    """GOSPA and its parts, which to the power p add up to it."""

    distance: float
    localisation_p: float
    """Sum of the distances of pairs to the power p."""
    missed_p: float
    false_p: float
    pairs: NDArray[np.int64]
    """(n, 2): truth and estimate of each pair nearer than c."""


def gospa(truth: ArrayLike, estimates: ArrayLike, c: float, p: float = 2.0) -> Gospa:
    """GOSPA with alpha 2 between points (n, d) and (m, d); `c` is the distance from which a pair is none."""
    powers, n, m = _powers(truth, estimates, c, p)
    rows, columns = linear_sum_assignment(powers) if n and m else (np.zeros(0, np.int64), np.zeros(0, np.int64))
    near = powers[rows, columns] < c**p if n and m else np.zeros(0, bool)
    pairs = np.column_stack([rows[near], columns[near]]).astype(np.int64)
    localisation = float(powers[rows, columns][near].sum()) if len(pairs) else 0.0
    missed, false = (n - len(pairs)) * c**p / 2.0, (m - len(pairs)) * c**p / 2.0
    return Gospa((localisation + missed + false) ** (1.0 / p), localisation, missed, false, pairs)


def ospa(truth: ArrayLike, estimates: ArrayLike, c: float, p: float = 2.0) -> float:
    """OSPA between points (n, d) and (m, d) with cut-off `c`; 0 between two empty sets."""
    powers, n, m = _powers(truth, estimates, c, p)
    if not max(n, m):
        return 0.0
    paired = float(powers[linear_sum_assignment(powers)].sum()) if n and m else 0.0
    return float(((paired + c**p * abs(n - m)) / max(n, m)) ** (1.0 / p))


def _powers(truth: ArrayLike, estimates: ArrayLike, c: float, p: float) -> tuple[NDArray[np.float64], int, int]:
    """Distances to the power p, cut at c^p, (n, m)."""
    if not (c > 0.0 and p >= 1.0):
        raise InputError("c must be above 0 and p at least 1")
    x, y = (np.asarray(points, dtype=np.float64) for points in (truth, estimates))
    if not len(x) or not len(y):
        return np.zeros((len(x), len(y))), len(x), len(y)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise InputError("truth and estimates must be (n, d) and (m, d) with the same d")
    return np.minimum(cdist(x, y) ** p, c**p), len(x), len(y)
