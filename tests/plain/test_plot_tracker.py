"""The kernels of the plot tracker against SciPy and numpy, as plain Python."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from openiads.models.tracking.associator import assign, reset_plot
from openiads.models.tracking.converter import mean_cosine_sine, mean_square_cosine
from openiads.models.tracking.updater import compare, radial_distance2, update, update_radial
from openiads.simulation.tracker import Plots, Tracker, TrackerOptions, rows_for
from openiads.state.plots import FIRM
from openiads.validation.runner import GIVEN_CASES, load_cases, run_cases


def assigned(cost: np.ndarray[Any, np.dtype[np.float64]]) -> list[int]:
    """What the associator gives each track, with going without at 0; pairs of cost 0 or more are no candidates."""
    n, m = cost.shape
    rows = rows_for(TrackerOptions(), tracks=n, plots=m, pairs=n * m)
    rows.scan["plots"], rows.scan["track_end"] = m, n
    for plot in rows.plots[:m]:
        reset_plot(plot)
    e = 0
    for k in range(n):
        track = rows.tracks[k]
        track["status"], track["pair_first"] = FIRM, e
        for j in np.flatnonzero(cost[k] < 0.0):
            rows.pairs[e]["plot"], rows.pairs[e]["cost"] = j, cost[k, j]
            e += 1
        track["pair_count"] = e - track["pair_first"]
    assign(rows, FIRM)
    return [int(plot) for plot in rows.tracks["plot"][:n]]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 2), (2, 5), (8, 8), (12, 9)])
def test_the_assignment_is_the_cheapest(n: int, m: int) -> None:
    """SciPy's on the matrix in which every track has a plot of its own at cost 0."""
    luck = np.random.default_rng(n * 100 + m)
    for _ in range(30):
        cost = luck.normal(-1.0, 2.0, (n, m))
        got = assigned(cost)
        taken = [j for j in got if j >= 0]
        assert len(set(taken)) == len(taken)
        total = sum(cost[k, j] for k, j in enumerate(got) if j >= 0)
        whole = np.hstack([np.minimum(cost, 0.0), np.zeros((n, n))])
        assert total == pytest.approx(whole[linear_sum_assignment(whole)].sum(), abs=1e-9)


def test_moments_of_cosines_are_those_of_many_draws() -> None:
    angle, sd = 0.7, 0.3
    drawn = angle + sd * np.random.default_rng(1).normal(size=400_000)
    for got, values in (
        (mean_square_cosine(angle, sd), np.cos(drawn) ** 2),
        (mean_cosine_sine(angle, sd), np.cos(drawn) * np.sin(drawn)),
    ):
        assert got == pytest.approx(values.mean(), abs=4.5 * values.std() / math.sqrt(values.size))


def test_filters_and_assignments_are_those_of_other_software() -> None:
    """Oracles: SciPy's assignments, filterpy's and numpy's sequences, moments of polar plots, distances by enumeration."""
    names = ("track_gnn", "track_kf_imm_sequences", "track_ospa_gospa", "track_polar_conversion")
    topics = run_cases(load_cases([GIVEN_CASES / f"{name}.json" for name in names]), None)
    assert {topic.topic: topic.outcome for topic in topics} == dict.fromkeys(names, "passed")


