"""Oracle topics of the plot tracker: assignment, filters, conversion of polar plots, distances of pictures, and scores beside a peer."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.metrics.pictures import gospa, ospa
from openiads.models.tracking.associator import assign, reset_plot
from openiads.models.tracking.mixture import update_mixture
from openiads.models.tracking.updater import compare as residual_of
from openiads.simulation.tracker import Plots, Tracker, TrackerOptions, rows_for
from openiads.state.plots import COMBINED, FIRM, PlotTracker
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError, band, compare

Floats = NDArray[np.float64]

#: State of an oracle, [x, vx, y, vy], as positions and velocities.
_POSITIONS, _VELOCITIES = [0, 2], [1, 3]
#: Standard deviations of the synthetic raid are stated in the case; the rest is what any user would tell the tracker of its clutter.
_WITHIN_M = (5e3, 150e3)


def _gnn(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    """Costs are those of the case less what a track pays without a plot, so that 0 is going without."""
    given, expected = case["inputs"], case["expected"]
    distance2 = np.asarray(given["mahalanobis2"], dtype=np.float64)
    n, m = distance2.shape
    rows = rows_for(TrackerOptions(), tracks=n, plots=m, pairs=n * m)
    scan = rows.scan[0]
    scan["plots"], scan["track_end"] = m, n
    for plot in rows.plots[:m]:
        reset_plot(plot)
    for k in range(n):
        track = rows.tracks[k]
        track["status"], track["pair_first"] = FIRM, scan["pairs"]
        for j in np.flatnonzero(distance2[k] <= given["gate"]):
            pair = rows.pairs[scan["pairs"]]
            pair["plot"], pair["cost"] = j, distance2[k, j] - given["cost_of_unassigned_track"]
            scan["pairs"] += 1
        track["pair_count"] = scan["pairs"] - track["pair_first"]
    assign(rows, FIRM)
    plots = rows.tracks["plot"][:n]
    got = [k for k in range(n) if plots[k] >= 0]
    total = sum(distance2[k, plots[k]] for k in got) + (n - len(got)) * given["cost_of_unassigned_track"]
    checks = compare({"total_cost": expected["total_cost"]}, {"total_cost": float(total)}, case["tolerance"]["abs"], "abs")
    wanted = [-1 if j is None else int(j) for j in expected["assignment_track_to_plot"]]
    return [
        *checks,
        Check("n_assigned", float(len(got)), expected["n_assigned"], 0.0, "exact"),
        Check("assignment_track_to_plot", str(plots.tolist()), str(wanted), 0.0, "exact"),
    ]


def _filtered(given: Mapping[str, Any], noises: list[float], transition: Floats, shares: list[float]) -> tuple[PlotTracker, Floats, Floats]:
    """The tracker's one track after all measurements, its shares after each, and the normalised innovations before each."""
    models = len(noises)
    rows = rows_for(TrackerOptions(dimensions=2), tracks=1, plots=1, pairs=1)
    rule, track = rows.rules[0], rows.tracks[0]
    rule["models"] = models
    rule["psd_m2ps3"][:] = 0.0
    rule["psd_m2ps3"][:models, :2] = np.asarray(noises)[:, None]
    rule["stay"][:models, :models] = transition
    track["share"][:models], track["time_s"] = shares, 0.0
    start, variances = np.asarray(given["x0"]), np.asarray(given["P0_diag"])
    for estimate in (*rows.estimates[0, :models], rows.estimates[0, COMBINED]):
        estimate["pos_m"][:2], estimate["vel_mps"][:2] = start[_POSITIONS], start[_VELOCITIES]
        estimate["cov_pos_m2"][[0, 1], [0, 1]], estimate["cov_vel_m2ps2"][[0, 1], [0, 1]] = variances[_POSITIONS], variances[_VELOCITIES]
    plots = Plots.cartesian(0.0, given["measurements"], sd_m=given["sigma_meas_m"]).table
    found, nis = [], []
    for k in range(len(plots)):
        plots[k]["time_s"] = (k + 1) * given["T_s"]
        if models == 1:
            nis.append(_innovation(rows, plots[k], given["T_s"]))
        update_mixture(rows, 0, plots[k])
        found.append(track["share"][:models].copy())
    return rows, np.asarray(found), np.asarray(nis)


