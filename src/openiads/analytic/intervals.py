"""Confidence intervals for Monte Carlo output.

The replicate is the unit: Wilson and Clopper-Pearson are only for one yes or no per replicate; everything else takes Student's t
or a ratio over replicates. Threats of one replicate share luck and are never pooled. Student's t says nothing about what no replicate
showed: where all are alike, `bounded_mean_estimate` asks Clopper-Pearson how often one could have been otherwise.

References: R. Newcombe, Statistics in Medicine 17 (1998) 857-872 (Wilson, Clopper-Pearson); W. Cochran, Sampling Techniques, 3rd
ed. (1977), chapters 2 (means) and 6 (ratios).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, ndtri, stdtrit

from openiads.analytic.arguments import require_count, require_positive, require_probability
from openiads.errors import InputError


class Interval(NamedTuple):
    """A confidence interval."""

    lower: float
    upper: float


class Estimate(NamedTuple):
    """A value with its confidence interval."""

    value: float
    lower: float
    upper: float


def wilson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Wilson's score interval for a proportion."""
    _require_trials(successes, trials)
    z = normal_quantile(level)
    share = successes / trials
    scale = 1.0 + z * z / trials
    centre = (share + z * z / (2.0 * trials)) / scale
    half = z * math.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials)) / scale
    return Interval(
        max(0.0, centre - half) if successes > 0 else 0.0, min(1.0, centre + half) if successes < trials else 1.0
    )  # exact where the difference would leave a rounding error


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """The exact (conservative) interval for a proportion."""
    _require_trials(successes, trials)
    tail = 0.5 * (1.0 - level)
    lower = float(betaincinv(successes, trials - successes + 1, tail)) if successes > 0 else 0.0
    upper = float(betaincinv(successes + 1, trials - successes, 1.0 - tail)) if successes < trials else 1.0
    return Interval(lower, upper)


def t_half_width(n: int, sd: float, level: float = 0.95) -> float:
    """Half the width of Student's interval for a mean of `n` values with sample standard deviation `sd`."""
    require_count("number of values", n, least=2)
    return float(stdtrit(n - 1, 0.5 + 0.5 * level)) * sd / math.sqrt(n)


def mean_estimate(values: ArrayLike, level: float = 0.95) -> Estimate:
    """Mean over replicates, `values` of shape (n,), with Student's interval."""
    x = np.asarray(values, dtype=np.float64)
    require_count("number of values", x.size, least=2)
    mean = float(x.mean())
    half = t_half_width(x.size, float(x.std(ddof=1)), level)
    return Estimate(mean, mean - half, mean + half)


def bounded_mean_estimate(values: ArrayLike, most: float, level: float = 0.95) -> Estimate:
    """Mean over replicates of `values` (n,) that lie between 0 and `most`: Student's interval, cut to these bounds.

    Where all n values are the same c, Student's interval has no width, although a rarer kind of replicate may exist. "Is it other than
    c?" is one yes or no per replicate, with no yes in n: its probability is at most u, Clopper-Pearson's upper end. A replicate that is
    other may be anything from 0 to `most`, so the mean lies between (1 - u) c and (1 - u) c + u `most`. This assumes nothing about how
    far such a replicate goes, so it is wider than Student's interval when a single one differs a little.
    """
    mean, lower, upper = mean_estimate(values, level)
    x = np.asarray(values, dtype=np.float64)
    if x.min() < 0.0 or x.max() > most:
        raise InputError(f"values must lie between 0 and {most:g}, not from {x.min():g} to {x.max():g}")
    if x.min() == x.max():
        other = clopper_pearson(0, x.size, level).upper
        lower, upper = (1.0 - other) * mean, (1.0 - other) * mean + other * most
    return Estimate(mean, max(0.0, lower), min(most, upper))


def ratio_estimate(numerators: ArrayLike, denominators: ArrayLike, level: float = 0.95) -> Estimate:
    """Ratio of two sums over replicates, both of shape (n,), such as leakers per threat, with its linearised interval.

    The residuals y - R x carry the variance, so what numerator and denominator share cancels. Biased by O(1/n).
    """
    y = np.asarray(numerators, dtype=np.float64)
    x = np.asarray(denominators, dtype=np.float64)
    require_count("number of values", x.size, least=2)
    if y.shape != x.shape:
        raise InputError(f"a ratio needs as many numerators as denominators, not {y.size} and {x.size}")
    require_positive("sum of the denominators", float(x.sum()))
    ratio = float(y.sum() / x.sum())
    residual_sd = math.sqrt(float(((y - ratio * x) ** 2).sum()) / (x.size - 1))
    half = t_half_width(x.size, residual_sd, level) / float(x.mean())
    return Estimate(ratio, ratio - half, ratio + half)


def runs_needed(p: float, half_width: float, level: float = 0.95) -> int:
    """Least number of replicates for which the normal interval of a proportion `p` has at most this half-width."""
    require_probability("p", p)
    require_positive("half-width", half_width)
    return math.ceil((normal_quantile(level) / half_width) ** 2 * p * (1.0 - p))


def normal_quantile(level: float) -> float:
    """Two-sided standard normal quantile: 1.96 for 0.95."""
    return float(ndtri(0.5 + 0.5 * level))


def _require_trials(successes: int, trials: int) -> None:
    require_count("trials", trials, least=1)
    require_count("successes", successes)
    if successes > trials:
        raise InputError(f"there cannot be {successes} successes in {trials} trials")