def spread(luck: np.random.Generator, n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A covariance without a zero in it."""
    root = luck.normal(size=(n, n))
    return np.asarray(root @ root.T + 0.3 * np.eye(n))


@pytest.mark.parametrize("seed", range(4))
def test_a_plot_and_its_radial_speed_correct_as_the_kalman_filter_says(seed: int) -> None:
    """K = P H' (H P H' + R)^-1, x + K (z - H x), P - K H P, with whole 6 x 6 matrices in three dimensions."""
    luck = np.random.default_rng(seed)
    rows = rows_for(TrackerOptions(), tracks=1, plots=1)
    estimate, found = rows.estimates[0, 0], rows.innovations[0]
    x, p = luck.normal(size=6), spread(luck, 6)
    estimate["pos_m"], estimate["vel_mps"] = x[:3], x[3:]
    estimate["cov_pos_m2"], estimate["cov_pos_vel"], estimate["cov_vel_m2ps2"] = p[:3, :3], p[:3, 3:], p[3:, 3:]
    toward, noise = luck.normal(size=3), spread(luck, 3)
    toward /= np.linalg.norm(toward)
    plot = Plots.cartesian(0.0, luck.normal(size=(1, 3)), cov_m2=noise[None]).table[0]
    plot["toward"], plot["radial_mps"], plot["radial_var_m2ps2"] = toward, 0.7, 0.4

    compare(estimate, plot, found)
    s = p[:3, :3] + noise
    residual = plot["pos_m"] - x[:3]
    assert found["distance2"] == pytest.approx(residual @ np.linalg.inv(s) @ residual)
    assert found["log_det"] == pytest.approx(np.linalg.slogdet(s)[1])
    update(estimate, found)
    for h, z, r in (
        (np.eye(3, 6), plot["pos_m"], noise),
        (np.concatenate([np.zeros(3), toward])[None], np.array([0.7]), np.array([[0.4]])),
    ):
        if len(h) == 1:
            off = 0.7 - toward @ x[3:]
            assert radial_distance2(estimate, plot) == pytest.approx(off**2 / (toward @ p[3:, 3:] @ toward + 0.4))
            update_radial(estimate, plot)
        gain = p @ h.T @ np.linalg.inv(h @ p @ h.T + r)
        x, p = x + gain @ (z - h @ x), p - gain @ h @ p
        assert np.concatenate([estimate["pos_m"], estimate["vel_mps"]]) == pytest.approx(x)
        got = np.block([[estimate["cov_pos_m2"], estimate["cov_pos_vel"]], [estimate["cov_pos_vel"].T, estimate["cov_vel_m2ps2"]]])
        assert got == pytest.approx(p)


@pytest.mark.parametrize(("step_m", "joins"), [(1_390.0, True), (1_430.0, False)])
def test_two_plots_begin_a_track_up_to_the_greatest_speed_and_three_deviations(step_m: float, joins: bool) -> None:
    """300 m/s for 4 s, and 3 sqrt(40^2 + 60^2) = 216 m: 1,416 m; the axis with the larger errors decides."""
    tracker = Tracker(dimensions=2, clutter_per_m=1e-14, speed_limit_mps=300.0)
    tracker.step(Plots.cartesian(0.0, [[0.0, 0.0]], sd_m=[[10.0, 40.0]]))
    tracks = tracker.step(Plots.cartesian(4.0, [[step_m, 0.0]], sd_m=[[5.0, 60.0]]))
    assert len(tracks.id) == joins


def straight(scan: int, from_m: tuple[float, float], speed_mps: tuple[float, float]) -> list[float]:
    return [from_m[0] + 4.0 * scan * speed_mps[0], from_m[1] + 4.0 * scan * speed_mps[1]]


def test_a_track_is_firm_with_the_second_hit_in_clear_air_and_ends_with_the_third_miss() -> None:
    tracker = Tracker(dimensions=2, clutter_per_m=1e-14, drop_misses=3)
    found = [tracker.step(Plots.cartesian(4.0 * k, [straight(k, (0.0, 9e3), (200.0, 0.0))], sd_m=30.0)) for k in range(6)]
    assert [len(tracks.id) for tracks in found] == [0, 1, 1, 1, 1, 1]
    assert found[-1].pos_m[0, :2] == pytest.approx([4000.0, 9000.0], abs=1e-6 + 30.0)
    assert found[-1].vel_mps[0, :2] == pytest.approx([200.0, 0.0], abs=5.0)
    empty = Plots.cartesian([], np.zeros((0, 2)), sd_m=30.0)
    assert [len(tracker.step(empty, 24.0 + 4.0 * k).id) for k in range(3)] == [1, 1, 0]


def test_two_targets_that_cross_keep_their_tracks() -> None:
    tracker = Tracker(dimensions=2, clutter_per_m=1e-14)
    luck = np.random.default_rng(3)
    for k in range(30):
        there = np.array([straight(k, (-15e3, -6e3), (260.0, 100.0)), straight(k, (-15e3, 6e3), (260.0, -100.0))])
        tracks = tracker.step(Plots.cartesian(4.0 * k, there + luck.normal(0.0, 30.0, (2, 2)), sd_m=30.0))
    assert tracks.id.tolist() == [1, 2]
    assert tracks.pos_m[:, :2] == pytest.approx(there, abs=150.0)


def test_clutter_alone_makes_few_tracks() -> None:
    """About 6 of 1,000 beginnings may pass for a target; every plot begins one."""
    tracker, luck, ids = Tracker(dimensions=2), np.random.default_rng(5), set()
    for k in range(30):
        ids |= set(tracker.step(Plots.cartesian(4.0 * k, luck.uniform(-100e3, 100e3, (60, 2)), sd_m=100.0)).id.tolist())
    assert len(ids) <= 0.01 * 30 * 60


def test_the_oracle_of_the_peer_holds_on_its_given_data() -> None:
    """Stone Soup's k-d-tree GNN on 300 targets with clutter: GOSPA, missed and false not more than a tenth worse."""
    data = Path(__file__).parents[1] / "data"
    case = next(case for case in load_cases([GIVEN_CASES / "peer_tracker.json"]) if case.label == "peer300-301")
    [topic] = run_cases([case], data)
    assert topic.outcome == "passed", json.dumps([str(check) for check in topic.cases[0].checks])
    [without] = run_cases([case], None)
    assert without.outcome == "not covered"
