"""One scan of the plot tracker: gate, assign, update, begin and end tracks.

Not modelled: several hypotheses kept open, targets that merge into one plot, extended targets.
Reference: S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999), chapter 6.
"""

from __future__ import annotations

from openiads.kernel import kernel
from openiads.models.tracking.associator import assign
from openiads.models.tracking.deleter import update_tracks
from openiads.models.tracking.gater import find_all_pairs, sort_plots
from openiads.models.tracking.initiator import start_tracks
from openiads.state.arrays import PlotTracker
from openiads.state.plots import FIRM, TENTATIVE

#: Least box of the clutter; part of the newest scan in the running estimate of the density of clutter.
_UP, _LEAST_SIDE_M, _LEAST_DEPTH_M = 2, 10e3, 1e3
_NEWEST = 0.2


@kernel
def scan_plots(tracker: PlotTracker) -> int:
    """Take the first `scan.plots` rows of `plots` as one scan; returns 1, with nothing changed, if `pairs` must be longer, else 0.

    There must be as many free rows of `tracks` as plots.
    """
    scan = tracker.scan[0]
    sort_plots(tracker)
    if scan["scans"] == 0:
        note_clutter(tracker)
    if find_all_pairs(tracker):
        return 1
    assign(tracker, FIRM)
    scan["scans"] += 1
    note_clutter(tracker)
    assign(tracker, TENTATIVE)
    update_tracks(tracker)
    start_tracks(tracker)
    return 0


@kernel
def note_clutter(tracker: PlotTracker) -> None:
    """Density of clutter: as told, or the plots that no firm track takes over the box of all plots so far, averaged over scans.

    The box is at least 10 km wide and 1 km deep, for the plots of a few targets do not show how much the radar surveys (our judgement).
    Plots of targets without a firm track count too, so that the estimate is high at first and tracks begin with caution.
    """
    scan, rules = tracker.scan[0], tracker.rules[0]
    if rules["clutter_per_m"] > 0.0:
        scan["clutter_per_m"] = rules["clutter_per_m"]
        return
    volume = 1.0
    for a in range(rules["dimensions"]):
        volume *= max(scan["area_high_m"][a] - scan["area_low_m"][a], _LEAST_SIDE_M if a < _UP else _LEAST_DEPTH_M)
    left = 0
    for j in range(scan["plots"]):
        if tracker.plots[j]["track"] < 0:
            left += 1
    newest = max(left / volume, rules["least_clutter_per_m"])
    old = scan["clutter_per_m"]
    scan["clutter_per_m"] = newest if scan["scans"] == 0 else old + _NEWEST * (newest - old)
