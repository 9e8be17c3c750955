"""Associator: which track gets which plot, so that the sum of the costs is least (global nearest neighbour).

Every track has its candidates with their costs and may go without at a cost of 0. The shortest augmenting path is looked for track by
track over the candidates only, so that the work stays within the tracks that compete. A round gives the plots of firm tracks away
before the tentative ones may ask.
Not modelled: plots that belong to two tracks, and decisions put off until later scans.
Reference: R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems", Computing
38 (1987), 325-340; global nearest neighbour as in S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999),
section 6.4.
"""

from __future__ import annotations

import numpy as np

from openiads.kernel import kernel
from openiads.state.arrays import PlotTracker

_FAR = 1e300


@kernel
def assign(tracker: PlotTracker, status: int) -> None:
    """Give the plots that nobody has taken to the tracks of one status; then they are taken."""
    scan = tracker.scan[0]
    for k in range(scan["track_end"]):
        if tracker.tracks[k]["status"] == status:
            tracker.tracks[k]["plot"] = -1
            tracker.tracks[k]["price"] = 0.0
            if tracker.tracks[k]["pair_count"] > 0:
                _augment(tracker, k)
    for j in range(scan["plots"]):
        plot = tracker.plots[j]
        if plot["track"] >= 0:
            plot["taken"] = 1


@kernel
def _augment(tracker: PlotTracker, root: int) -> None:
    """Find the cheapest way to serve one more track, moving others from plot to plot where that pays."""
    scan = tracker.scan[0]
    scan["touched"] = 0
    k, length = root, 0.0
    none_at, none_length, found = root, _FAR, -1
    while True:
        without = length - tracker.tracks[k]["price"]  # this track goes without
        if without < none_length:
            none_at, none_length = k, without
        _reach(tracker, k, length)
        j = _nearest(tracker)
        if j < 0 or tracker.plots[j]["reach"] >= none_length:
            break
        tracker.plots[j]["done"] = 1
        if tracker.plots[j]["track"] < 0:
            found = j
            break
        k, length = tracker.plots[j]["track"], tracker.plots[j]["reach"]
    final = none_length if found < 0 else tracker.plots[found]["reach"]
    _reprice(tracker, root, final)
    if found < 0 and none_at != root:
        found = tracker.tracks[none_at]["plot"]
        tracker.tracks[none_at]["plot"] = -1
    if found >= 0:
        _hand_over(tracker, root, found)


@kernel
def _reach(tracker: PlotTracker, k: int, length: float) -> None:
    """Lengths of the paths over track `k` to its candidates."""
    track, scan = tracker.tracks[k], tracker.scan[0]
    for e in range(track["pair_first"], track["pair_first"] + track["pair_count"]):
        pair = tracker.pairs[e]
        plot = tracker.plots[pair["plot"]]
        if plot["taken"] or plot["done"] == 1:
            continue
        reach = length + pair["cost"] - track["price"] - plot["price"]
        if plot["done"] < 0:
            plot["done"], plot["reach"] = 0, _FAR
            tracker.touched[scan["touched"]]["plot"] = pair["plot"]
            scan["touched"] += 1
        if reach < plot["reach"]:
            plot["reach"], plot["came_from"] = reach, k


@kernel
def _nearest(tracker: PlotTracker) -> int:
    """The plot with the shortest path among those whose length is not final."""
    best, at = _FAR, -1
    for t in range(tracker.scan[0]["touched"]):
        j = tracker.touched[t]["plot"]
        if tracker.plots[j]["done"] == 0 and tracker.plots[j]["reach"] < best:
            best, at = tracker.plots[j]["reach"], j
    return at


@kernel
def _reprice(tracker: PlotTracker, root: int, final: float) -> None:
    """New dual variables along the search tree, and the marks of the search are gone."""
    tracker.tracks[root]["price"] += final
    for t in range(tracker.scan[0]["touched"]):
        plot = tracker.plots[tracker.touched[t]["plot"]]
        if plot["done"] == 1 and plot["reach"] < final:
            plot["price"] -= final - plot["reach"]
            if plot["track"] >= 0:
                tracker.tracks[plot["track"]]["price"] += final - plot["reach"]
        plot["done"] = -1


@kernel
def _hand_over(tracker: PlotTracker, root: int, found: int) -> None:
    """Go back along the path: every track on it gets the plot after it."""
    j = found
    while True:
        k = tracker.plots[j]["came_from"]
        before = tracker.tracks[k]["plot"]
        tracker.tracks[k]["plot"] = j
        tracker.plots[j]["track"] = k
        if k == root:
            return
        j = before


@kernel
def assigned_cost(tracker: PlotTracker, k: int) -> float:
    """Cost of the plot that track `k` got; 0 without."""
    track = tracker.tracks[k]
    for e in range(track["pair_first"], track["pair_first"] + track["pair_count"]):
        if tracker.pairs[e]["plot"] == track["plot"]:
            return float(tracker.pairs[e]["cost"])
    return 0.0


@kernel
def reset_plot(plot: np.void) -> None:
    """Forget what an earlier scan left in a row of plots."""
    plot["track"], plot["taken"], plot["price"] = -1, 0, 0.0
    plot["done"], plot["came_from"] = -1, -1
