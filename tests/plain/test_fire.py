"""Estimates, launch windows, flights, kills and damage against plain arithmetic and steps through time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.test_golden import PLANS, SOMEWHERE
from openiads.codes import ComponentStatus, EventKind, Fire, Motion, Prefer
from openiads.engine.begin import begin
from openiads.engine.queue import clear_queue, drop_first, has_next, kind_of, push, subject_of
from openiads.geodesy.ground import surface_point
from openiads.models.command.choice import fire_is_over, penalty, predicted_intercept_s, rounds_free, salvo_rounds
from openiads.models.command.estimate import refresh_estimate
from openiads.models.command.reaction import reaction_s
from openiads.models.interceptor.damage import damage
from openiads.models.interceptor.envelope import last_meeting, launch_windows, next_launch_s, reachable, usable
from openiads.models.interceptor.flyout import intercept
from openiads.models.interceptor.kill import kills, launch_fails, p_kill
from openiads.models.motion.earth import WGS84
from openiads.models.motion.objects import object_position, object_velocity
from openiads.simulation.lower.plan import AssetPlan, Conditions
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.state.layout import NEVER
from plans import mixed_plan, place

Vector = np.ndarray[Any, np.dtype[np.float64]]


def begun(measure: int = 0, **changes: Any) -> Session:
    plan = mixed_plan(14, 4, conditions=Conditions(range_measure=measure), origin=SOMEWHERE, **changes)
    assets = [AssetPlan(f"asset-{k}", place(37.0 * k, 9e3 * k, 0.0, SOMEWHERE), float(k % 4)) for k in range(7)]
    session = Session(build_world(replace(plan, assets=tuple(assets))))
    begin(session.world, session.state, 5, 0)
    return session


@pytest.fixture(scope="module", params=[0, 1], ids=["slant", "ground"])
def session(request: pytest.FixtureRequest) -> Session:
    return begun(request.param)


def great_circle(session: Session, i: int, from_s: float) -> Any:
    """Where the track of object `i` will be, by a turn of its position at `from_s` in the plane of its motion: t_s -> (3,) m."""
    world, state = session.world, session.state
    here = np.array(object_position(world, state, i, from_s)[:3])
    velocity = np.array(object_velocity(world, state, i, from_s + 1e-6))
    radius_m = float(np.linalg.norm(here))
    up = here / radius_m
    level = velocity - (velocity @ up) * up
    speed = float(np.linalg.norm(level))
    return lambda t_s: (
        radius_m * (up * math.cos(speed / radius_m * (t_s - from_s)) + level / speed * math.sin(speed / radius_m * (t_s - from_s)))
    )


def distance_m(session: Session, u: int, there: Vector, alt_m: float) -> float:
    """From the launchers of unit `u`: straight, or along the mean sphere between the feet."""
    world = session.world
    if world.settings[0]["range_measure"] == 0:
        return float(np.linalg.norm(there - world.units[u]["pos_ecef_m"]))
    a, b = world.units[u]["surface_m"], np.array(surface_point(*there.tolist(), alt_m, WGS84.a_m, WGS84.e2))
    radius_m = world.settings[0]["mean_radius_m"]
    return float(2.0 * radius_m * math.asin(np.linalg.norm(a - b) / (2.0 * radius_m)))


def air(session: Session) -> list[int]:
    return np.flatnonzero(session.world.objects["motion"] == Motion.AIR).tolist()


def ballistic(session: Session) -> list[int]:
    return np.flatnonzero(session.world.objects["motion"] == Motion.BALLISTIC).tolist()


def during(session: Session, i: int, share: float) -> float:
    now = session.state.objects[i]
    return float((1.0 - share) * now["origin_s"] + share * now["path_end_s"])


def test_a_track_presumably_aims_at_the_asset_ahead_that_it_passes_closest_by(session: Session) -> None:
    world, state = session.world, session.state
    aims = set()
    for i in air(session):
        for share in (0.02, 0.3, 0.5, 0.8):
            t_s = during(session, i, share)
            refresh_estimate(world, state, i, t_s)
            where = great_circle(session, i, t_s)
            speed = float(np.linalg.norm(where(t_s + 1.0) - where(t_s)))
            misses = []
            for k, asset in enumerate(world.assets):
                foot = asset["pos_ecef_m"]
                steps = t_s + np.arange(0.0, 400e3 / speed, 5e3 / speed)
                near_s = steps[int(np.argmin([np.linalg.norm(where(t) - foot) for t in steps]))]
                for half_s in 5e3 / speed * 0.5 ** np.arange(26):
                    near_s = min((near_s - half_s, near_s, near_s + half_s), key=lambda t: float(np.linalg.norm(where(t) - foot)))
                if near_s <= t_s + 1.0 / speed:
                    continue
                lower = where(near_s) / np.linalg.norm(where(near_s)) * np.linalg.norm(foot)
                misses.append((float(np.linalg.norm(lower - foot)), k, near_s))
            row = state.estimates[i]
            if not misses:
                assert row["presumed_aim"] == -1
                assert row["arrival_s"] >= NEVER
                continue
            (miss_m, k, near_s), *others = sorted(misses)
            if others and others[0][0] - miss_m < 5.0:
                continue
            assert row["presumed_aim"] == k
            assert row["value"] == world.assets[k]["value"]
            assert row["arrival_s"] == pytest.approx(near_s, abs=0.1)
            aims.add(k)
            height_m = object_position(world, state, i, t_s)[3]
            assert row["alt_m"] == height_m
            assert row["speed_mps"] == pytest.approx(np.linalg.norm(object_velocity(world, state, i, t_s + 1e-6)))
            assert world.posts.shape[0] == 1
            assert state.designations[i, 0]["known"] == 0
    assert len(aims) > 2


def test_of_assets_at_one_place_the_more_valuable_is_the_presumed_aim_then_the_first(session: Session) -> None:
    world, state = session.world, session.state
    i, t_s = air(session)[0], during(session, air(session)[0], 0.05)
    refresh_estimate(world, state, i, t_s)
    there = world.assets[state.estimates[i]["presumed_aim"]]["pos_ecef_m"].copy()
    assets = world.assets[:4].copy()
    for values, best in (([1.0, 3.0, 3.0, 2.0], 1), ([5.0, 3.0, 3.0, 5.0], 0), ([1.0, 1.0, 1.0, 2.0], 3)):
        assets["pos_ecef_m"], assets["value"] = there, values
        refresh_estimate(world._replace(assets=assets), state, i, t_s)
        assert state.estimates[i]["presumed_aim"] == best
        assert state.estimates[i]["value"] == values[best]


def test_a_ballistic_track_aims_at_the_asset_nearest_to_the_end_of_its_arc(session: Session) -> None:
    world, state = session.world, session.state
    for i in ballistic(session):
        end = np.array(object_position(world, state, i, float(state.objects[i]["path_end_s"]))[:3])
        for k in range(7):
            assets = world.assets.copy()
            assets["pos_ecef_m"] = end + 5e3 * np.random.default_rng(k).normal(size=(7, 3))
            refresh_estimate(world._replace(assets=assets), state, i, during(session, i, 0.4))
            row = state.estimates[i]
            best = int(np.argmin(np.linalg.norm(assets["pos_ecef_m"] - end, axis=1)))
            assert (row["presumed_aim"], row["value"]) == (best, assets["value"][best])
            assert row["arrival_s"] == row["valid_to_s"] == state.objects[i]["path_end_s"]


def test_without_assets_nobody_presumes_an_aim() -> None:
    session = Session(build_world(replace(mixed_plan(14, 4, origin=SOMEWHERE), assets=())))
    begin(session.world, session.state, 5, 0)
    for i in range(14):
        refresh_estimate(session.world, session.state, i, during(session, i, 0.5))
        assert session.state.estimates[i]["presumed_aim"] == -1
        assert session.state.estimates[i]["value"] == 0.0


def test_a_launch_window_is_when_the_predicted_intercept_is_inside_the_envelope(session: Session) -> None:
    """Against steps along the extrapolated great circle, or the arc: launch at t - delay - range(t) / speed for an intercept at t."""
    world, state = session.world, session.state
    opened = closed = 0
    for i in range(len(world.objects)):
        moving = world.objects[i]["motion"] == Motion.BALLISTIC
        for share in (0.05, 0.35, 0.7):
            t_s = during(session, i, share)
            refresh_estimate(world, state, i, t_s)
            launch_windows(world, state, 0, i, 3)
            row = state.estimates[i]
            last_s = float(min(row["arrival_s"], state.objects[i]["path_end_s"] if moving else NEVER))
            circle = great_circle(session, i, t_s)
            for m, magazine in enumerate(world.magazines):
                weapon, envelope = world.weapons[magazine["weapon"]], world.envelopes[magazine["weapon"], world.objects[i]["klass"]]
                launches: list[tuple[float, float]] = []
                for meet_s in np.linspace(t_s, min(last_s - 0.01, t_s + 4000.0), 120).tolist():
                    if moving:
                        *there, alt_m = object_position(world, state, i, meet_s)
                    else:
                        there, alt_m = circle(meet_s), float(row["alt_m"])
                    range_m = distance_m(session, magazine["unit"], np.array(there), alt_m)
                    slack = min(envelope["range_max_m"] - range_m, range_m - weapon["range_min_m"], weapon["alt_max_m"] - alt_m)
                    slack = min(slack, alt_m - weapon["alt_min_m"]) if envelope["sspk"] > 0.0 else -1e9
                    slack = slack if row["speed_mps"] <= weapon["target_speed_max_mps"] else -1e9
                    launches.append((meet_s - weapon["delay_s"] - range_m / weapon["speed_avg_mps"], slack))
                near = envelope["range_max_m"] + 3.0 * row["speed_mps"]
                for launch_s, slack in launches:
                    if launch_s < t_s or abs(slack) < 100.0 + 0.002 * near:
                        continue
                    if not moving and launch_s > row["valid_to_s"]:
                        continue  # after the turn everything is estimated anew
                    inside = next_launch_s(state.pairs[i, m], launch_s) == launch_s
                    assert inside == (slack > 0.0), (i, m, share, launch_s, slack)
                    opened, closed = opened + inside, closed + (not inside)
    assert min(opened, closed) > 150


def test_an_intercept_is_where_the_missile_and_the_true_path_meet_first(session: Session) -> None:
    world, state = session.world, session.state
    met = never = 0
    for i in range(len(world.objects)):
        for m, magazine in enumerate(world.magazines):
            weapon, envelope = world.weapons[magazine["weapon"]], world.envelopes[magazine["weapon"], world.objects[i]["klass"]]
            for share in (0.1, 0.5, 0.9, 0.99):
                launch_s = during(session, i, share)
                meet_s, range_m = intercept(world, state, i, m, launch_s)
                limit_s = min(
                    launch_s + weapon["delay_s"] + envelope["range_max_m"] / weapon["speed_avg_mps"] + 0.05, state.objects[i]["path_end_s"]
                )

                def late_s(t_s: float, i: int = i, m: int = m, launch_s: float = launch_s) -> tuple[float, float]:
                    *there, alt_m = object_position(world, state, i, t_s)
                    range_m = distance_m(session, world.magazines[m]["unit"], np.array(there), alt_m)
                    weapon = world.weapons[world.magazines[m]["weapon"]]
                    return launch_s + weapon["delay_s"] + range_m / weapon["speed_avg_mps"] - t_s, range_m

                steps = np.linspace(launch_s + weapon["delay_s"], limit_s, 200)
                if steps[0] > limit_s or min(late_s(t_s)[0] for t_s in steps.tolist()) > 1e-3:
                    assert (meet_s, range_m) == (NEVER, 0.0)
                    never += 1
                elif meet_s < NEVER:
                    assert late_s(meet_s)[0] == pytest.approx(0.0, abs=1e-4)
                    assert range_m == pytest.approx(late_s(meet_s)[1], abs=0.5)
                    assert all(late_s(t_s)[0] > 0.0 for t_s in steps.tolist() if t_s < meet_s - 0.01)
                    assert meet_s <= limit_s + 1e-3
                    met += 1
    assert min(met, never) > 20


def test_the_predicted_intercept_of_a_track_is_the_flight_time_to_where_it_will_be(session: Session) -> None:
    world, state = session.world, session.state
    for i in range(len(world.objects)):
        launch_s = during(session, i, 0.3)
        refresh_estimate(world, state, i, launch_s)
        circle = great_circle(session, i, launch_s)
        for m, magazine in enumerate(world.magazines):
            weapon = world.weapons[magazine["weapon"]]
            meet_s = predicted_intercept_s(world, state, i, m, launch_s)
            if world.objects[i]["motion"] == Motion.BALLISTIC:
                *there, alt_m = object_position(world, state, i, meet_s)
            else:
                there, alt_m = circle(meet_s), float(state.estimates[i]["alt_m"])
            range_m = distance_m(session, magazine["unit"], np.array(there), alt_m)
            assert meet_s == pytest.approx(launch_s + weapon["delay_s"] + range_m / weapon["speed_avg_mps"], abs=0.02)


def test_an_envelope_is_reachable_if_the_path_ever_enters_it(session: Session) -> None:
    world, state = session.world, session.state
    answers = set()
    for i in range(len(world.objects)):
        for m, magazine in enumerate(world.magazines):
            weapon, envelope = world.weapons[magazine["weapon"]], world.envelopes[magazine["weapon"], world.objects[i]["klass"]]
            best = -NEVER
            for share in np.linspace(0.0, 1.0, 150).tolist():
                *there, alt_m = object_position(world, state, i, during(session, i, share))
                range_m = distance_m(session, magazine["unit"], np.array(there), alt_m)
                slack = min(envelope["range_max_m"] - range_m, range_m - weapon["range_min_m"], weapon["alt_max_m"] - alt_m)
                best = max(best, min(slack, alt_m - weapon["alt_min_m"]))
            if abs(best) > 500.0 or envelope["sspk"] <= 0.0:
                assert bool(reachable(world, state, i, m)) == (best > 0.0 and envelope["sspk"] > 0.0)
                answers.add(best > 0.0 and envelope["sspk"] > 0.0)
    assert answers == {True, False}


# ------------------------------------------------------------------------------------------------------- chances and rules


def shares(n: int, p: float) -> float:
    return 4.5 * math.sqrt(p * (1.0 - p) / n)


@pytest.mark.parametrize("rho", [0.0, 0.4, 1.0])
def test_a_salvo_misses_with_the_probability_of_shared_and_own_luck(rho: float) -> None:
    """P(all n miss) = rho (1 - p) + (1 - rho) (1 - p)^n."""
    s = begun()
    world, state = s.world, s.state
    world.weapons["salvo_correlation"] = rho
    p, rounds, n = 0.55, 3, 1500
    state.engagements["object"][0], state.engagements["magazine"][0], state.engagements["salvo"][0] = 2, 0, 1
    state.shots["engagement"][:rounds], state.shots["p_kill"][:rounds] = 0, p
    state.shots["ordinal"][:rounds] = [4, 5, 6]
    missed = each = 0
    for replication in range(n):
        state.cursor[0]["replication"] = replication
        hits = [bool(kills(world, state, shot)) for shot in range(rounds)]
        missed, each = missed + (not any(hits)), each + sum(hits)
    want = rho * (1.0 - p) + (1.0 - rho) * (1.0 - p) ** rounds
    assert missed / n == pytest.approx(want, abs=shares(n, want))
    assert each / n / rounds == pytest.approx(p, abs=shares(n, p))


def test_launches_fail_as_often_as_stated_and_never_at_reliability_one() -> None:
    s = begun()
    n, failed = 2000, 0
    s.world.weapons["launch_reliability"] = 0.8, 1.0
    short = int(np.flatnonzero(s.world.magazines["weapon"] == 1)[0])
    for replication in range(n):
        s.state.cursor[0]["replication"] = replication
        failed += bool(launch_fails(s.world, s.state, 3, 0, 2))
        assert not launch_fails(s.world, s.state, 3, short, 2)
    assert failed / n == pytest.approx(0.2, abs=shares(n, 0.2))


def test_a_remote_track_and_a_raid_effect_change_the_chance_by_their_factors() -> None:
    s = begun()
    world, state = s.world, s.state
    world.weapons["remote_track_pk_factor"], world.weapons["reliability"], world.envelopes["pk_factor"] = 0.5, 0.9, 0.8
    klass = world.objects[0]["klass"]
    p = world.envelopes[0, klass]["sspk"] * 0.9 * 0.8
    state.cursor[0]["raid_effect"] = 0.0
    assert p_kill(world, state, 0, 0, False) == pytest.approx(p)
    assert p_kill(world, state, 0, 0, True) == pytest.approx(0.5 * p)
    for shift in (-1.2, 0.7):
        state.cursor[0]["raid_effect"] = shift
        logit = math.log(p_kill(world, state, 0, 0, False) / (1.0 - p_kill(world, state, 0, 0, False)))
        assert logit == pytest.approx(math.log(p / (1.0 - p)) + shift)
    for sure in (0.0, 1.0):
        world.envelopes["sspk"], world.envelopes["pk_factor"], world.weapons["reliability"] = sure, 1.0, 1.0
        assert p_kill(world, state, 0, 0, False) == sure


def test_reactions_have_the_stated_mean_and_spread_and_a_new_track_means_a_new_one() -> None:
    s = begun()
    s.world.posts["reaction_s"], s.world.posts["reaction_cv"] = 20.0, 0.25
    s.state.posts["slowness"] = 1.5
    times = [reaction_s(s.world, s.state, 0, 3, k) for k in range(4000)]
    assert np.mean(times) == pytest.approx(30.0, abs=4.5 * 30.0 * 0.25 / math.sqrt(4000))
    assert np.std(times) / np.mean(times) == pytest.approx(0.25, rel=0.06)
    assert np.std(np.log(times)) == pytest.approx(math.sqrt(math.log(1.0 + 0.25**2)), rel=0.06)
    assert len(set(times)) == 4000
    s.world.posts["reaction_cv"] = 0.0
    assert reaction_s(s.world, s.state, 0, 3, 1) == 30.0


def test_damage_has_the_stated_shares_and_a_degraded_part_is_killed_by_the_next_hit() -> None:
    s = Session(build_world(PLANS["struck"]()))
    begin(s.world, s.state, 5, 0)
    s.world.damage["p_damage"], s.world.damage["p_kill"] = 0.6, 0.25
    n, counts = 1500, {0: [0, 0, 0], 1: [0, 0, 0]}
    for before, count in counts.items():
        s.state.components["status"] = before
        for replication in range(n):
            s.state.cursor[0]["replication"] = replication
            count[damage(s.world, s.state, 0, 0)] += 1
    for found, p in zip(counts[0], (0.4, 0.35, 0.25), strict=True):
        assert found / n == pytest.approx(p, abs=shares(n, p))
    assert counts[1][ComponentStatus.INTACT] == 0
    assert counts[1][ComponentStatus.KILLED] / n == pytest.approx(0.6, abs=shares(n, 0.6))
    launchers = int(np.flatnonzero(s.world.components["kind"] == 2)[0])
    s.state.components["status"] = ComponentStatus.DEGRADED
    met = {damage(s.world, s.state, i, launchers) for i in range(len(s.world.objects))}
    assert met == {0, 1, 2}  # each arrival meets another launcher, which was intact


def test_what_each_doctrine_minimises() -> None:
    s = begun()
    world, state = s.world, s.state
    i, t_s = air(s)[0], during(s, air(s)[0], 0.3)
    refresh_estimate(world, state, i, t_s)
    klass = world.objects[i]["klass"]
    costs = world.weapons["unit_cost_usd"]
    short = int(np.flatnonzero(world.magazines["weapon"] == 1)[0])
    for rule, want in {
        Prefer.EARLIEST_INTERCEPT: [predicted_intercept_s(world, state, i, m, t_s) for m in (0, short)],
        Prefer.LAYERED: world.weapons["reach_m"].tolist(),
        Prefer.PRESERVE_LONG_RANGE: world.weapons["reach_m"].tolist(),
        Prefer.HIGHEST_PROBABILITY: [-world.envelopes[w, klass]["sspk"] * world.weapons[w]["reliability"] for w in (0, 1)],
    }.items():
        world.doctrines["prefer"] = rule
        assert [penalty(world, state, i, m, t_s) for m in (0, short)] == pytest.approx(want)
    world.doctrines["prefer"] = Prefer.CHEAPEST_ADEQUATE
    world.envelopes["sspk"][:, klass] = 0.6, 0.5
    for adequate, cheap_is_better, exact in ((0.5, True, True), (0.6, False, True), (0.9, False, False)):
        world.doctrines["adequate_sspk"] = adequate
        long, cheap = (penalty(world, state, i, m, t_s) for m in (0, short))
        assert (cheap < long) == cheap_is_better
        assert (long == costs[0]) == exact


def test_salvos_and_the_end_of_fire_by_doctrine() -> None:
    s = begun(fire=Fire.SEQUENCE, sequence=(3, 1, 2))
    i = 0
    for k, rounds in enumerate((3, 1, 2)):
        s.state.designations[i, 0]["salvos"] = k
        assert salvo_rounds(s.world, 0, i, k) == rounds
        assert not fire_is_over(s.world, s.state, 0, i)
    s.state.designations[i, 0]["salvos"] = 3
    assert fire_is_over(s.world, s.state, 0, i)
    for fire, over in ((Fire.ONCE, [False, True, True]), (Fire.SHOOT_LOOK_SHOOT, [False] * 3)):
        s.world.doctrines["fire"] = fire
        for k in range(3):
            s.state.designations[i, 0]["salvos"] = k
            assert fire_is_over(s.world, s.state, 0, i) == over[k]
            assert salvo_rounds(s.world, 0, i, k) == s.world.salvos[0, s.world.objects[i]["klass"]]["rounds"]


def test_the_last_meeting_is_where_the_track_arrives_and_how_it_flies_there(session: Session) -> None:
    world, state = session.world, session.state
    for i in air(session):
        t_s = during(session, i, 0.2)
        refresh_estimate(world, state, i, t_s)
        end_s = state.estimates[i]["arrival_s"]
        if end_s >= NEVER:
            continue
        where, there = great_circle(session, i, t_s), last_meeting(state.estimates[i])
        assert there[:3] == pytest.approx(where(end_s), abs=1e-3)
        ahead = where(end_s + 0.5) - where(end_s - 0.5)
        assert there[3:] == pytest.approx(ahead / np.linalg.norm(ahead), abs=1e-6)


def test_a_weapon_is_of_no_use_against_what_flies_a_little_faster_than_its_limit(session: Session) -> None:
    world, state = session.world, session.state
    i = ballistic(session)[0]
    fastest = world.objects[i]["speed_max_mps"] / state.objects[i]["scale"]
    limits = world.weapons["target_speed_max_mps"].copy()
    for limit, fit in ((fastest + 0.01, True), (fastest - 0.01, False)):
        world.weapons["target_speed_max_mps"] = limit
        assert usable(world, state, i, 0) == fit
    world.weapons["target_speed_max_mps"] = limits


def test_a_reserve_is_kept_from_every_other_class_and_from_rounds_that_could_serve_it() -> None:
    """Long rounds only can engage ballistic missiles: 2 x 8 of them are ready, of which 13 are kept."""
    s = begun(reserve_class=2, reserve_rounds=13)
    short = int(np.flatnonzero(s.world.magazines["weapon"] == 1)[0])
    drone, missile = air(s)[0], ballistic(s)[0]
    assert s.state.posts[0]["fit_for_reserve"] == 16
    assert rounds_free(s.world, s.state, 0, drone, 0) == 3
    assert rounds_free(s.world, s.state, 0, missile, 0) == 8
    assert rounds_free(s.world, s.state, 0, drone, short) == 12
    s.world.doctrines["reserve_rounds"] = 17
    assert rounds_free(s.world, s.state, 0, drone, 0) == 0
    s.world.doctrines["reserve_rounds"] = 1
    assert rounds_free(s.world, s.state, 0, drone, 0) == 8


def test_events_come_in_order_of_time_then_kind_then_subject_whenever_they_were_scheduled() -> None:
    s = begun()
    for trial in range(12):
        rng = np.random.default_rng(trial)
        clear_queue(s.world, s.state)
        span_s = float(s.world.settings[0]["span_s"])
        waiting: list[tuple[float, int, int]] = []
        now_s, got, least = 0.0, [], []
        for _ in range(150):
            if waiting and rng.random() < 0.4:
                assert has_next(s.state)
                event = s.state.heap[0]
                got.append((float(event["time_s"]), kind_of(event), subject_of(event)))
                least.append(min(waiting))
                waiting.remove(min(waiting))
                now_s = got[-1][0]
                drop_first(s.state)
            else:
                later_s = now_s + float(rng.choice([0.0, 0.25, 0.5, 40.0, 0.3 * span_s, 2.0 * span_s]))
                row = later_s, int(rng.choice(list(EventKind))), int(rng.integers(0, 4))
                waiting.append(row)
                push(s.state, *row)
            assert s.state.cursor[0]["overflow"] == 0
        while has_next(s.state):
            event = s.state.heap[0]
            got.append((float(event["time_s"]), kind_of(event), subject_of(event)))
            drop_first(s.state)
        assert got == least + sorted(waiting)
