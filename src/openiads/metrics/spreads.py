"""Three spreads kept apart, in words, and shares with intervals.

*Simulation error*: 95 % half-width of the mean over nominal replicates (Student's t). *Night to night*: 5-95 % of nominal replicates.
*Not publicly known*: 5-95 % of the means of catalogue draws, shrunk about their mean by sqrt(1 - inner-noise share), because a part of
their variance is only the noise of the few replicates behind each mean. A draw whose replicates are all alike shows no noise and stays
where it is. Where chance alone may explain how far the means lie apart (F test), the share is too uncertain to be taken out: nothing is
shrunk and the range reaches to the nominal mean, so that it is rather too wide than too narrow, and the answer says so.

The replicate is the unit; threats are never pooled. Quantiles are linear between order statistics (R. Hyndman, Y. Fan, The American
Statistician 50 (1996) 361, type 7); those of times that may never come are order statistics (type 1).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri

from openiads.analytic.intervals import bounded_mean_estimate, ratio_estimate, t_half_width, wilson

Floats = NDArray[np.float64]

LOW, HIGH = 0.05, 0.95
#: Draws that do not differ are taken to differ in this share of cases.
_SIGNIFICANCE = 0.05


def spread(nominal: ArrayLike, draws: ArrayLike | None) -> dict[str, Any]:
    """The three spreads of a number per replicate: `nominal` (n,), `draws` (n_draws, n_inner) or None.

    Keys: mean, simulation_error (None with one replicate), night_to_night, and those of `unknown`.
    """
    values = np.asarray(nominal, dtype=np.float64)
    return {
        "mean": float(values.mean()),
        "simulation_error": simulation_error(values),
        "night_to_night": night_to_night(values),
        **unknown(values, draws),
    }


def simulation_error(values: ArrayLike) -> float | None:
    """95 % half-width of the mean of values (n,); None for one value, 0 where all are alike: then it says nothing."""
    x = np.asarray(values, dtype=np.float64)
    return t_half_width(x.size, float(x.std(ddof=1))) if x.size > 1 else None


def night_to_night(values: ArrayLike) -> list[float]:
    """5 % and 95 % quantiles of values (n,), each a value that occurred: no night has half a leaker."""
    return [float(q) for q in np.quantile(np.asarray(values, dtype=np.float64), (LOW, HIGH), method="inverted_cdf")]


def unknown(nominal: ArrayLike, draws: ArrayLike | None) -> dict[str, Any]:
    """What draws (n_draws, n_inner) say beside nominal replicates (n,); all None for fewer than two draws.

    Keys: not_publicly_known, 5 % and 95 % quantiles of the means, widened to the nominal mean; may_be_chance, whether chance alone may
    explain that range (None with one replicate a draw, which cannot tell).
    """
    if draws is None or len(x := np.asarray(draws, dtype=np.float64)) < 2:
        return {"not_publicly_known": None, "may_be_chance": None}
    values = np.asarray(nominal, dtype=np.float64)
    chance = may_be_chance(values, x) if x.shape[1] > 1 else None
    means = x.mean(axis=1) if chance else shrunk_means(x)
    low, high = np.quantile(means, (LOW, HIGH))
    middle = values.mean()  # the nominal values are allowed too
    low, high = min(low, middle), max(high, middle)
    return {"not_publicly_known": [float(low), float(high)], "may_be_chance": chance}


def may_be_chance(nominal: Floats, draws: Floats) -> bool:
    """Whether chance alone may explain how far the means of draws (n_draws, n_inner) lie apart: the F test of one-way analysis of variance.

    Where every replicate of every draw is the same c, they are nights too few to see anything else if nominal nights (n,), some of which
    are not c, would by chance all be c in as many.
    """
    if np.ptp(draws) == 0.0:
        same = float((nominal == draws[0, 0]).mean())
        return same < 1.0 and bool(same**draws.size >= _SIGNIFICANCE)
    n_draws, n_inner = draws.shape
    between, within = _variances(draws)
    return bool(between <= within * fdtri(n_draws - 1, n_draws * (n_inner - 1), 1.0 - _SIGNIFICANCE))


def shrunk_means(draws: Floats) -> Floats:
    """Means of each draw (n_draws,), drawn towards their common mean by sqrt(1 - inner-noise share).

    With the variance V of the means and the mean W of their squared standard errors, the share is W / V, at most 1. With one replicate
    a draw W is unknown and nothing is shrunk; nor is a draw whose replicates are all alike.
    """
    means: Floats = draws.mean(axis=1)
    middle = float(means.mean())
    noisy = np.ptp(draws, axis=1) > 0.0
    means[noisy] = middle + (means[noisy] - middle) * math.sqrt(1.0 - inner_noise_share(draws))
    return means


def inner_noise_share(draws: Floats) -> float:
    """Share of the variance between the means of draws (n_draws, n_inner) that the noise within draws explains."""
    if draws.shape[1] < 2:
        return 0.0
    between, within = _variances(draws)
    return min(1.0, within / between) if between > 0.0 else 0.0


def spread_shares(draws: ArrayLike | None) -> dict[str, float] | None:
    """What the variance of a night over all draws (n_draws, n_inner) is made of: chance, and what is not publicly known.

    One-way analysis of variance with random effects: of the variance s2 + t2, chance is s2, the variance within draws, and t2 that of the
    draws' true means. The interval of the share of chance, low to high (95 %), is exact for normal nights (S. Searle, G. Casella,
    C. McCulloch, Variance Components (1992), section 3.6). None where there is nothing to compare.
    """
    if draws is None or min(np.shape(draws)) < 2 or np.ptp(x := np.asarray(draws, dtype=np.float64)) == 0.0:
        return None
    n_draws, n_inner = x.shape
    between, within = _variances(x)
    if within == 0.0:
        return {"chance": 0.0, "low": 0.0, "high": 0.0, "not_publicly_known": 1.0}
    ratio, degrees = between / within, (n_draws - 1, n_draws * (n_inner - 1))
    tails = (1.0, float(fdtri(*degrees, 0.025)), float(fdtri(*degrees, 0.975)))
    # With F the ratio of mean squares over its value at equal draws, t2 / s2 is (F - 1) / n_inner.
    chance, low, high = (1.0 / (1.0 + max(0.0, ratio / tail - 1.0) / n_inner) for tail in tails)
    return {"chance": chance, "low": low, "high": high, "not_publicly_known": 1.0 - chance}


def ratio_spread(
    numerators: tuple[NDArray[Any], NDArray[Any] | None], denominators: tuple[NDArray[Any], NDArray[Any] | None]
) -> dict[str, Any] | None:
    """A ratio of sums over nominal replicates (n,) with its 95 % interval, beside its spreads; arguments hold nominal and drawn values.

    Nights and draws whose denominator is 0 have no ratio and are left out; None where all nominal ones are 0. Draws are not shrunk.
    """
    (y, drawn_y), (x, drawn_x) = numerators, denominators
    if not x.any():
        return None
    value, low, high = ratio_estimate(y, x) if x.size > 1 else (float(y[0] / x[0]), None, None)
    known = None
    if drawn_y is not None and drawn_x is not None and (some := drawn_x.sum(axis=1) > 0.0).sum() > 1:
        ends = np.quantile(drawn_y[some].sum(axis=1) / drawn_x[some].sum(axis=1), (LOW, HIGH))
        known = [float(min(value, ends[0])), float(max(value, ends[1]))]
    nights = night_to_night(y[x > 0.0] / x[x > 0.0])
    return {"value": value, "low": low, "high": high, "night_to_night": nights, "not_publicly_known": known}


def _variances(draws: Floats) -> tuple[float, float]:
    """Variance of the means, and the mean of their squared standard errors."""
    return float(draws.mean(axis=1).var(ddof=1)), float(draws.var(axis=1, ddof=1).mean()) / draws.shape[1]


def yes_share(nominal: NDArray[np.bool_], draws: NDArray[np.bool_] | None) -> dict[str, Any]:
    """Share of replicates (n,) with a yes, Wilson's 95 % interval, and what is not publicly known."""
    interval = wilson(int(nominal.sum()), nominal.size)
    return {
        "value": float(nominal.mean()),
        "low": interval.lower,
        "high": interval.upper,
        **unknown(nominal, draws),
    }


