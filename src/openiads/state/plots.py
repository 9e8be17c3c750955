"""Every row of the plot tracker, field by field: plots of one scan in, tracks kept from scan to scan.

`PlotTracker` is a NamedTuple of structured arrays like `State`, so that an engine may hold one per radar and a program one per
recording. Positions are in one Cartesian frame of the user's choice (east, north, up of a radar or of a picture), in metres. In two
dimensions the third axis is frozen: position, speed and their variances are 0 there, and plots have a variance of 1 m2, so that the
same arithmetic serves. An index of -1 means "none".
"""

from __future__ import annotations

from typing import NamedTuple

from openiads.state.rows import Table
from openiads.state.rows import row as _dtype

MODELS = 3
"""Motion models that a track may have at most."""
COMBINED = MODELS
"""Column of `estimates` with the mixture over the models; those before hold one model each."""

VEC, MATRIX = (3,), (3, 3)

TRACK_RULES = _dtype(  # one row: what the tracker was told
    ("dimensions", "i8"),  # 2 or 3
    ("models", "i8"),  # motion models in use, 1 to MODELS
    ("detection", "f8"),  # chance that a scan has a plot of a target
    ("gate", "f8"),  # greatest squared Mahalanobis distance of a plot, chi-square
    ("clutter_per_m", "f8"),  # false plots per scan and m2 (or m3); 0: estimated from the plots that no firm track takes
    ("least_clutter_per_m", "f8"),  # an estimate is not below this
    ("confirm_hits", "i8"),  # M: hits
    ("confirm_window", "i8"),  # N: among so many scans
    ("confirm_score", "f8"),  # and at least this log-likelihood ratio of target to clutter
    ("sure_hits", "i8"),  # so many hits confirm with any score
    ("drop_misses", "i8"),  # K: so many misses in a row drop a firm track
    ("tentative_misses", "i8"),  # and a tentative one
    ("speed_limit_mps", "f8"),  # no target is faster: two plots that would need more do not begin a track
    ("start_speed_sd_mps", "f8", VEC),  # spread of the unknown velocity of a new track, by axis
    ("stay", "f8", MATRIX),  # [from, to]: chance of a change of the motion model from one update to the next
    ("start_share", "f8", VEC),  # chances of the models of a new track
    ("psd_m2ps3", "f8", MATRIX),  # [model, axis]: power spectral density of the white acceleration
)

PLOTS = _dtype(  # one scan; the fields after `toward` belong to the tracker
    ("time_s", "f8"),
    ("pos_m", "f8", VEC),
    ("cov_m2", "f8", MATRIX),
    ("radial_mps", "f8"),  # measured speed away from the radar
    ("radial_var_m2ps2", "f8"),  # its variance; below 0: not measured
    ("toward", "f8", VEC),  # unit vector from the radar to the plot
    ("cell", "i8"),  # of the grid over the plots
    ("track", "i8"),  # that takes it
    ("taken", "i8"),  # 1: by a track of an earlier round
    ("price", "f8"),  # dual variable of the assignment
    ("reach", "f8"),  # length of the shortest path to it
    ("came_from", "i8"),  # track before it on that path
    ("done", "i8"),  # 1: that length is final; 0: it is not; -1: not reached yet
)

POLAR_PLOTS = _dtype(  # as a radar measures them
    ("range_m", "f8"),
    ("angle_rad", "f8"),  # from the first axis towards the second
    ("elevation_rad", "f8"),  # 0 where it is not measured
    ("range_sd_m", "f8"),
    ("angle_sd_rad", "f8"),
    ("elevation_sd_rad", "f8"),  # 0: not measured
)

TRACK_FILES = _dtype(
    ("id", "i8"),  # counted from 1, never used again
    ("status", "i8"),  # FREE, TENTATIVE, FIRM
    ("time_s", "f8"),  # of the estimate: its last plot
    ("born_s", "f8"),  # its first plot
    ("firm_s", "f8"),  # when it was confirmed
    ("hits", "i8"),
    ("misses", "i8"),  # in a row
    ("history", "i8"),  # bits of the last scans, newest lowest
    ("score", "f8"),  # log-likelihood ratio of target to clutter
    ("best_score", "f8"),  # the highest so far
    ("share", "f8", VEC),  # chances of the motion models
    ("pair_first", "i8"),  # its candidates in PAIRS
    ("pair_count", "i8"),
    ("plot", "i8"),  # the plot it gets in this scan
    ("price", "f8"),  # dual variable of the assignment
)
FREE, TENTATIVE, FIRM = range(3)

ESTIMATES = _dtype(  # [track, model, then the mixture]
    ("pos_m", "f8", VEC),
    ("vel_mps", "f8", VEC),
    ("cov_pos_m2", "f8", MATRIX),
    ("cov_pos_vel", "f8", MATRIX),  # [axis of position, axis of velocity]
    ("cov_vel_m2ps2", "f8", MATRIX),
)

INNOVATIONS = _dtype(  # of one plot and one estimate
    ("residual_m", "f8", VEC),
    ("cov_m2", "f8", MATRIX),
    ("inverse", "f8", MATRIX),
    ("distance2", "f8"),  # squared Mahalanobis distance
    ("log_det", "f8"),  # logarithm of the determinant of the covariance
)

PAIRS = _dtype(("plot", "i8"), ("cost", "f8"))  # a candidate plot of a track; cost: below 0 better than clutter and a miss
CELLS = _dtype(("first", "i8"))  # in `order`, of each cell and one beyond
ORDER = _dtype(("plot", "i8"))
TOUCHED = _dtype(("plot", "i8"))  # that the search for a path has reached

SCAN = _dtype(  # one row: where the tracker stands
    ("plots", "i8"),
    ("first_s", "f8"),  # earliest and latest plot of the scan
    ("last_s", "f8"),
    ("track_end", "i8"),  # one beyond the last track in use
    ("pairs", "i8"),
    ("next_id", "i8"),
    ("touched", "i8"),
    ("scans", "i8"),  # so far
    ("low_m", "f8", VEC),  # corners of the grid
    ("cell_m", "f8", VEC),
    ("columns", "i8"),
    ("rows", "i8"),
    ("area_low_m", "f8", VEC),  # corners of all plots so far
    ("area_high_m", "f8", VEC),
    ("clutter_per_m", "f8"),  # in use
    ("greatest_cov_m2", "f8", VEC),  # of the plots of the scan, by axis
)


class PlotTracker(NamedTuple):
    """All rows of one tracker; the names say the row types."""

    rules: Table
    tracks: Table  # (n_tracks,)
    estimates: Table  # (n_tracks, MODELS + 1)
    work: Table  # (MODELS + 1,) estimates
    innovations: Table  # (MODELS + 1,)
    plots: Table  # (n_plots,)
    pairs: Table
    cells: Table
    order: Table
    touched: Table
    scan: Table
