"""Comparison of sampled values with exact ones: the rule for laws that run through the engine.

A sampled value passes when |simulated - exact| <= 4 standard errors at a fixed seed. The standard error of a mean uses the oracle's
own standard deviation, or p (1 - p), else the sample's. Replicates grow until 4 standard errors of every mean are at most
max(2 % of the exact value, 0.002), but not beyond 200 000. A standard deviation is compared within its own 4 standard errors at
those replicates, with the sample's fourth moment.

Rare events can leave a sample without any spread, and its standard errors would be 0. For counts no law with a given mean (and
standard deviation) has a second (fourth) moment below what its two neighbouring whole numbers give, so moments of samples of whole
numbers are never taken to be smaller than that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from openiads.validation.checks import Check

#: Gets the number of the first replication and how many to run; gives one value per replication, shape (count,), by column name.
Simulate = Callable[[int, int], Mapping[str, NDArray[np.float64]]]

STANDARD_ERRORS = 4.0
RELATIVE_PRECISION = 0.02
ABSOLUTE_PRECISION = 0.002
MOST_REPLICATES = 200_000
_FIRST_BATCH = 1_024
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Sampled:
    """One exact value, and the statistic of a column of replicates that must reproduce it.

    `statistic`: the column's ``mean``; its mean as a ``share`` of yes/no replicates, with p (1 - p) as variance; its ``sd``.
    `sd` is the exact standard deviation of one replicate, where the oracle states it.
    """

    name: str
    column: str
    statistic: Literal["mean", "share", "sd"]
    want: float
    sd: float | None = None


def sampled_checks(simulate: Simulate, expected: Sequence[Sampled]) -> list[Check]:
    """Run as many replicates as the rule asks for and compare every expected value."""
    columns = {name: np.asarray(values) for name, values in simulate(0, _FIRST_BATCH).items()}
    while (have := next(iter(columns.values())).size) < (need := _replicates_needed(columns, expected)):
        more = simulate(have, min(need, MOST_REPLICATES) - have)
        columns = {name: np.concatenate([values, more[name]]) for name, values in columns.items()}
    return [_check(columns[value.column], value) for value in expected]


def _replicates_needed(columns: Mapping[str, NDArray[np.float64]], expected: Sequence[Sampled]) -> int:
    """Replicates after which every mean would be precise enough, by what is known now."""
    needed = 0.0
    for value in expected:
        if value.statistic != "sd":
            precision = max(RELATIVE_PRECISION * abs(value.want), ABSOLUTE_PRECISION)
            needed = max(needed, (STANDARD_ERRORS * _replicate_sd(columns[value.column], value) / precision) ** 2)
    return min(math.ceil(needed), MOST_REPLICATES)


def _check(sample: NDArray[np.float64], value: Sampled) -> Check:
    if value.statistic == "sd":
        got, standard_error = float(sample.std(ddof=1)), _error_of_sd(sample, value.want)
    else:
        got, standard_error = float(sample.mean()), _replicate_sd(sample, value) / math.sqrt(sample.size)
    tolerance = max(STANDARD_ERRORS * standard_error, _ROUNDING * max(1.0, abs(value.want)))
    return Check(value.name, got, value.want, tolerance, "abs")


def _replicate_sd(sample: NDArray[np.float64], value: Sampled) -> float:
    if value.statistic == "share":
        return math.sqrt(value.want * (1.0 - value.want))
    if value.sd is not None:
        return value.sd
    variance = float(sample.var(ddof=1))
    if _whole(sample):
        above = value.want - math.floor(value.want)
        variance = max(variance, above * (1.0 - above))
    return math.sqrt(variance)


def _error_of_sd(sample: NDArray[np.float64], sd: float) -> float:
    """Standard error of the sample's standard deviation: sqrt((m4 - sd^4) / n) / (2 sd) for large n (Cramér 1946, chapter 27)."""
    if sd == 0.0:
        return 0.0
    mean = float(sample.mean())
    fourth_moment = float(((sample - mean) ** 4).mean())
    if _whole(sample):
        below, above = (mean - math.floor(mean)) ** 2, (math.floor(mean) + 1.0 - mean) ** 2
        fourth_moment = max(fourth_moment, (below + above) * sd**2 - below * above)
    return math.sqrt(max(0.0, fourth_moment - sd**4) / sample.size) / (2.0 * sd)


def _whole(sample: NDArray[np.float64]) -> bool:
    return bool(np.all(sample == np.rint(sample)))
