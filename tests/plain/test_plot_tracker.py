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
from openiads.models.tracking.deleter import note_confirmation, note_hit, note_miss
from openiads.models.tracking.gater import find_all_pairs, sort_plots
from openiads.models.tracking.initiator import start_tracks
from openiads.models.tracking.mixture import combine, predict_mixture, update_mixture
from openiads.models.tracking.updater import compare, radial_misfit, update, update_radial
from openiads.simulation.tracker import Plots, Tracker, TrackerOptions, rows_for
from openiads.state.plots import COMBINED, FIRM, FREE, TENTATIVE
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


def test_polar_plots_in_three_dimensions_have_the_spread_of_what_they_may_mean() -> None:
    """True positions drawn about a measured one, with errors of angles as large as the formulas are for; 400,000 draws."""
    luck, n = np.random.default_rng(6), 400_000
    range_m, azimuth, elevation, sds = 40e3, 2.2, 0.6, (300.0, 0.12, 0.09)
    plot = Plots.polar(0.0, [range_m], [azimuth], *sds[:2], [elevation], sds[2]).table[0]
    r, a, e = range_m + luck.normal(0.0, sds[0], n), azimuth + luck.normal(0.0, sds[1], n), elevation + luck.normal(0.0, sds[2], n)
    drawn = np.stack([r * np.cos(e) * np.sin(a), r * np.cos(e) * np.cos(a), r * np.sin(e)])
    cov = np.cov(drawn)
    spread_m2 = np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    assert np.abs(plot["cov_m2"] - cov).max() / spread_m2.max() < 0.01
    assert plot["cov_m2"] / spread_m2 == pytest.approx(cov / spread_m2, abs=0.01)
    shrink = math.exp(-0.5 * sds[2] ** 2), math.exp(-0.5 * (sds[1] ** 2 + sds[2] ** 2))
    straight_m = range_m * np.array([math.cos(elevation) * math.sin(azimuth), math.cos(elevation) * math.cos(azimuth), math.sin(elevation)])
    assert plot["pos_m"] == pytest.approx(straight_m / np.array([shrink[1], shrink[1], shrink[0]]))
    assert plot["toward"] == pytest.approx(straight_m / range_m)


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
            var = toward @ p[3:, 3:] @ toward + 0.4
            assert radial_misfit(estimate, plot) == pytest.approx((off**2 / var, math.log(var)))
            update_radial(estimate, plot)
        gain = p @ h.T @ np.linalg.inv(h @ p @ h.T + r)
        x, p = x + gain @ (z - h @ x), p - gain @ h @ p
        assert np.concatenate([estimate["pos_m"], estimate["vel_mps"]]) == pytest.approx(x)
        got = np.block([[estimate["cov_pos_m2"], estimate["cov_pos_vel"]], [estimate["cov_pos_vel"].T, estimate["cov_vel_m2ps2"]]])
        assert got == pytest.approx(p)


Array = np.ndarray[Any, np.dtype[np.float64]]


def moved(x: Array, p: Array, dt: float, psd: Array) -> tuple[Array, Array]:
    """Nearly constant velocity in three axes with white noise acceleration: F = [1 dt; 0 1], Q = q [dt^3/3 dt^2/2; dt^2/2 dt]."""
    f, q = np.eye(6), np.zeros((6, 6))
    f[:3, 3:] = dt * np.eye(3)
    q[:3, :3], q[:3, 3:], q[3:, 3:] = np.diag(psd * dt**3 / 3), np.diag(psd * dt**2 / 2), np.diag(psd * dt)
    q[3:, :3] = q[:3, 3:]
    return f @ x, f @ p @ f.T + q


def laid(estimate: np.void, x: Array, p: Array) -> None:
    estimate["pos_m"], estimate["vel_mps"] = x[:3], x[3:]
    estimate["cov_pos_m2"], estimate["cov_pos_vel"], estimate["cov_vel_m2ps2"] = p[:3, :3], p[:3, 3:], p[3:, 3:]


def read(estimate: np.void) -> tuple[Array, Array]:
    x = np.concatenate([estimate["pos_m"], estimate["vel_mps"]])
    return x, np.block([[estimate["cov_pos_m2"], estimate["cov_pos_vel"]], [estimate["cov_pos_vel"].T, estimate["cov_vel_m2ps2"]]])


def mixed(xs: list[Array], ps: list[Array], weights: Array) -> tuple[Array, Array]:
    x = sum(w * x for w, x in zip(weights, xs, strict=True))
    return x, sum(w * (p + np.outer(y - x, y - x)) for w, y, p in zip(weights, xs, ps, strict=True))