def _innovation(rows: PlotTracker, plot: np.void, dt_s: float) -> float:
    from openiads.models.tracking.mixture import predict_mixture

    predict_mixture(rows, 0, dt_s)
    residual_of(rows.work[COMBINED], plot, rows.innovations[COMBINED])
    return float(rows.innovations[COMBINED]["distance2"])


def _estimate(rows: PlotTracker) -> tuple[Floats, Floats]:
    """State [x, vx, y, vy] and its covariance."""
    row = rows.estimates[0, COMBINED]
    state, covariance = np.zeros(4), np.zeros((4, 4))
    state[_POSITIONS], state[_VELOCITIES] = row["pos_m"][:2], row["vel_mps"][:2]
    cross = row["cov_pos_vel"][:2, :2]
    covariance[np.ix_(_POSITIONS, _POSITIONS)] = row["cov_pos_m2"][:2, :2]
    covariance[np.ix_(_VELOCITIES, _VELOCITIES)] = row["cov_vel_m2ps2"][:2, :2]
    covariance[np.ix_(_POSITIONS, _VELOCITIES)], covariance[np.ix_(_VELOCITIES, _POSITIONS)] = cross, cross.T
    return state, covariance


def _each(name: str, got: Floats, want: Any, tolerance: Mapping[str, float]) -> list[Check]:
    """One check a number: the larger of the absolute tolerance and the share of the value."""
    pairs = zip(np.ravel(got), np.ravel(np.asarray(want, dtype=np.float64)), strict=True)
    return [
        Check(f"{name}[{k}]", float(a), float(b), max(tolerance["abs"], tolerance["rel"] * abs(float(b))), "abs")
        for k, (a, b) in enumerate(pairs)
    ]


