"""One limit lifted: paired changes under the same luck.

Replicate k with a limit lifted has the luck of nominal replicate k, so the change is the mean of the differences, with Student's
interval over replicates (A. Law, Simulation Modeling and Analysis (2015), sec. 10.2.1 and 11.2: common random numbers). What pairing
gains is the variance of a difference of two independent replicates over that of the paired one.

Not modelled: what lifting two limits at once would do; effects do not add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openiads.metrics.spreads import simulation_error


@dataclass(frozen=True)
class Lifted:
    """Outcome rows (n,) of the first n nominal replicates with one limit lifted; None where there is no such limit."""

    name: str
    words: str
    absent: str
    """What is said where there is no such limit."""
    rows: NDArray[np.void] | None


def effects(nominal: NDArray[np.void], lifted: tuple[Lifted, ...]) -> list[dict[str, Any]]:
    """What each lift does to the leakers of nominal rows (n,), the greatest reduction first, limits that there are not last."""
    found = [_effect(nominal["leakers"], lift) for lift in lifted]
    return sorted(found, key=lambda row: (row["absent"] is not None, row["change"]["mean"]))


def _effect(nominal: NDArray[Any], lift: Lifted) -> dict[str, Any]:
    leakers = nominal if lift.rows is None else lift.rows["leakers"]
    return {
        "limit": lift.name,
        "words": lift.words,
        "absent": lift.absent if lift.rows is None else None,
        "replicates": 0 if lift.rows is None else leakers.size,
        "leakers": float(leakers.mean()),
        **paired(nominal[: leakers.size], leakers),
    }


def paired(before: ArrayLike, after: ArrayLike) -> dict[str, Any]:
    """The change from `before` to `after`, both (n,), replicate by replicate.

    Keys: change (mean, simulation_error, low, high; all but the mean None with one replicate), variance_reduction (None where every
    replicate changes alike).
    """
    x, y = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    mean, error = float((y - x).mean()), simulation_error(y - x)
    low, high = (None, None) if error is None else (mean - error, mean + error)
    gain = float((x.var(ddof=1) + y.var(ddof=1)) / (y - x).var(ddof=1)) if error else None
    return {"change": {"mean": mean, "simulation_error": error, "low": low, "high": high}, "variance_reduction": gain}