@pytest.mark.parametrize("far", [1.0, 25.0], ids=["near", "far"])
@pytest.mark.parametrize("seed", range(3))
def test_the_mixture_of_models_is_that_of_the_text_book(seed: int, far: float) -> None:
    """Blom and Bar-Shalom's four steps in three dimensions: mix, predict, correct, weigh; and the prediction of the mixture.

    A plot far off every prediction is a hundred times likelier by one model than by the other.
    """
    luck = np.random.default_rng(seed)
    options = TrackerOptions(accelerations=(2.0, 90.0), climb_accelerations=(1.0, 30.0), stay=0.85)
    rows = rows_for(options, tracks=2, plots=1)
    psd = [np.array([2.0, 2.0, 1.0]), np.array([90.0, 90.0, 30.0])]
    xs, ps, share, dt = [luck.normal(size=6), luck.normal(size=6)], [spread(luck, 6), spread(luck, 6)], np.array([0.3, 0.7]), 1.7
    for m in range(2):
        laid(rows.estimates[1, m], xs[m], ps[m])
    rows.tracks[1]["share"][:2], rows.tracks[1]["time_s"] = share, 5.0
    combine(rows, 1)
    for got, want in zip(read(rows.estimates[1, COMBINED]), mixed(xs, ps, share), strict=True):
        assert got == pytest.approx(want)

    stay = np.array([[0.85, 0.15], [0.15, 0.85]])
    ahead = share @ stay
    predict_mixture(rows, 1, dt)
    for got, want in zip(read(rows.work[COMBINED]), moved(*mixed(xs, ps, share), dt, ahead @ psd), strict=True):
        assert got == pytest.approx(want)

    noise = spread(luck, 3)
    plot = Plots.cartesian(5.0 + dt, far * luck.normal(size=(1, 3)), cov_m2=noise[None]).table[0]
    h, weights, after = np.eye(3, 6), np.zeros(2), []
    for to in range(2):
        x, p = moved(*mixed(xs, ps, stay[:, to] * share / ahead[to]), dt, psd[to])
        s, residual = p[:3, :3] + noise, plot["pos_m"] - x[:3]
        weights[to] = ahead[to] * math.exp(-0.5 * residual @ np.linalg.inv(s) @ residual) / math.sqrt(np.linalg.det(s))
        gain = p @ h.T @ np.linalg.inv(s)
        after.append((x + gain @ residual, p - gain @ h @ p))
    weights /= weights.sum()
    update_mixture(rows, 1, plot)
    assert rows.tracks[1]["share"][:2] == pytest.approx(weights)
    assert rows.tracks[1]["time_s"] == 5.0 + dt
    for m in range(2):
        for got, want in zip(read(rows.estimates[1, m]), after[m], strict=True):
            assert got == pytest.approx(want)
    for got, want in zip(read(rows.estimates[1, COMBINED]), mixed([x for x, _ in after], [p for _, p in after], weights), strict=True):
        assert got == pytest.approx(want)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_grid_finds_every_candidate_and_no_other(dimensions: int) -> None:
    """All tracks against all plots, at the time of each plot, by the formulas of the gate and of the cost."""
    luck, options = (
        np.random.default_rng(dimensions),
        TrackerOptions(dimensions=dimensions, clutter_per_m=1e-9 if dimensions == 2 else 1e-13),
    )
    tracks, plots = 25, 60
    rows = rows_for(options, tracks=tracks + 2, plots=plots, pairs=tracks * plots)
    table = Plots.cartesian(
        luck.uniform(9.0, 10.0, plots),
        luck.uniform(0.0, 1.0, (plots, dimensions)) * (8e3, 8e3, 1e3)[:dimensions],
        sd_m=luck.uniform(20.0, 200.0, (plots, 1)),
    )
    if dimensions == 3:  # every other plot has a radial speed too
        speeds = np.where(np.arange(plots) % 2, luck.normal(0.0, 200.0, plots), np.nan)
        table = table.with_radial_speed(speeds, np.where(np.arange(plots) % 4 == 1, 0.5, 5.0))
    rows.plots[:plots] = table.table
    scan, rule = rows.scan[0], rows.rules[0]
    scan["plots"], scan["track_end"], scan["clutter_per_m"] = plots, tracks, rule["clutter_per_m"]
    for k in range(tracks):
        track = rows.tracks[k]
        track["status"], track["hits"], track["time_s"], track["share"][:2] = FREE if k == 3 else FIRM, 5, 8.0, (0.6, 0.4)
        x = np.concatenate([luck.uniform(0.0, 1.0, 3) * (8e3, 8e3, 1e3), luck.normal(0.0, 300.0, 3)])
        p = np.diag([150.0**2] * 3 + [60.0**2] * 3) * luck.uniform(0.3, 3.0)
        if dimensions == 2:
            x[[2, 5]], p[[2, 5], :], p[:, [2, 5]] = 0.0, 0.0, 0.0
        laid(rows.estimates[k, COMBINED], x, p)
    sort_plots(rows)
    assert sorted(rows.order["plot"][:plots].tolist()) == list(range(plots))
    assert find_all_pairs(rows) == 0
    psd = np.array([(0.6 * 0.9 + 0.4 * 0.1) * a + (0.6 * 0.1 + 0.4 * 0.9) * b for a, b in ((1.0, 400.0), (1.0, 400.0), (1.0, 25.0))])
    psd[2] *= dimensions == 3
    constant = 2.0 * math.log(0.1 * rule["clutter_per_m"] / 0.9) + dimensions * math.log(2.0 * math.pi)
    found = 0
    for k in range(tracks):
        track, wanted = rows.tracks[k], {}
        for j in range(plots) if k != 3 else ():
            plot = rows.plots[j]
            x, p = moved(*read(rows.estimates[k, COMBINED]), plot["time_s"] - 8.0, psd)
            s, d = (p[:3, :3] + plot["cov_m2"])[:dimensions, :dimensions], (plot["pos_m"] - x[:3])[:dimensions]
            distance2 = d @ np.linalg.inv(s) @ d
            if plot["radial_var_m2ps2"] >= 0.0:
                var = plot["toward"] @ p[3:, 3:] @ plot["toward"] + (0.25 if j % 4 == 1 else 25.0)
                distance2 += (plot["radial_mps"] - plot["toward"] @ x[3:]) ** 2 / var
            cost = distance2 + np.linalg.slogdet(s)[1] + constant
            if plot["radial_var_m2ps2"] >= 0.0:
                cost += math.log(2.0 * math.pi * var / 1400.0**2)
            if distance2 <= rule["gate"] and cost < 0.0:
                wanted[j] = cost
        pairs = rows.pairs[track["pair_first"] : track["pair_first"] + track["pair_count"]]
        assert dict(zip(pairs["plot"].tolist(), pairs["cost"].tolist(), strict=True)) == pytest.approx(wanted)
        found += len(wanted)
    assert found == scan["pairs"] > tracks // 2
    rows = rows._replace(pairs=rows.pairs[: found - 1])
    assert find_all_pairs(rows) == 1


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


