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


def half_width(leakers: ArrayLike, threats: int) -> float:
    """How far off the mean of leakers (n,), each between 0 and `threats`, may be (95 %).

    The longer side of the interval counts. Nights that are all alike do not stop a run at once: a rarer kind may exist, and
    `bounded_mean_estimate` says how far it could move the mean.
    """
    mean, lower, upper = bounded_mean_estimate(leakers, threats)
    return max(mean - lower, upper - mean)


def stopped_words(runs: int, reached: float | None, wanted: float | None) -> str:
    """How a run of so many replicates stopped: at a fixed number, or where the half-width `reached` was first at most the `wanted` one."""
    if reached is None or wanted is None:
        return f"after {runs:,} replicates, a number fixed beforehand"
    tested = "the first test" if runs == FIRST_COUNT else f"the first of the tests at {', '.join(_tested(runs))}"
    return f"after {runs:,} replicates: {tested} at which the mean leakers were known to ± {wanted:g} (± {reached:.3g})"


def _tested(runs: int) -> list[str]:
    """The counts up to `runs` at which the half-width was tested, the middle ones left out."""
    counts = [f"{count:,}" for count in counts_to_test() if count <= runs]
    return counts if len(counts) < 5 else [*counts[:2], "...", counts[-1]]
