"""Distributions of counts, given as an array of probabilities, shape (n + 1,), of 0 to n: the binomial one, and moments of any."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy


def binomial(n: int, p: float) -> NDArray[np.float64]:
    """Number of successes in `n` independent trials of probability `p`; by logarithms, which neither overflow nor lose small `p`."""
    k = np.arange(n + 1)
    choices = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(np.exp(choices + xlogy(k, p) + xlog1py(n - k, -p)))


def mean(probabilities: NDArray[np.float64]) -> float:
    """Mean count."""
    return float(probabilities @ np.arange(probabilities.size))


def sd(probabilities: NDArray[np.float64]) -> float:
    """Standard deviation of the count."""
    deviations = np.arange(probabilities.size) - mean(probabilities)
    return math.sqrt(float(probabilities @ (deviations * deviations)))
