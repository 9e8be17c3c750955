"""Gater: which plots may be of which track, and at what cost.

A plot is a candidate when its squared Mahalanobis distance is inside the gate and it is likelier to be of the track than clutter while
the track is missed (the maximum-likelihood gate, which adapts to detection, clutter and how well the track is known). Plots are sorted
into a grid of about one plot a cell, so that a track looks at its neighbours only.
Not modelled: clutter whose density differs from place to place.
References: S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999), sections 6.3 and 6.2; Y. Bar-Shalom and
X. R. Li, "Multitarget-Multisensor Tracking" (1995), section 2.3.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.kernel import kernel
from openiads.models.tracking.associator import reset_plot
from openiads.models.tracking.mixture import predict_mixture
from openiads.models.tracking.updater import compare, radial_misfit
from openiads.state.arrays import PlotTracker
from openiads.state.plots import COMBINED, FREE

_TWO_PI = 2.0 * math.pi


@kernel
def sort_plots(tracker: PlotTracker) -> None:
    """Bounds of the scan, and its plots in the order of the cells of a grid over them."""
    scan, cells = tracker.scan[0], tracker.cells
    n = scan["plots"]
    _bound(tracker)
    side = max(1, int(math.sqrt(float(n))))
    scan["columns"] = scan["rows"] = side
    for g in range(side * side + 1):
        cells[g]["first"] = 0
    for j in range(n):
        plot = tracker.plots[j]
        plot["cell"] = _cell_of(scan, 0, plot["pos_m"][0]) * side + _cell_of(scan, 1, plot["pos_m"][1])
        cells[plot["cell"] + 1]["first"] += 1
    for g in range(side * side):
        cells[g + 1]["first"] += cells[g]["first"]
    for back in range(n):
        j = n - 1 - back
        below = cells[tracker.plots[j]["cell"] + 1]
        below["first"] -= 1
        tracker.order[below["first"]]["plot"] = j
    for g in range(side * side):  # what was counted down is the first of each cell
        cells[g]["first"] = cells[g + 1]["first"]
    cells[side * side]["first"] = n


@kernel
def _bound(tracker: PlotTracker) -> None:
    """Earliest and latest plot, corners of the grid and of all plots so far, greatest variances."""
    scan = tracker.scan[0]
    for j in range(scan["plots"]):
        plot = tracker.plots[j]
        reset_plot(plot)
        scan["first_s"] = plot["time_s"] if j == 0 else min(scan["first_s"], plot["time_s"])
        scan["last_s"] = plot["time_s"] if j == 0 else max(scan["last_s"], plot["time_s"])
        for a in range(3):
            x, var = plot["pos_m"][a], plot["cov_m2"][a, a]
            scan["low_m"][a] = x if j == 0 else min(scan["low_m"][a], x)
            scan["cell_m"][a] = x if j == 0 else max(scan["cell_m"][a], x)
            scan["greatest_cov_m2"][a] = var if j == 0 else max(scan["greatest_cov_m2"][a], var)
            scan["area_low_m"][a] = min(scan["area_low_m"][a], x)
            scan["area_high_m"][a] = max(scan["area_high_m"][a], x)
    side = max(1, int(math.sqrt(float(scan["plots"]))))
    for a in range(3):
        scan["cell_m"][a] = max((scan["cell_m"][a] - scan["low_m"][a]) / side, 1.0)


@kernel
def _cell_of(scan: np.void, axis: int, pos_m: float) -> int:
    """Column or row of the grid, the outermost for what is outside."""
    place = (pos_m - scan["low_m"][axis]) / scan["cell_m"][axis]
    return int(min(max(place, 0.0), scan["columns"] - 1.0))


@kernel
def find_all_pairs(tracker: PlotTracker) -> int:
    """The candidates of every track; returns 1 if there was no room for them, else 0."""
    scan = tracker.scan[0]
    scan["pairs"] = 0
    for k in range(scan["track_end"]):
        if tracker.tracks[k]["status"] != FREE:
            tracker.tracks[k]["pair_first"], tracker.tracks[k]["pair_count"] = scan["pairs"], 0
            if scan["plots"] > 0 and find_pairs(tracker, k):
                return 1
    return 0


@kernel
def find_pairs(tracker: PlotTracker, k: int) -> int:
    """The candidates of one track, cell by cell; returns 1 if there was no room for them, else 0."""
    scan, ahead = tracker.scan[0], tracker.work[COMBINED]
    at_s = scan["last_s"]
    predict_mixture(tracker, k, at_s - tracker.tracks[k]["time_s"])
    reach = tracker.work[0]["pos_m"]
    for a in range(2):
        reach[a] = math.sqrt(tracker.rules[0]["gate"] * (ahead["cov_pos_m2"][a, a] + scan["greatest_cov_m2"][a]))
    early_s = scan["first_s"] - scan["last_s"]
    shift_x, shift_y = ahead["vel_mps"][0] * early_s, ahead["vel_mps"][1] * early_s
    x, y, hx, hy = ahead["pos_m"][0], ahead["pos_m"][1], reach[0], reach[1]
    low_x, high_x = min(x, x + shift_x) - hx, max(x, x + shift_x) + hx
    low_y, high_y = min(y, y + shift_y) - hy, max(y, y + shift_y) + hy
    first_row, last_row = _cell_of(scan, 1, low_y), _cell_of(scan, 1, high_y)
    for column in range(_cell_of(scan, 0, low_x), _cell_of(scan, 0, high_x) + 1):
        first = tracker.cells[column * scan["rows"] + first_row]["first"]
        end = tracker.cells[column * scan["rows"] + last_row + 1]["first"]
        for o in range(first, end):
            j = tracker.order[o]["plot"]
            px, py = tracker.plots[j]["pos_m"][0], tracker.plots[j]["pos_m"][1]
            if px < low_x or px > high_x or py < low_y or py > high_y:
                continue
            if tracker.plots[j]["time_s"] != at_s:
                at_s = tracker.plots[j]["time_s"]
                predict_mixture(tracker, k, at_s - tracker.tracks[k]["time_s"])
            if _note_pair(tracker, k, j):
                return 1
    return 0


@kernel
def _note_pair(tracker: PlotTracker, k: int, j: int) -> int:
    """Note a plot as a candidate if it is one; returns 1 if there was no room for it, else 0."""
    scan, rules, found = tracker.scan[0], tracker.rules[0], tracker.innovations[COMBINED]
    plot, ahead = tracker.plots[j], tracker.work[COMBINED]
    compare(ahead, plot, found)
    radial2, log_var = radial_misfit(ahead, plot)
    distance2 = found["distance2"] + radial2
    if distance2 > rules["gate"] or (tracker.tracks[k]["hits"] == 1 and _too_fast(tracker, k, j)):
        return 0
    cost = distance2 + found["log_det"] + miss_or_clutter(rules, scan["clutter_per_m"])
    if plot["radial_var_m2ps2"] >= 0.0:  # clutter has any radial speed up to the greatest, either way
        cost += log_var + math.log(_TWO_PI) - 2.0 * math.log(2.0 * rules["speed_limit_mps"])
    if cost >= 0.0:
        return 0
    if scan["pairs"] >= tracker.pairs.shape[0]:
        return 1
    tracker.pairs[scan["pairs"]]["plot"], tracker.pairs[scan["pairs"]]["cost"] = j, cost
    scan["pairs"] += 1
    tracker.tracks[k]["pair_count"] += 1
    return 0


@kernel
def miss_or_clutter(rules: np.void, clutter_per_m: float) -> float:
    """Constant of the cost: 2 ln((1 - Pd) beta (2 pi)^(n/2) / Pd), with n dimensions and the density beta of clutter."""
    detection = rules["detection"]
    return 2.0 * math.log((1.0 - detection) * clutter_per_m / detection) + rules["dimensions"] * math.log(_TWO_PI)


@kernel
def _too_fast(tracker: PlotTracker, k: int, j: int) -> bool:
    """Whether the first two plots of a track would need more than the greatest speed, with three standard deviations of doubt."""
    first, second = tracker.estimates[k, COMBINED], tracker.plots[j]
    way2 = var = 0.0
    for a in range(3):
        step = second["pos_m"][a] - first["pos_m"][a]
        way2 += step * step
        var = max(var, first["cov_pos_m2"][a, a] + second["cov_m2"][a, a])
    limit_m = tracker.rules[0]["speed_limit_mps"] * (second["time_s"] - tracker.tracks[k]["time_s"]) + 3.0 * math.sqrt(var)
    return bool(way2 > limit_m * limit_m)
