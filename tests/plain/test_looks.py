"""Looks of radars of every kind against plain geometry, their bounds, and track machines against a walk over all looks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.test_golden import SOMEWHERE
from openiads.codes import Motion, Process
from openiads.engine.begin import begin
from openiads.geodesy.ellipsoid import ecef_to_geodetic
from openiads.geodesy.geodesics import geodesic_inverse
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.earth import WGS84
from openiads.models.motion.objects import object_position, object_velocity
from openiads.models.radar.condition import snr_factor
from openiads.models.radar.look import (
    best_chance,
    bound_chance,
    first_possible,
    first_view_s,
    in_cover,
    in_view,
    last_look_at,
    look,
    look_time_s,
    out_of_reach_until_s,
)
from openiads.models.radar.pd_table import pd_from_table
from openiads.models.tracking.capacity import foresee
from openiads.models.tracking.machine import drop_before, hold, next_hit_s, seek, sense, start_feed
from openiads.simulation.lower.plan import ObjectPlan, Plan, SensorPlan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.state.layout import CHANGE_CONFIRM, CHANGE_DEATH, CHANGE_DROP, HELD, HIT, NEVER, VIEWED
from openiads.state.rng import BITS, indexed_u01
from plans import mixed_plan, place, search_radar, threat

RADARS = 8


def radars(seed: int) -> Plan:
    """Radars of all kinds that look at one mixed raid."""
    rng = np.random.default_rng(seed)
    sensors = []
    for k in range(RADARS):
        wide = k % 2 == 0
        radar = search_radar(
            period_s=float(rng.uniform(1.0, 7.0)),
            rotating=bool(k % 3 == 0),
            azimuth_half_width_rad=math.pi if wide else float(rng.uniform(0.3, 2.5)),
            elevation_min_rad=float(rng.uniform(-0.1, 0.02)),
            elevation_max_rad=float(rng.uniform(0.1, 1.5)),
            range_min_m=float(rng.uniform(0.0, 15e3)),
            range_max_m=float(rng.uniform(60e3, 250e3)),
            anchor_range_m=float(rng.uniform(30e3, 250e3)),
            antenna_height_m=float(rng.uniform(5.0, 300.0)),
            confirm_hits=int(rng.integers(1, 4)),
            confirm_window=int(rng.integers(3, 6)),
            drop_misses=int(rng.integers(2, 6)),
            perfect=bool(k == 5),
        )
        at = place(float(rng.uniform(0.0, 360.0)), float(rng.uniform(0.0, 40e3)), 0.0, SOMEWHERE)
        sensors.append(SensorPlan(f"radar-{k}", radar, at, float(rng.uniform(0.0, 2.0 * math.pi))))
    plan = mixed_plan(12, seed, origin=SOMEWHERE)
    return replace(plan, posts=(replace(plan.posts[0], sensors=tuple(sensors), units=()),))


@pytest.fixture(scope="module", params=[1, 2])
def session(request: pytest.FixtureRequest) -> Session:
    session = Session(build_world(radars(request.param)))
    begin(session.world, session.state, 5, 0)
    return session


def times_of(session: Session, i: int, n: int) -> list[float]:
    now = session.state.objects[i]
    return np.linspace(now["origin_s"] + 0.1, now["path_end_s"] - 0.1, n).tolist()


def test_coverage_is_range_elevation_sector_and_horizon(session: Session) -> None:
    world, state = session.world, session.state
    seen = hidden = 0
    for s, sensor in enumerate(world.sensors):
        lat, lon, alt = ecef_to_geodetic(*sensor["pos_ecef_m"], WGS84.a_m, WGS84.e2)
        for i, obj in enumerate(world.objects):
            ballistic = obj["motion"] == Motion.BALLISTIC
            for t_s in times_of(session, i, 25):
                x, y, z, height_m = object_position(world, state, i, t_s)
                apart = np.array([x, y, z]) - sensor["pos_ecef_m"]
                range_m = float(np.linalg.norm(apart))
                elevation = math.asin(apart @ sensor["up"] / range_m)
                off = math.remainder(math.atan2(apart @ sensor["east"], apart @ sensor["north"]) - sensor["facing_rad"], 2.0 * math.pi)
                there = ecef_to_geodetic(x, y, z, WGS84.a_m, WGS84.e2)
                ground_m, _, _ = geodesic_inverse(lat, lon, there[0], there[1], WGS84.a_m, WGS84.f)
                radius_m = 6_371e3 * (1.0 if ballistic else 4.0 / 3.0)
                horizon_m = sum(radius_m * math.acos(radius_m / (radius_m + max(h, 0.0))) for h in (alt, height_m))
                slack = [
                    1e-3 * (sensor["range_max_m"] - range_m),
                    1e-3 * (range_m - sensor["range_min_m"]),
                    1e3 * (sensor["elevation_max_rad"] - elevation),
                    1e3 * (elevation - sensor["elevation_min_rad"]),
                    1e3 * (sensor["azimuth_half_width_rad"] - abs(off)),
                    1e-3 * (horizon_m - 1.0 * ground_m)
                    if abs(horizon_m - ground_m) > 0.004 * ground_m
                    else 0.0,  # a sphere for an ellipsoid
                ]
                if min(map(abs, slack)) < 1e-3:
                    continue
                got = in_cover(world, state, s, i, t_s)
                assert got == pytest.approx(range_m if min(slack) > 0.0 else -1.0)
                seen, hidden = seen + (got > 0.0), hidden + (got < 0.0)
    assert min(seen, hidden) > 200


def test_the_edges_of_the_coverage_belong_to_it(session: Session) -> None:
    """Ranges, elevations and sectors are closed: what is exactly at a limit is covered, and what is just beyond is not."""
    world, state = session.world, session.state
    tried = 0
    for s, sensor in enumerate(world.sensors):
        saved = sensor.copy()
        for i in range(len(world.objects)):
            for t_s in times_of(session, i, 7):
                range_m = in_cover(world, state, s, i, t_s)
                if range_m < 0.0:
                    continue
                tried += 1
                for field, side in (("range_max_m", 1.0), ("range_min_m", -1.0)):
                    sensor[field] = range_m
                    assert in_cover(world, state, s, i, t_s) == range_m
                    sensor[field] = range_m - side * 1e-6
                    assert in_cover(world, state, s, i, t_s) == -1.0
                    sensor[field] = saved[field]
    assert tried > 20


def test_who_is_not_flying_is_not_in_view(session: Session) -> None:
    world, state = session.world, session.state
    visible = 0
    for i in range(len(world.objects)):
        now = state.objects[i]
        for s in range(RADARS):
            assert in_view(world, state, s, i, now["origin_s"] - 1e-6) == -1.0
            assert in_view(world, state, s, i, now["path_end_s"] + 1e-6) == -1.0
            for t_s in (now["origin_s"], now["path_end_s"]):
                assert in_view(world, state, s, i, t_s) == in_cover(world, state, s, i, t_s)
            middle_s = 0.3 * now["origin_s"] + 0.7 * now["path_end_s"]
            visible += in_view(world, state, s, i, middle_s) > 0.0
            now["end_s"] = middle_s
            assert in_view(world, state, s, i, middle_s) == -1.0
            now["end_s"] = NEVER
    assert visible > 5


def test_a_rotating_radar_looks_when_its_beam_passes_and_another_at_its_period(session: Session) -> None:
    world, state = session.world, session.state
    for f, feed in enumerate(world.feeds):
        s = feed["sensor"]
        sensor, phase_s = world.sensors[s], state.sensors[s]["phase_s"]
        assert -sensor["period_s"] < phase_s <= 0.0
        for i in range(len(world.objects)):
            for t_s in times_of(session, i, 6):
                n = last_look_at(world, state, f, i, t_s)
                assert look_time_s(world, state, f, i, n) <= t_s < look_time_s(world, state, f, i, n + 1)
                assert last_look_at(world, state, f, i, look_time_s(world, state, f, i, n)) == n
                frame_s = phase_s + n * sensor["period_s"]
                if not sensor["rotating"]:
                    assert look_time_s(world, state, f, i, n) == frame_s
                elif state.objects[i]["origin_s"] < frame_s:
                    apart = np.array(object_position(world, state, i, frame_s)[:3]) - sensor["pos_ecef_m"]
                    turn = math.atan2(apart @ sensor["east"], apart @ sensor["north"]) / (2.0 * math.pi) % 1.0
                    assert look_time_s(world, state, f, i, n) == pytest.approx(frame_s + turn * sensor["period_s"], abs=1e-9)


def test_no_look_has_a_better_chance_than_the_bound(session: Session) -> None:
    world, state = session.world, session.state
    reached = useful = 0
    for f, feed in enumerate(world.feeds):
        s = feed["sensor"]
        sensor = world.sensors[s]
        for i, obj in enumerate(world.objects):
            for from_s in times_of(session, i, 12):
                n = last_look_at(world, state, f, i, from_s) + 1
                beyond, best = best_chance(world, state, f, i, n, look_time_s(world, state, f, i, n))
                assert beyond > n
                assert best == 1.0 or best <= 0.5
                if sensor["perfect"]:
                    assert best == 1.0
                for k in range(n, min(beyond, n + 60)):
                    t_s = look_time_s(world, state, f, i, k)
                    if t_s > state.objects[i]["path_end_s"]:
                        break
                    apart = np.array(object_position(world, state, i, t_s)[:3]) - sensor["pos_ecef_m"]
                    snr = sensor["anchor_k"] * world.rcs[obj["klass"], 0]["rcs_m2"] / float(apart @ apart) ** 2
                    if not sensor["perfect"]:
                        assert pd_from_table(world.pd_table, sensor["pd_offset"], snr) <= best
                        reached += 1
                useful += best < 0.5 and beyond > n + 5
    assert reached > 500
    assert useful > 50


def test_looks_that_surely_hit_do_hit(session: Session) -> None:
    world, state = session.world, session.state
    sure = silent = 0
    for f in range(len(world.feeds)):
        for i, obj in enumerate(world.objects):
            if obj["motion"] == Motion.BALLISTIC:
                continue
            for from_s in times_of(session, i, 15):
                n = last_look_at(world, state, f, i, from_s) + 1
                bound_chance(world, state, f, i, n)
                looks = state.looks[i, f]
                assert looks["sure_from"] == n < looks["sure_to"] <= n + BITS
                for k in range(n, int(looks["sure_to"])):
                    if int(looks["sure"]) >> (k - n) & 1:
                        assert look(world, state, f, i, k, look_time_s(world, state, f, i, k)) & HIT
                        sure += 1
                    else:
                        silent += 1
    assert sure > 300
    assert silent > 300


@pytest.mark.parametrize(("elevation_max_deg", "known"), [(16.0, True), (13.0, False)])
def test_the_sure_bound_ends_where_the_elevation_might_be_too_high(elevation_max_deg: float, known: bool) -> None:
    """At 10 km height 60 km away, 58 km 10 s later, the elevation is below 10 deg.

    What flies 4 km/s may have come within 0.5 (60.6 + 58.8 - 40) = 39.7 km meanwhile, where it would be asin(10 / 39.7) = 14.6 deg:
    a limit of 16 deg is safe, one of 13 deg is not.
    """
    radar = search_radar(rotating=False, period_s=1.0, perfect=True, elevation_max_rad=math.radians(elevation_max_deg))
    path = air_path(place(90.0, 60e3, 10e3), [Leg(place(90.0, 58e3, 10e3), 200.0), Leg(place(180.0, 58e3, 10e3), 200.0)])
    flown = ObjectPlan(threat(1, 0, 200.0, shift_half_width_s=0.0, scale_half_width=0.0, rotation_sd_rad=0.0), path, 0.0, place(0.0, 0.0))
    plan = replace(mixed_plan(1, 1), objects=(flown,))
    session = Session(
        build_world(replace(plan, posts=(replace(plan.posts[0], sensors=(SensorPlan("one", radar, place(0.0, 0.0)),), units=()),)))
    )
    world, state = session.world, session.state
    begin(world, state, 5, 0)
    objects = world.objects.copy()
    objects["speed_max_mps"] = 4_000.0
    world = world._replace(objects=objects)
    n = last_look_at(world, state, 0, 0, 0.0) + 1
    bound_chance(world, state, 0, 0, n)
    assert bool(state.looks[0, 0]["sure"]) == known


def test_looks_that_cannot_hit_are_passed_over(session: Session) -> None:
    world, state = session.world, session.state
    cursor = state.cursor[0]
    for f, i in ((0, 0), (1, 3), (2, 5)):
        key, other = world.sensors[world.feeds[f]["sensor"]]["key"], world.objects[i]["key"]
        for best in (1e-9, 0.02, 0.4, 0.7):
            luck = [indexed_u01(cursor["seed"], cursor["replication"], Process.LOOK, key, other, n) for n in range(100, 300)]
            want = 100 if best > 0.5 else next((100 + k for k, u in enumerate(luck) if u < best), 300)
            assert first_possible(world, state, f, i, 100, 300, best) == want


def test_nobody_is_in_reach_before_what_is_missing_could_be_flown(session: Session) -> None:
    """The steps towards a radar end within a second's flight of the reach, never behind it."""
    world, state = session.world, session.state
    windows = world.sensor_windows.copy()
    windows["reach_m"] = 40e3
    world, near = world._replace(sensor_windows=windows), 0
    for s, sensor in enumerate(world.sensors):
        for i, obj in enumerate(world.objects):
            now, speed = state.objects[i], obj["speed_max_mps"] * state.objects[i]["rate"]
            times = np.arange(now["origin_s"], now["path_end_s"], 0.25)
            away = np.array(
                [np.linalg.norm(np.array(object_position(world, state, i, t)[:3]) - sensor["pos_ecef_m"]) for t in times.tolist()]
            )
            got = out_of_reach_until_s(world, state, s, i, float(now["origin_s"]), float(now["path_end_s"]))
            within = np.flatnonzero(away < 40e3)
            close = np.flatnonzero(away <= 40e3 + 1.3 * speed)
            assert got <= (times[within[0]] + 1e-6 if within.size else NEVER)
            assert got >= (times[close[0]] - 0.3 if close.size else now["path_end_s"]) - 1e-6
            near += bool(within.size)
    assert near > 20


