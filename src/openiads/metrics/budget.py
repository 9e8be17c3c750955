"""Where the time of leakers went: their flight, cut at the steps of the kill chain into segments that sum to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.analytic.intervals import ratio_estimate
from openiads.codes import Cause
from openiads.metrics.words import CAUSE_WORDS
from openiads.records.cast import Cast

Rows = NDArray[np.void]
Floats = NDArray[np.float64]

#: Times of the table leaker between which the segments lie.
STEPS = (
    "start_s",
    "visible_s",
    "firm_s",
    "identified_s",
    "designated_s",
    "ready_s",
    "first_feasible_s",
    "first_launch_s",
    "last_end_s",
    "end_s",
)
#: From each step to the next one, or to the end of the flight where that never came.
SEGMENTS = {
    "out of sight": "until a working radar that needs no cue had it inside coverage and line of sight",
    "in sight, no firm track": "until a picture had a firm track of it",
    "identification": "until it was identified",
    "no launch foreseen": "identified, but no launch after the reaction could have met it yet",
    "reaction": "from designation until the post was ready to launch",
    "out of range": "ready, but a launch would not have reached it yet, or no radar was left to track it",
    "waiting for service": "in reach, waiting for a channel, a missile, a fire-control track, the launch interval or a repair",
    "shots": "from the first launch until the last engagement was over",
    "no further shot": "after the last engagement",
}
#: Errors below this are rounding of sums of times.
_DECIMALS = 6


def segments_s(times: Rows | Mapping[str, Floats]) -> Floats:
    """Seconds (n, 9) that leakers spent in each of `SEGMENTS`, from the times (n,) of `STEPS`; NaN where a step never came."""
    way_s = np.stack([np.fmin(times[name], times["end_s"]) for name in STEPS], axis=1)
    return np.diff(way_s, axis=1)


def time_budget(rows: Rows, runs: int, cast: Cast) -> dict[str, Any] | None:
    """Mean segments of leakers: of all, by group and by cause, from rows of the leakers of `runs` replicates; None without a leaker."""
    if not rows.size:
        return None
    seconds = segments_s(rows)
    group = np.repeat(np.arange(len(cast.groups)), [g.count for g in cast.groups])[rows["object"]]

    def budget(of: NDArray[np.bool_]) -> dict[str, Any]:
        return _budget(rows["replication"][of], seconds[of], runs)

    groups = [{"group": g.name, **budget(group == k)} for k, g in enumerate(cast.groups) if (group == k).any()]
    causes = [Cause(c) for c in np.argsort(-np.bincount(rows["cause"]), kind="stable") if (rows["cause"] == c).any()]
    return {
        "all": budget(np.ones(rows.size, np.bool_)),
        "groups": groups,
        "causes": [{"cause": c.name.lower(), "name": CAUSE_WORDS[c], **budget(rows["cause"] == c)} for c in causes],
    }


def _budget(replication: NDArray[np.int64], seconds: Floats, runs: int) -> dict[str, Any]:
    """Mean flight and segments of leakers (n, 9) with simulation errors; their number is drawn too, so means are ratios over replicates."""
    leakers = np.bincount(replication, minlength=runs)

    def mean(of_s: Floats) -> dict[str, float | None]:
        total_s = np.bincount(replication, of_s, minlength=runs)
        if np.count_nonzero(leakers) < 2:  # nothing tells how far two such nights are apart
            return {"mean_s": float(total_s.sum() / leakers.sum()), "simulation_error_s": None}
        estimate = ratio_estimate(total_s, leakers)
        return {"mean_s": estimate.value, "simulation_error_s": round(estimate.value - estimate.lower, _DECIMALS)}

    return {
        "leakers": replication.size,
        "flight": mean(seconds.sum(axis=1)),
        "segments": [{"name": name, **mean(seconds[:, k])} for k, name in enumerate(SEGMENTS)],
    }