def test_clutter_is_counted_among_the_plots_that_no_firm_track_takes() -> None:
    """Three targets and 17 false plots in a square of 100 km: once the targets are firm, 17 plots a scan over the box of all plots."""
    tracker, luck = Tracker(dimensions=2), np.random.default_rng(8)
    corners, n = np.array([[-50e3, -50e3], [50e3, 50e3]]), 60
    for k in range(n):
        targets = [straight(k, (-40e3, y), (200.0, 0.0)) for y in (-30e3, 0.0, 30e3)]
        false = luck.uniform(-50e3, 50e3, (17, 2))
        false[:2] = corners if k == 0 else false[:2]
        tracks = tracker.step(Plots.cartesian(4.0 * k, np.concatenate([targets, false]), sd_m=50.0))
    assert len(tracks.id) == 3
    assert tracker.clutter_per_m == pytest.approx(17.0 / 100e3**2, rel=0.02)


def test_hits_and_misses_count_and_score() -> None:
    """ln(Pd p / beta) as a cost, ln(1 - Pd) for a miss; the history holds N scans; K misses in a row end a track."""
    rules = rows_for(
        TrackerOptions(detection=0.8, confirm_hits=2, confirm_window=3, confirm_score=1.0, sure_hits=4, drop_misses=2, tentative_misses=1)
    ).rules[0]
    track = rows_for(TrackerOptions(), tracks=1).tracks[0]
    track["status"], track["hits"], track["history"], track["score"] = TENTATIVE, 1, 0b101, 0.5
    note_hit(rules, track, -3.0)
    assert (track["hits"], track["misses"], track["history"]) == (2, 0, 0b011)
    assert track["score"] == pytest.approx(0.5 + math.log(0.2) + 1.5)
    assert track["best_score"] == track["score"]
    note_confirmation(rules, track, 7.0)
    assert track["status"] == TENTATIVE  # two hits of three, but the score is 0.39
    track["score"] = 1.0
    note_confirmation(rules, track, 7.0)
    assert (track["status"], track["firm_s"]) == (FIRM, 7.0)
    note_miss(rules, track)
    assert (track["misses"], track["history"], track["status"]) == (1, 0b110, FIRM)
    assert track["score"] == pytest.approx(1.0 + math.log(0.2))
    assert track["best_score"] == pytest.approx(0.5 + math.log(0.2) + 1.5)
    note_miss(rules, track)
    assert (track["misses"], track["status"]) == (2, FREE)
    track["status"], track["misses"] = TENTATIVE, 0
    note_miss(rules, track)
    assert track["status"] == FREE
    track["status"], track["hits"], track["history"], track["score"] = TENTATIVE, 3, 0b011, -50.0
    note_confirmation(rules, track, 9.0)
    assert track["status"] == TENTATIVE
    note_hit(rules, track, 0.0)
    note_confirmation(rules, track, 9.0)
    assert track["status"] == FIRM  # the fourth hit, whatever the score


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_plot_begins_a_track_with_its_own_errors_and_no_velocity(dimensions: int) -> None:
    options = TrackerOptions(dimensions=dimensions, start_speed_sd_mps=200.0, start_climb_sd_mps=20.0)
    rows, noise = rows_for(options, tracks=4, plots=3), spread(np.random.default_rng(1), dimensions)
    rows.plots[:3] = Plots.cartesian(
        [4.0, 5.0, 6.0], np.arange(3.0 * dimensions).reshape(3, dimensions), cov_m2=np.array([noise] * 3)
    ).table
    rows.scan["plots"] = 3
    for plot in rows.plots[:3]:
        reset_plot(plot)
    rows.plots[1]["track"], rows.tracks[0]["status"] = 0, FIRM
    start_tracks(rows)
    assert rows.tracks["status"].tolist() == [FIRM, TENTATIVE, TENTATIVE, FREE]
    assert rows.scan[0]["track_end"] == 3
    assert rows.tracks["id"].tolist() == [0, 1, 2, 0]
    for k, j in ((1, 0), (2, 2)):
        track = rows.tracks[k]
        assert (track["time_s"], track["born_s"], track["hits"], track["misses"], track["history"], track["score"]) == (
            4.0 + j,
            4.0 + j,
            1,
            0,
            1,
            0.0,
        )
        assert track["share"][:2].tolist() == [0.5, 0.5]
        for estimate in (*rows.estimates[k, :2], rows.estimates[k, COMBINED]):
            x, p = read(estimate)
            want = np.zeros((6, 6))
            want[:dimensions, :dimensions] = noise
            want[3:, 3:] = np.diag([200.0**2, 200.0**2, 20.0**2 if dimensions == 3 else 0.0])
            assert x[:dimensions] == pytest.approx(np.arange(j * dimensions, (j + 1) * dimensions))
            assert x[3:] == pytest.approx(np.zeros(3))
            assert p == pytest.approx(want)


