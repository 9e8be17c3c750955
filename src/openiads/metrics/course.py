"""The course of the defence over all nominal replicates: means and bands at fixed times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openiads.records.cast import Cast

#: Quantiles over replicates, by their columns; each a number that occurred.
BANDS = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
CHANNELS, READY, STORE, TRACKED, LEAKERS = QUANTITIES = (
    "busy channels",
    "ready rounds",
    "rounds in store",
    "threats with a track",
    "leakers so far",
)


class Line(NamedTuple):
    """One number over time: `mean` (n_times,) and a row of `bands` (5, n_times) for each of `BANDS`; `name` is None for all together."""

    quantity: str
    name: str | None
    mean: NDArray[np.float64]
    bands: NDArray[np.integer]


def course_lines(counts: NDArray[np.int32], cast: Cast) -> Iterator[Line]:
    """The lines of all replicates from `counts` (n, lines, times) as `simulation.course` reads them; the first is that of all channels."""
    units, weapons = [u.name for u in cast.units], list(cast.weapons)
    names: list[tuple[str, str | None]] = [(CHANNELS, name) for name in units]
    names += [(READY, name) for name in weapons] + [(STORE, None), (TRACKED, None), (LEAKERS, None)]
    yield _line(CHANNELS, None, counts[:, : len(units)].sum(axis=1))
    for k, (quantity, name) in enumerate(names):
        yield _line(quantity, name, counts[:, k])


def _line(quantity: str, name: str | None, counts: NDArray[np.integer]) -> Line:
    return Line(quantity, name, counts.mean(axis=0), np.quantile(counts, list(BANDS.values()), axis=0, method="inverted_cdf"))
