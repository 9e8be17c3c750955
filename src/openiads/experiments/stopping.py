"""When there are enough replicates.

A rule that looks at the data after every replicate stops too early too often, so the half-width is tested only at the fixed counts
64 x 2^k, over replicates in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from numpy.typing import ArrayLike

from openiads.analytic.intervals import bounded_mean_estimate

FIRST_COUNT = 64
#: 64 x 2^14: the tables of more replicates would not fit in memory.
MOST_REPLICATES = FIRST_COUNT << 14


def counts_to_test() -> Iterator[int]:
    """64, 128, 256, ... up to `MOST_REPLICATES`."""
    count = FIRST_COUNT
    while count <= MOST_REPLICATES:
        yield count
        count *= 2


def precise_enough(leakers: ArrayLike, threats: int, half_width: float) -> bool:
    """Whether the mean of leakers (n,), each between 0 and `threats`, is known to +/- `half_width` (95 %).

    The longer side of the interval counts. Nights that are all alike do not stop a run at once: a rarer kind may exist, and
    `bounded_mean_estimate` says how far it could move the mean.
    """
    mean, lower, upper = bounded_mean_estimate(leakers, threats)
    return max(mean - lower, upper - mean) <= half_width