def test_a_radar_that_can_be_full_foresees_the_changes_of_a_track(session: Session) -> None:
    """From every state a walk over the looks: the first hit, confirmation, the death of a tentative track, or a drop."""
    world, state = session.world, session.state
    held = np.zeros(state.looks.shape, HELD)
    state = state._replace(held=held)
    kinds = []
    for f, i in np.ndindex(len(world.feeds), len(world.objects)):
        radar, looks = world.sensors[world.feeds[f]["sensor"]], state.looks[i, f]
        start_feed(world, state, f, i, float(state.objects[i]["origin_s"]))
        if radar["continuous"] or looks["start_s"] >= NEVER:
            continue
        end_s = float(state.objects[i]["path_end_s"])
        hits = {}
        n = int(looks["last_look"]) + 1
        while (t_s := look_time_s(world, state, f, i, n)) <= end_s:
            hits[n] = bool(look(world, state, f, i, n, t_s) & HIT)
            n += 1
        numbers = [k for k, hit in hits.items() if hit]
        for at in (numbers[0], numbers[len(numbers) // 2], numbers[-1]) if numbers else ():
            for firm in (False, True):
                looks["last_look"], looks["history"] = at, 1
                looks["confirm_s"] = look_time_s(world, state, f, i, at) if firm else NEVER
                looks["sure_from"] = looks["sure_to"] = 0
                foresee(world, state, f, i)
                want, misses, history = None, 0, [True]
                for k in range(at + 1, n):
                    misses = 0 if hits[k] else misses + 1
                    history = [*history, hits[k]][-int(radar["confirm_window"]) :]
                    if firm and misses == radar["drop_misses"]:
                        want = (CHANGE_DROP, k)
                    elif not firm and hits[k] and sum(history) >= radar["confirm_hits"]:
                        want = (CHANGE_CONFIRM, k)
                    elif not firm and not any(history):
                        want = (CHANGE_DEATH, k)
                    if want:
                        break
                row = held[i, f]
                if want is None:
                    assert row["change_s"] >= NEVER
                else:
                    assert (row["kind"], row["look"]) == want
                    assert row["change_s"] == look_time_s(world, state, f, i, want[1])
                    kinds.append(want[0])
        start_feed(world, state, f, i, float(state.objects[i]["origin_s"]))
    assert min(kinds.count(kind) for kind in (CHANGE_DROP, CHANGE_CONFIRM, CHANGE_DEATH)) > 3


def test_continuous_radars_look_first_at_the_instant_of_visibility(session: Session) -> None:
    world, state = session.world, session.state
    late = 0
    for s in range(RADARS):
        for i in range(0, len(world.objects), 2):
            start_s, end_s = (float(state.objects[i][name]) for name in ("origin_s", "path_end_s"))
            first_s = first_view_s(world, state, s, i, start_s, NEVER)
            steps = np.arange(start_s, end_s, 1.0)
            seen = [in_view(world, state, s, i, t_s) >= 0.0 for t_s in steps.tolist()]
            if not any(seen):
                continue
            k = seen.index(True)
            if k == 0:
                assert first_s == start_s
                continue
            late += 1
            assert steps[k] - 1.0 - 1e-9 <= first_s <= steps[k] + 1e-9
            assert in_view(world, state, s, i, first_s) >= 0.0
            assert in_view(world, state, s, i, first_s - 1e-6) < 0.0
    assert late > 5


def test_track_machines_of_every_radar_against_a_walk_over_all_looks(session: Session) -> None:
    """M of N confirms, K misses in a row drop, and then everything begins again."""
    world, state = session.world, session.state
    confirmed = dropped = again = 0
    for f, feed in enumerate(world.feeds):
        radar = world.sensors[feed["sensor"]]
        for i in range(len(world.objects)):
            start_feed(world, state, f, i, float(state.objects[i]["origin_s"]))
            end_s = float(state.objects[i]["path_end_s"])
            walk, tracks, hits = [], [], []
            n, history, misses, firm = last_look_at(world, state, f, i, float(state.objects[i]["origin_s"])), [], 0, False
            while (t_s := look_time_s(world, state, f, i, n)) <= end_s:
                outcome = look(world, state, f, i, n, t_s) if t_s >= state.objects[i]["origin_s"] else 0
                hit = bool(outcome & HIT)
                hits += [t_s] if hit else []
                n += 1
                if firm:
                    misses = 0 if hit else misses + 1
                    if misses == radar["drop_misses"]:
                        firm, history = False, []
                        walk.append(t_s)
                    continue
                history = [*history, hit][-int(radar["confirm_window"]) :]
                if hit and sum(history) >= radar["confirm_hits"]:
                    firm, misses = True, 0
                    walk.append(t_s)
            while (firm_s := seek(world, state, f, i, end_s)) < NEVER and firm_s <= end_s:
                tracks.append(firm_s)
                foreseen_s = drop_before(world, state, f, i, end_s)
                assert hold(world, state, f, i, end_s) == foreseen_s
                if foreseen_s >= NEVER:
                    break
                tracks.append(foreseen_s)
            assert tracks == walk
            confirmed, dropped, again = confirmed + bool(walk), dropped + (len(walk) > 1), again + (len(walk) > 2)
            middle_s = 0.5 * (state.objects[i]["origin_s"] + end_s)
            later = [t_s for t_s in hits if t_s > middle_s]
            assert next_hit_s(world, state, f, i, middle_s, 2) == (later[1] if len(later) > 1 else NEVER)
    assert min(confirmed, dropped, again) > 5


def test_whoever_was_never_tracked_was_seen_or_hit_as_a_walk_says(session: Session) -> None:
    sensors = session.world.sensors.copy()
    sensors["anchor_k"] *= 1e-3  # weak, so that some are seen and never hit
    world, state = session.world._replace(sensors=sensors), session.state
    found = set()
    for f in range(len(world.feeds)):
        for i in range(len(world.objects)):
            start_feed(world, state, f, i, float(state.objects[i]["origin_s"]))
            state.looks[i, f]["seen"] = 0
            if state.looks[i, f]["start_s"] >= NEVER:
                continue
            want, n = 0, last_look_at(world, state, f, i, float(state.objects[i]["origin_s"]))
            while (t_s := look_time_s(world, state, f, i, n)) <= state.objects[i]["path_end_s"]:
                want |= look(world, state, f, i, n, t_s)
                n += 1
            sense(world, state, f, i)
            seen = int(state.looks[i, f]["seen"])
            assert bool(seen & HIT) == bool(want & HIT)
            if not want & HIT:
                assert seen == want
            found.add(want)
    assert {VIEWED, VIEWED + HIT} <= found


def test_a_killed_radar_sees_nothing_from_then_on_and_a_degraded_one_with_the_factor_of_that_time(session: Session) -> None:
    sensors = session.world.sensors.copy()
    sensors["perfect"] = 1  # so that only being dead keeps them from seeing
    changes = np.zeros((RADARS, 2), session.state.changes.dtype)
    world, state = session.world._replace(sensors=sensors), session.state._replace(changes=changes)
    seen = 0
    for f, i in np.ndindex(len(world.feeds), len(world.objects)):
        s = world.feeds[f]["sensor"]
        for t_s in times_of(session, i, 6):
            if in_cover(world, state, s, i, t_s - 1e-6) < 0.0:
                continue
            seen += 1
            n = last_look_at(world, state, f, i, t_s)
            state.sensors[s]["changes"], state.sensors[s]["changed_s"] = 2, t_s
            state.sensors[s]["latest_s"], state.sensors[s]["snr_factor"] = t_s + 10.0, 0.5
            state.changes["time_s"][s, :2], state.changes["snr_factor"][s, :2] = (t_s, t_s + 10.0), (0.0, 0.5)
            assert look(world, state, f, i, n, t_s - 1e-6) == VIEWED + HIT
            assert look(world, state, f, i, n, t_s) == 0
            assert snr_factor(state, s, t_s + 9.999) == 0.0
            assert snr_factor(state, s, t_s + 10.0) == 0.5
            state.sensors[s]["latest_s"] = NEVER
            state.sensors[s]["changes"], state.sensors[s]["changed_s"] = 0, NEVER
    assert seen > 10


def test_velocity_is_the_change_of_position_in_whatever_order_it_is_asked(session: Session) -> None:
    world, state = session.world, session.state
    rng = np.random.default_rng(1)
    for i in range(len(world.objects)):
        for t_s in rng.permutation(times_of(session, i, 40)).tolist():
            velocity = np.array(object_velocity(world, state, i, t_s))
            before, after = (np.array(object_position(world, state, i, t_s + h)[:3]) for h in (-1e-3, 1e-3))
            assert np.linalg.norm((after - before) / 2e-3 - velocity) < 0.5
            assert object_velocity(world, state, i, t_s) == tuple(velocity.tolist())
