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

from openiads.analytic.confirmation import confirmed_by, false_confirmation, mean_scans_to_confirm, mean_scans_to_deletion
from openiads.analytic.filtering import alpha_beta, gate_threshold, nees_bounds
from openiads.metrics.pictures import gospa, ospa
from openiads.metrics.siap import SiapCounter
from openiads.models.tracking.associator import assign, reset_plot
from openiads.models.tracking.deleter import note_confirmation, note_hit, note_miss
from openiads.models.tracking.mixture import update_mixture
from openiads.models.tracking.updater import compare as residual_of
from openiads.simulation.tracker import Plots, Tracker, TrackerOptions, rows_for
from openiads.state.plots import COMBINED, FIRM, TENTATIVE, PlotTracker
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError, band, compare
from openiads.validation.topics_recorded import FIRST_SCORED

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
    means = np.mean(scores[FIRST_SCORED:], axis=0)
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


def _alpha_beta(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given, expected = case["inputs"], case["expected"]
    if not given["model"].startswith("piecewise-constant white acceleration"):
        raise UncoveredError(f"another model of motion: {given['model']}")
    steady = alpha_beta(given["T_s"], given["sigma_a_m_s2"], given["sigma_meas_m"])
    found = {"tracking_index": steady.tracking_index, "alpha": steady.alpha, "beta": steady.beta, "S": steady.innovation_m2}
    checks = compare({name: expected[name] for name in found}, found, case["tolerance"]["rel"], "rel")
    for name, matrix in (("P_post", steady.after), ("P_pred", steady.before)):
        checks += [
            Check(f"{name}[{i}][{j}]", float(matrix[i, j]), expected[name][i][j], case["tolerance"]["rel"], "rel")
            for i, j in np.ndindex(2, 2)
        ]
    return checks


def _gate(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    """The closed form, and in two and three dimensions the gate that the tracker sets itself."""
    given, want, rel = case["inputs"], case["expected"]["chi2"], case["tolerance"]["rel"]
    dims, probability = given["meas_dim"], given["gate_probability"]
    checks = [Check("chi2", gate_threshold(dims, probability), want, rel, "rel")]
    if dims in (2, 3):
        rules = rows_for(TrackerOptions(dimensions=dims, gate_probability=probability)).rules[0]
        checks.append(Check("chi2 of the tracker", float(rules["gate"]), want, rel, "rel"))
    return checks


def _bounds(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    low, high = nees_bounds(case["inputs"]["state_dim"], case["inputs"]["monte_carlo_runs"])
    return compare(case["expected"], {"lower": low, "upper": high}, case["tolerance"]["rel"], "rel")


def _confirmation(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    """The Markov chain, and the rule of the tracker itself over all histories of hits."""
    given, expected, tolerance = case["inputs"], case["expected"], case["tolerance"]["abs"]
    hits, window, pd = given["M"], given["N"], given["pd"]
    wanted = {int(scan): p for scan, p in expected["p_confirmed_by_scan"].items()}
    chain, rule = confirmed_by(hits, window, pd, max(wanted)), _confirmed_by_the_tracker(hits, window, pd, max(wanted))
    checks = []
    for scan, p in wanted.items():
        checks.append(Check(f"p_confirmed_by_scan[{scan}]", float(chain[scan]), p, tolerance, "abs"))
        checks.append(Check(f"p_confirmed_by_scan[{scan}] of the tracker", rule[scan], p, tolerance, "abs"))
    return [
        *checks,
        Check("p_first_N_looks", float(confirmed_by(hits, window, pd, window)[-1]), expected["p_first_N_looks"], tolerance, "abs"),
        Check("mean_scans_to_confirm", mean_scans_to_confirm(hits, window, pd), expected["mean_scans_to_confirm"], tolerance, "abs"),
    ]


def _confirmed_by_the_tracker(hits: int, window: int, pd: float, scans: int) -> list[float]:
    """Chances from the kernels that note a hit, a miss and a confirmation, with scores and deletion out of the way."""
    rules = rows_for(TrackerOptions(confirm_hits=hits, confirm_window=window, confirm_score=-math.inf, tentative_misses=10**6)).rules[0]
    track = rows_for(TrackerOptions(), tracks=1).tracks[0]
    alive, done = {0: 1.0}, [0.0]
    for _ in range(scans):
        after: dict[int, float] = {}
        confirmed = done[-1]
        for history, chance in alive.items():
            for hit, p in ((True, pd), (False, 1.0 - pd)):
                track["status"], track["history"] = TENTATIVE, history
                if hit:
                    note_hit(rules, track, 0.0)
                    note_confirmation(rules, track, 0.0)
                else:
                    note_miss(rules, track)
                if track["status"] == FIRM:
                    confirmed += p * chance
                else:
                    after[int(track["history"])] = after.get(int(track["history"]), 0.0) + p * chance
        alive = after
        done.append(confirmed)
    return done


def _false_confirmation(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    got = {"probability": false_confirmation(given["M"], given["N"], given["p_false_per_gate"])}
    return compare(case["expected"], got, case["tolerance"]["rel"], "rel")


def _deletion(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    got = {"mean_scans": mean_scans_to_deletion(case["inputs"]["consecutive_misses"], case["inputs"]["pd"])}
    return compare(case["expected"], got, case["tolerance"]["rel"], "rel")


def _siap(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    within = re.fullmatch(r"Stone Soup TrackToTruth, threshold (\d+) m", given["association"])
    if within is None:
        raise UncoveredError(f"another association: {given['association']}")
    counter = SiapCounter(float(within[1]))
    truths, tracks = ([np.asarray(path, np.float64) for path in given[name]] for name in ("truths", "tracks"))
    for scan in sorted({row[0] for path in (*truths, *tracks) for row in path.tolist()}):
        sides = []
        for paths in (truths, tracks):
            rows = [(k, path[path[:, 0] == scan][0]) for k, path in enumerate(paths) if (path[:, 0] == scan).any()]
            table = np.array([row for _, row in rows]).reshape(-1, 5)
            sides.append(([k for k, _ in rows], table[:, [1, 3]], table[:, [2, 4]]))
        counter.note(scan * given["scan_period_s"], *sides[0], *sides[1])
    found = counter.result()
    got = {
        "SIAP Completeness": found.completeness,
        "SIAP Ambiguity": found.ambiguity,
        "SIAP Spuriousness": found.spuriousness,
        "SIAP Position Accuracy": found.position_error_m,
        "SIAP Velocity Accuracy": found.velocity_error_mps,
        "SIAP Rate of Track Number Change": found.track_changes_per_s,
        "SIAP Longest Track Segment": found.longest_segment,
    }
    return compare(case["expected"], got, case["tolerance"]["abs"], "abs")


_SEQUENCE = "T_s state q_psd sigma_meas_m x0 P0_diag measurements"
_SCORED = "files scan_period_s scans targets sigma_range_m sigma_bearing_deg pd clutter_per_scan area gospa"

LAWS: dict[tuple[str, str], Law] = {
    ("track_alpha_beta", "cv_steady_state"): Law(
        _alpha_beta, "T_s sigma_a_m_s2 sigma_meas_m model", "tracking_index alpha beta P_post P_pred S", "rel"
    ),
    ("track_gates_consistency", "gate_threshold"): Law(_gate, "meas_dim gate_probability", "chi2", "rel"),
    ("track_gates_consistency", "nees_95_bounds"): Law(_bounds, "state_dim monte_carlo_runs", "lower upper", "rel"),
    ("track_m_of_n", "m_of_n_confirmation"): Law(
        _confirmation, "M N pd window", "p_confirmed_by_scan p_first_N_looks mean_scans_to_confirm", "abs"
    ),
    ("track_m_of_n", "m_of_n_false_confirmation_after_first_hit"): Law(_false_confirmation, "M N p_false_per_gate", "probability", "rel"),
    ("track_m_of_n", "mean_scans_to_deletion_consecutive_misses"): Law(_deletion, "consecutive_misses pd", "mean_scans", "rel"),
    ("track_siap", "siap"): Law(
        _siap,
        "scan_period_s truth_paths truths tracks association",
        "SIAP~Completeness SIAP~Ambiguity SIAP~Spuriousness SIAP~Position~Accuracy SIAP~Velocity~Accuracy "
        "SIAP~Rate~of~Track~Number~Change SIAP~Longest~Track~Segment",
        "abs",
    ),
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
