"""Deleter: what a hit or a miss does to a track: its score, its confirmation, its end.

M hits in N scans confirm a track whose score is high enough, more hits confirm any; K misses in a row end it. The score is the
logarithm of the likelihood ratio that the plots are of one target rather than clutter.
Not modelled: the merging of two tracks of one target.
Reference: R. Sittler, "An optimal data association problem in surveillance theory", IEEE Trans. Military Electronics 8 (1964), 125-139;
S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999), section 6.2.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.kernel import kernel
from openiads.models.tracking.associator import assigned_cost
from openiads.models.tracking.mixture import update_mixture
from openiads.state.arrays import PlotTracker
from openiads.state.plots import FIRM, FREE, TENTATIVE


@kernel
def update_tracks(tracker: PlotTracker) -> None:
    """Correct the tracks that got a plot, count what the others missed, confirm and end; shorten the rows in use."""
    scan, end = tracker.scan[0], 0
    for k in range(scan["track_end"]):
        track = tracker.tracks[k]
        if track["status"] == FREE:
            continue
        if track["plot"] >= 0:
            note_hit(tracker.rules[0], track, assigned_cost(tracker, k))
            update_mixture(tracker, k, tracker.plots[track["plot"]])
            note_confirmation(tracker.rules[0], track, tracker.plots[track["plot"]]["time_s"])
        else:
            note_miss(tracker.rules[0], track)
        if track["status"] != FREE:
            end = k + 1
    scan["track_end"] = end


@kernel
def note_hit(rules: np.void, track: np.void, cost: float) -> None:
    """A plot at this cost: the score rises by ln(Pd p / beta) = ln(1 - Pd) - cost / 2."""
    track["hits"] += 1
    track["misses"] = 0
    track["history"] = (track["history"] << 1 | 1) & ((1 << rules["confirm_window"]) - 1)
    track["score"] += math.log(1.0 - rules["detection"]) - 0.5 * cost
    track["best_score"] = max(track["best_score"], track["score"])


@kernel
def note_miss(rules: np.void, track: np.void) -> None:
    """A scan without a plot: the score falls by -ln(1 - Pd); too many end the track."""
    track["misses"] += 1
    track["history"] = track["history"] << 1 & ((1 << rules["confirm_window"]) - 1)
    track["score"] += math.log(1.0 - rules["detection"])
    limit = rules["drop_misses"] if track["status"] == FIRM else rules["tentative_misses"]
    if track["misses"] >= limit:
        track["status"] = FREE


@kernel
def note_confirmation(rules: np.void, track: np.void, now_s: float) -> None:
    """A tentative track with M hits in the last N scans and the score, or with so many hits that the score does not matter, is firm."""
    if track["status"] != TENTATIVE:
        return
    hits, history = 0, track["history"]
    while history > 0:
        hits += history & 1
        history >>= 1
    enough = hits >= rules["confirm_hits"] and (track["score"] >= rules["confirm_score"] or track["hits"] >= rules["sure_hits"])
    if enough:
        track["status"], track["firm_s"] = FIRM, now_s