def _kf(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given, expected, tolerance = case["inputs"], case["expected"], case["tolerance"]
    rows, _shares, nis = _filtered(given, [given["q_psd"]], np.eye(1), [1.0])
    state, covariance = _estimate(rows)
    found = {"x_final": state, "P_final": covariance, "nis": nis}
    return [check for name, want in expected.items() for check in _each(name, found[name], want, tolerance)]


def _imm(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given, expected, tolerance = case["inputs"], case["expected"], case["tolerance"]
    if not given["models"].startswith("two CV models"):
        raise UncoveredError(f"other models than nearly constant velocity: {given['models']}")
    rows, shares, _nis = _filtered(given, given["q_psd"], np.asarray(given["transition"]), given["mu0"])
    state, covariance = _estimate(rows)
    found = {"x_final": state, "P_final": covariance, "mode_probabilities": shares}
    return [check for name, want in expected.items() for check in _each(name, found[name], want, tolerance)]


def _distances(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    if given["alpha"] != 2 or given["base_distance"] != "euclidean" or "p" not in given:
        raise UncoveredError("the law is GOSPA with alpha 2 and an order p over Euclidean distances")
    sets, c, p = (given["truth"], given["estimates"]), float(given["c"]), float(given["p"])
    found = gospa(*sets, c, p)
    got = {
        "ospa": ospa(*sets, c, p),
        "gospa": found.distance,
        "localisation_p": found.localisation_p,
        "missed_p": found.missed_p,
        "false_p": found.false_p,
        "n_assigned": float(len(found.pairs)),
    }
    return compare(case["expected"], got, case["tolerance"]["abs"], "abs")


def _polar(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    """The mean is that of measurements; the tracker's position is moved by it, away from the radar."""
    given = case["inputs"]
    angle_rad, sd_rad = math.radians(given["angle_from_x_axis_deg"]), math.radians(given["sigma_angle_deg"])
    plot = Plots.polar(0.0, [given["range_m"]], [0.5 * math.pi - angle_rad], given["sigma_range_m"], sd_rad).table[0]
    away_m = float(np.linalg.norm(plot["pos_m"]))
    got = {
        "mean_bias_along_range_m": given["range_m"] * (given["range_m"] / away_m - 1.0),
        "cov_xx": float(plot["cov_m2"][0, 0]),
        "cov_yy": float(plot["cov_m2"][1, 1]),
        "cov_xy": float(plot["cov_m2"][0, 1]),
    }
    return compare(case["expected"], got, case["tolerance"]["rel"], "rel")


def _peer(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
    """Scores of the product's tracker on the data of the case: not worse than the peer's by more than 10 %."""
    given, expected = case["inputs"], case["expected"]
    shape = re.fullmatch(r"c=(\d+) m, p=2, alpha=2, position only; truth counted inside (\d+)\.\.(\d+) km", given["gospa"])
    if context.data is None or shape is None:
        raise UncoveredError("its data are in a folder: --data FOLDER" if shape else f"another score: {given['gospa']}")
    c_m, near_m, far_m = float(shape[1]), 1e3 * float(shape[2]), 1e3 * float(shape[3])
    truth, detections = (_table(context.data, given["files"], word) for word in ("truth", "detections"))
    tracker = Tracker(dimensions=2, detection=given["pd"])
    scores = []
    for scan in range(given["scans"]):
        seen, there = detections[detections["scan"] == scan], truth[truth["scan"] == scan]
        sds = given["sigma_range_m"], math.radians(given["sigma_bearing_deg"])
        plots = Plots.polar(seen["time_s"], seen["range_m"], 0.5 * math.pi - seen["bearing_rad_from_x"], *sds)
        tracks = tracker.step(plots, scan * given["scan_period_s"])
        points = np.column_stack([there["x_m"], there["y_m"]])
        inside = [(near_m <= np.linalg.norm(x, axis=1)) & (np.linalg.norm(x, axis=1) <= far_m) for x in (points, tracks.pos_m[:, :2])]
        found = gospa(points[inside[0]], tracks.pos_m[inside[1], :2], c_m)
        half = 0.5 * c_m**2
        scores.append((found.distance, found.missed_p / half, found.false_p / half))
    means = np.mean(scores, axis=0)
    return [
        band(f"{name}, at most 1.1 of the peer's", float(got), 0.0, 1.1 * expected[name])
        for name, got in zip(("gospa_m", "missed", "false"), means, strict=True)
    ]


def _table(folder: Path, files: Mapping[str, str], word: str) -> NDArray[np.void]:
    """A file of the case as a structured array, if it is the one that the case means."""
    name, digest = next((name, digest) for name, digest in files.items() if word in name)
    try:
        raw = (folder / name).read_bytes()
    except OSError as error:
        raise UncoveredError(f"{name} is not in {folder}") from error
    if hashlib.sha256(raw).hexdigest() != digest and hashlib.sha256(gzip.decompress(raw)).hexdigest() != digest:
        raise UncoveredError(f"{name} in {folder} is another file than that of the case")
    header, *lines = csv.reader(io.StringIO(gzip.decompress(raw).decode()))
    return np.array([tuple(map(float, line)) for line in lines], dtype=[(column, "f8") for column in header])


_SEQUENCE = "T_s state q_psd sigma_meas_m x0 P0_diag measurements"
_SCORED = "files scan_period_s scans targets sigma_range_m sigma_bearing_deg pd clutter_per_scan area gospa"

LAWS: dict[tuple[str, str], Law] = {
    ("track_gnn", "gnn_assignment"): Law(
        _gnn, "mahalanobis2 gate cost_of_unassigned_track", "total_cost assignment_track_to_plot n_assigned", "abs"
    ),
    ("track_kf_imm_sequences", "kf_sequence"): Law(_kf, _SEQUENCE, "x_final P_final nis", "rel abs"),
    ("track_kf_imm_sequences", "imm_sequence"): Law(
        _imm, f"{_SEQUENCE} transition mu0 models", "x_final P_final mode_probabilities", "rel abs"
    ),
    ("track_ospa_gospa", "ospa_gospa"): Law(
        _distances, "truth estimates c alpha base_distance", "ospa? gospa? localisation_p? missed_p? false_p? n_assigned?", "abs"
    ),
    ("track_polar_conversion", "polar_to_cartesian_moments"): Law(
        _polar,
        "range_m angle_from_x_axis_deg sigma_range_m sigma_angle_deg",
        "mean_bias_along_range_m cov_xx cov_yy cov_xy",
        "rel mc_rel?",
    ),
    ("peer_tracker", "tracker_scores_synthetic_300"): Law(
        _peer,
        _SCORED,
        "peer gospa_m rms_localisation_m? missed false n_truth? total_tracks_ever? cpu_seconds? per_scan?",
        "rule",
    ),
}
