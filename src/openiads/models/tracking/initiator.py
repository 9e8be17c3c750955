"""Initiator: every plot that no track took begins a tentative one.

The first plot gives the position; the velocity is unknown but for its spread, so that the second plot makes the two-point difference of
a target that is not too fast (see the gater). A radial speed is used at once.
Not modelled: a map of clutter, and retrospective starts from several scans.
Reference: Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to Tracking and Navigation" (2001), section 5.5.3;
D. Musicki and R. Evans, "Measurement Gaussian sum mixture target tracking" (2006), for one-point starts.
"""

from __future__ import annotations

import numpy as np

from openiads.kernel import kernel
from openiads.models.tracking.mixture import clear_estimate, combine
from openiads.models.tracking.updater import update_radial
from openiads.state.arrays import PlotTracker
from openiads.state.plots import FREE, TENTATIVE


@kernel
def start_tracks(tracker: PlotTracker) -> None:
    """Begin a tentative track with every plot that is left, in the first free rows; rows that lack are not looked for."""
    k = 0
    for j in range(tracker.scan[0]["plots"]):
        if tracker.plots[j]["track"] >= 0:
            continue
        while k < tracker.tracks.shape[0] and tracker.tracks[k]["status"] != FREE:
            k += 1
        if k == tracker.tracks.shape[0]:
            return
        start_track(tracker, k, tracker.plots[j])
        tracker.scan[0]["track_end"] = max(tracker.scan[0]["track_end"], k + 1)


@kernel
def start_track(tracker: PlotTracker, k: int, plot: np.void) -> None:
    """Begin track `k` with one plot."""
    rules, track, scan = tracker.rules[0], tracker.tracks[k], tracker.scan[0]
    scan["next_id"] += 1
    track["id"], track["status"], track["plot"] = scan["next_id"], TENTATIVE, -1
    track["time_s"] = track["born_s"] = track["firm_s"] = plot["time_s"]
    track["hits"], track["misses"], track["history"] = 1, 0, 1
    track["score"] = track["best_score"] = 0.0
    for m in range(rules["models"]):
        estimate = tracker.estimates[k, m]
        clear_estimate(estimate)
        track["share"][m] = rules["start_share"][m]
        for a in range(3):
            frozen = a >= rules["dimensions"]
            estimate["pos_m"][a] = plot["pos_m"][a]
            sd_mps = rules["start_speed_sd_mps"][a]
            estimate["cov_vel_m2ps2"][a, a] = 0.0 if frozen else sd_mps * sd_mps
            for b in range(3):
                estimate["cov_pos_m2"][a, b] = 0.0 if frozen or b >= rules["dimensions"] else plot["cov_m2"][a, b]
        update_radial(estimate, plot)
    combine(tracker, k)