def test_the_density_of_clutter_is_that_of_what_firm_tracks_leave() -> None:
    """Three plots of which one belongs to a track, in a box of 40 km x 20 km: 2 / 8e8, a fifth of the way from scan to scan."""
    tracker = Tracker(dimensions=2)
    corners = [[0.0, 0.0], [40e3, 20e3], [10e3, 5e3]]
    tracker.step(Plots.cartesian(0.0, corners, sd_m=30.0))
    first = tracker.clutter_per_m
    assert first == pytest.approx((3 / 8e8) + 0.2 * (3 / 8e8 - 3 / 8e8))
    tracker.step(Plots.cartesian(4.0, [[20e3, 10e3]], sd_m=30.0))
    assert tracker.clutter_per_m == pytest.approx(first + 0.2 * (1 / 8e8 - first))
    alone = Tracker(dimensions=2)
    alone.step(Plots.cartesian(0.0, [[1e3, 1e3]], sd_m=30.0))
    assert alone.clutter_per_m == pytest.approx(1 / 10e3**2)
    deep = Tracker(dimensions=3)
    deep.step(Plots.cartesian(0.0, [[0.0, 0.0, 0.0], [40e3, 20e3, 100.0]], sd_m=30.0))
    assert deep.clutter_per_m == pytest.approx(2 / (40e3 * 20e3 * 1e3))
    assert Tracker(dimensions=2, clutter_per_m=3e-7).clutter_per_m == 0.0
    told = Tracker(dimensions=2, clutter_per_m=3e-7)
    told.step(Plots.cartesian(0.0, corners, sd_m=30.0))
    assert told.clutter_per_m == 3e-7