def leakage(leaked: ArrayLike, threats: int, draws: ArrayLike | None) -> dict[str, Any]:
    """Leakers (n,) per threat, the mean over replicates with its 95 % interval; ends are None for one replicate.

    The interval is Student's, cut to [0, 1]. Where every replicate leaked alike, such as not at all, it is the bound of
    `bounded_mean_estimate`: Clopper-Pearson on replicates that differ, each of which may leak anything from none to all.
    """
    y = np.asarray(leaked, dtype=np.float64)
    known = None if draws is None else np.asarray(draws, dtype=np.float64) / threats
    mean, low, high = bounded_mean_estimate(y, threats) if y.size > 1 else (float(y[0]), None, None)
    return {
        "value": mean / threats,
        "low": None if low is None else low / threats,
        "high": None if high is None else high / threats,
        **unknown(y / threats, known),
    }


def time_spread(nominal_s: Floats, draws_s: Floats | None) -> dict[str, Any]:
    """The spreads of a time that may never come (NaN): nominal (n,), draws (n_draws, n_inner); None stands for never.

    A mean exists only when the time comes in every replicate. Medians of draws are not shrunk: their noise has no simple law.
    """
    comes = np.isfinite(nominal_s)
    always = bool(comes.all())
    share = yes_share(comes, None if draws_s is None else np.isfinite(draws_s))
    median_s = _time_quantile(nominal_s, 0.5)
    known_s = None
    if draws_s is not None and len(draws_s) > 1:
        medians = np.array([_time_quantile(row, 0.5) for row in draws_s])
        # The nominal values are allowed too.
        known_s = min(_time_quantile(medians, LOW), median_s), max(_time_quantile(medians, HIGH), median_s)
    return {
        "happens": share,
        "mean_s": float(nominal_s.mean()) if always else None,
        "simulation_error_s": simulation_error(nominal_s) if always else None,
        "median_s": _or_never(median_s),
        "night_to_night_s": [_or_never(_time_quantile(nominal_s, q)) for q in (LOW, HIGH)],
        "not_publicly_known_s": known_s and [_or_never(end_s) for end_s in known_s],
    }


def _time_quantile(times_s: Floats, q: float) -> float:
    return float(np.quantile(np.where(np.isnan(times_s), np.inf, times_s), q, method="inverted_cdf"))


def _or_never(time_s: float) -> float | None:
    return time_s if math.isfinite(time_s) else None
