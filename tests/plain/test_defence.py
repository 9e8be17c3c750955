"""Whole replicates as plain Python: the same story however it is computed, and timelines, channels, rounds and launchers by arithmetic."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.test_golden import PLANS, world_of
from engine.test_story import assert_same, decisions, log_of
from openiads.codes import Cause, EventKind, LogCode, ObjectStatus, Status
from openiads.engine.audit import rank
from openiads.engine.begin import begin
from openiads.engine.loop import advance
from openiads.engine.queue import kind_of
from openiads.models.motion.objects import object_position
from openiads.simulation.lower.plan import ComponentPlan
from openiads.simulation.lower.windows import with_places
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.specs import Component, Magazine
from openiads.state.layout import LOADS, NEVER
from openiads.validation.oracle_plans import Defence, Raid, ballistic_plan, inbound_plan

#: A hint brackets the edge of an envelope otherwise than a search from afar; both find it within a millimetre.
EDGE_S = 1e-5


def with_settings(world: Any, **changes: int) -> Any:
    settings = world.settings.copy()
    for name, value in changes.items():
        settings[name] = value
    return world._replace(settings=settings)


@pytest.mark.parametrize("name", PLANS)
def test_bounds_and_hints_save_work_and_change_nothing(name: str) -> None:
    world = world_of(name)
    quick, plain = Session(world), Session(with_settings(world, culling=0))
    for replication in (2, 3):
        assert_same(log_of(quick, 7, replication).copy(), log_of(plain, 7, replication), f"replication {replication}", EDGE_S)


@pytest.mark.parametrize("name", PLANS)
def test_a_run_in_which_every_look_is_an_event_decides_alike(name: str) -> None:
    world = world_of(name)
    lazy, eager = Session(world), Session(with_settings(world, eager=1))
    for replication in (2, 3, 4):
        a, b = decisions(log_of(lazy, 7, replication).copy()), decisions(log_of(eager, 7, replication))
        if name == "full":  # there the order of rows at one instant is another one
            assert lazy.state.objects["status"].tolist() == eager.state.objects["status"].tolist()
            assert lazy.state.objects["end_s"] == pytest.approx(eager.state.objects["end_s"], abs=EDGE_S)
        else:
            assert_same(a, b, f"{name}, replication {replication}", EDGE_S)


def test_a_run_pauses_before_events_of_one_kind_and_no_other() -> None:
    session = Session(world_of("as planned"))
    world, state = session.world, session.state
    launches = int((log_of(session, 5, 1)["code"] == LogCode.LAUNCHED).sum())
    begin(world, state, 5, 1)
    intercepts = 0
    while advance(world, state, NEVER, int(EventKind.INTERCEPT)) == Status.DECISION:
        assert kind_of(state.heap[0]) == EventKind.INTERCEPT
        intercepts += 1
    failed = int((log_of(session, 5, 1)["code"] == LogCode.LAUNCH_FAILED).sum())
    assert intercepts == launches > 0 <= failed


def test_a_destroyed_defender_ranks_between_one_without_time_and_one_without_a_channel() -> None:
    order = [Cause.NOT_VISIBLE, Cause.OUTSIDE_ENVELOPE, Cause.NO_TIME, Cause.DEFENDER_DESTROYED, Cause.NO_CHANNEL, Cause.NO_MISSILE]
    ranks = [rank(int(gate)) for gate in order]
    assert ranks == sorted(set(ranks))


def test_a_run_that_stops_at_every_decision_and_every_minute_tells_the_same_story() -> None:
    session = Session(world_of("as planned"))
    want = log_of(session, 5, 1).copy()
    world, state = session.world, session.state
    begin(world, state, 5, 1)
    stops, until_s = 0, 0.0
    while True:
        status = advance(world, state, until_s, int(EventKind.DECIDE))
        if status == Status.DONE:
            break
        if status == Status.DECISION:
            assert state.heap[0]["time_s"] <= until_s
            assert state.cursor[0]["now_s"] <= state.heap[0]["time_s"]
            stops += 1
            continue
        assert status == Status.RUNNING
        assert state.cursor[0]["now_s"] <= until_s < state.heap[0]["time_s"]
        until_s += 60.0
    assert stops > 10
    rows = state.log[: state.cursor[0]["log_count"]]
    assert_same(want, rows[np.lexsort((rows["engagement"], rows["object"], rows["actor"], rows["code"], rows["time_s"]))], "stops")


# ------------------------------------------------------------------------------------------------------------- arithmetic

STAND = Defence(sspk=0.0, interceptor_mps=800.0, range_min_m=1_500.0, range_max_m=30e3, assessment_s=6.0, reaction_s=9.0, lethal=False)
RAID = Raid(start_m=45e3, speed_mps=300.0)


def salvos_on_a_line(defence: Defence, raid: Raid) -> list[tuple[float, float, float]]:
    """(launch, intercept, range) of every salvo at a target that survives them all and is seen from the start."""
    found, free_s = [], defence.reaction_s
    while True:
        edge_s = (raid.start_m - defence.range_max_m) / raid.speed_mps - defence.range_max_m / defence.interceptor_mps
        launch_s = max(free_s, edge_s)
        flight_s = (raid.start_m - raid.speed_mps * launch_s) / (raid.speed_mps + defence.interceptor_mps)
        if defence.interceptor_mps * flight_s < defence.range_min_m:
            return found
        found.append((launch_s, launch_s + flight_s, defence.interceptor_mps * flight_s))
        free_s = launch_s + flight_s + defence.assessment_s


@pytest.mark.parametrize("change", [{}, {"reaction_s": 40.0}, {"range_max_m": 12e3}, {"assessment_s": 1.0}, {"salvo": 3}])
def test_a_lone_inbound_is_met_as_arithmetic_on_a_line_says(change: dict[str, Any]) -> None:
    defence = replace(STAND, **change)
    state = Session(build_world(inbound_plan(defence, RAID))).run(0, 0)
    want = salvos_on_a_line(defence, RAID)
    assert len(want) > 1
    salvos = state.engagements[: state.cursor[0]["engagement_count"]]
    assert salvos["launch_s"].tolist() == pytest.approx([launch_s for launch_s, _, _ in want], abs=1e-5)
    assert salvos["last_intercept_s"].tolist() == pytest.approx([meet_s for _, meet_s, _ in want], abs=1e-5)
    shots = state.shots[: state.cursor[0]["shot_count"]]
    assert len(shots) == defence.salvo * len(want)
    assert shots["range_m"][:: defence.salvo].tolist() == pytest.approx([range_m for _, _, range_m in want], abs=0.01)
    assert state.objects["end_s"][0] == pytest.approx(RAID.start_m / RAID.speed_mps)
    busy_s = sum(meet_s + defence.assessment_s - launch_s for launch_s, meet_s, _ in want)
    over_s = max(want[-1][1] + defence.assessment_s - state.objects["end_s"][0], 0.0)
    assert state.units["channel_seconds"][0] == pytest.approx(busy_s, abs=over_s + 1e-4)


def test_a_target_below_the_horizon_is_seen_where_both_horizons_meet() -> None:
    earth, heights_m = 1.2, (30.0, 60.0)
    radius_m = 6_371e3 * earth
    horizon_m = sum(radius_m * math.acos(radius_m / (radius_m + h)) for h in heights_m)
    raid = replace(RAID, start_m=horizon_m + 7e3, alt_m=heights_m[1])
    defence = replace(STAND, antenna_height_m=heights_m[0], effective_earth=earth)
    state = Session(build_world(inbound_plan(defence, raid))).run(0, 0)
    assert state.timeline["firm_s"][0] == pytest.approx(7e3 / raid.speed_mps, abs=1e-5)
    assert state.timeline["ready_s"][0] == pytest.approx(7e3 / raid.speed_mps + defence.reaction_s, abs=1e-5)


def test_every_channel_is_used_at_once_even_beyond_sixty_two() -> None:
    raid, defence = replace(RAID, count=72), replace(STAND, channels=70, assessment_s=1e4)
    state = Session(build_world(inbound_plan(defence, raid))).run(0, 0)
    assert state.units["peak_channels"][0] == 70
    assert state.cursor[0]["engagement_count"] == 70
    engaged = state.engagements[:70]
    assert sorted(engaged["channel"].tolist()) == [*range(62), *[62] * 8]
    assert sorted(engaged["object"].tolist()) == list(range(70))


def test_channels_are_counted_and_the_lowest_free_one_is_taken() -> None:
    raid, defence = replace(RAID, count=5, spacing_s=1.0), replace(STAND, channels=3)
    state = Session(build_world(inbound_plan(defence, raid))).run(0, 0)
    rows = state.engagements[: state.cursor[0]["engagement_count"]]
    for k, row in enumerate(rows):
        busy = {int(other["channel"]) for other in rows[:k] if other["end_s"] > row["launch_s"]}
        assert len(busy) < 3
        assert row["channel"] == min(set(range(3)) - busy)
    assert state.units["peak_channels"][0] == 3


def test_poisson_arrivals_have_exponential_gaps_one_after_another() -> None:
    raid = replace(RAID, count=30, arrival_rate_per_s=0.2)
    session = Session(build_world(inbound_plan(replace(STAND, channels=1), raid)))
    gaps = []
    for replication in range(20):
        begin(session.world, session.state, 3, replication)
        starts = session.state.objects["origin_s"]
        gaps += [starts[0], *np.diff(starts)]
    gaps = np.array(gaps)
    assert (gaps > 0.0).all()
    assert gaps.mean() == pytest.approx(5.0, abs=4.5 * 5.0 / math.sqrt(gaps.size))
    assert gaps.std() == pytest.approx(5.0, rel=0.2)


def test_shifts_scales_and_turns_are_spread_as_stated() -> None:
    session = Session(world_of("as planned"))
    world, state = session.world, session.state
    world.objects["shift_half_width_s"], world.objects["scale_half_width"], world.objects["rotation_sd_rad"] = 9.0, 0.04, 0.02
    shift, scale, turn = [], [], []
    for replication in range(60):
        begin(world, state, 3, replication)
        shift += (state.objects["origin_s"] - world.objects["start_s"]).tolist()
        scale += state.objects["scale"].tolist()
        turn += np.arctan2(state.objects["sin_rotation"], state.objects["cos_rotation"]).tolist()
        assert state.objects["rate"] == pytest.approx(1.0 / state.objects["scale"])
        assert state.objects["path_end_s"] == pytest.approx(
            state.objects["origin_s"] + state.objects["scale"] * world.objects["duration_s"]
        )
    n = len(shift)
    assert 8.5 < max(shift) <= 9.0
    assert -9.0 <= min(shift) < -8.5
    assert np.mean(shift) == pytest.approx(0.0, abs=4.5 * 9.0 / math.sqrt(3 * n))
    assert 0.96 <= min(scale) < 0.9625
    assert 1.0375 < max(scale) <= 1.04
    assert np.mean(turn) == pytest.approx(0.0, abs=4.5 * 0.02 / math.sqrt(n))
    assert np.std(turn) == pytest.approx(0.02, rel=0.12)


def test_launchers_that_are_hit_take_their_share_of_the_ready_rounds_rounded_to_the_nearest() -> None:
    """Ten rounds on four launchers: 10 / 4, 7 / 3, 5 / 2 and 2 / 1 are 3, 2, 3 and 2 rounds; nothing is left for a fifth hit."""
    plan = inbound_plan(replace(STAND, rounds=10), replace(RAID, count=5, spacing_s=10.0))
    objects = tuple(replace(one, threat=replace(one.threat, aim_component=0, aim_asset=-1)) for one in plan.objects)
    envelopes = tuple(tuple(replace(one, sspk=0.0) for one in rows) for rows in plan.envelopes)
    for kill in (1.0, 0.0):
        part = ComponentPlan("launchers", plan.posts[0].units[0].name, Component(2, 0.5, 4, 7.0, 1e5))
        hit = replace(plan, objects=objects, envelopes=envelopes, components=(part,), damage=(((1.0, kill),) * 4,) * len(plan.rcs_m2))
        session = Session(build_world(hit))
        state = session.run(1, 0)
        log = state.log[: state.cursor[0]["log_count"]]
        if kill:
            lost = log[log["code"] == LogCode.COMPONENT_KILLED]
            assert lost["value"].tolist() == [4.0, 3.0, 2.0, 1.0]
            gone = log[log["code"] == LogCode.ROUNDS_LOST]
            assert (gone["value"] % LOADS).tolist() == [3.0, 2.0, 3.0, 2.0]
            assert {tuple(row) for row in gone[["actor", "object", "engagement"]].tolist()} == {(0, -1, -1)}
            assert state.magazines["hit"][0] == 10
            assert state.components["launchers_lost"][0] == 4
            assert state.magazines["destroyed"][0] == 10
            assert state.magazines["ready"][0] == 0
            assert state.cursor[0]["empty_s"] == pytest.approx(150.0 + 30.0)
            assert state.components["hit_s"][0] == state.components["killed_s"][0] == pytest.approx(150.0)
        else:
            back = log[log["code"] == LogCode.RELOADED]
            assert back["time_s"].tolist() == pytest.approx([150.0 + 10.0 * k + 7.0 for k in range(5)])
            assert (back["value"] % LOADS).tolist() == [3.0] * 5  # a quarter of ten, and they are back before the next arrival
            assert state.magazines["ready"][0] == 10
            assert state.components["killed_s"][0] >= NEVER
        assert (state.objects["status"] == ObjectStatus.LEAKED).all()


def test_an_emptied_launcher_reloads_from_the_store_and_an_empty_store_ends_it() -> None:
    """Two rounds ready, three held, loads of two: back after a minute two, then one."""
    plan = inbound_plan(replace(STAND, channels=9), replace(RAID, count=8, spacing_s=40.0))
    (post,) = plan.posts
    magazine = ((0, Magazine(2, 3, 2, 60.0)),)
    plan = replace(plan, posts=(replace(post, units=(replace(post.units[0], magazines=magazine),)),))
    state = Session(build_world(plan)).run(0, 0)
    log = state.log[: state.cursor[0]["log_count"]]
    launched, started, back = (log[log["code"] == code] for code in (LogCode.LAUNCHED, LogCode.RELOAD_STARTED, LogCode.RELOADED))
    assert (started["value"] % LOADS).tolist() == (back["value"] % LOADS).tolist() == [2.0, 1.0]
    assert back["time_s"] == pytest.approx(started["time_s"] + 60.0)
    assert started["time_s"][0] == launched["time_s"][1]
    assert state.magazines[["ready", "held", "fired"]].tolist() == [(0, 0, 5)]
    assert len(launched) == 5


def test_radars_that_may_be_full_tell_the_story_of_those_with_places() -> None:
    plan = PLANS["as planned"]()
    (post,) = plan.posts
    units = []
    for unit in post.units:
        assert unit.fire_control is not None
        units.append(replace(unit, fire_control=replace(unit.fire_control, radar=replace(unit.fire_control.radar, capacity=2))))
    world = build_world(replace(plan, posts=(replace(post, units=tuple(units)),)))
    in_doubt, places = Session(world), Session(with_places(world))
    for replication in range(2):
        a, b = in_doubt.run(5, replication), places.run(5, replication)
        assert a.objects["status"].tolist() == b.objects["status"].tolist()
        assert a.objects["end_s"].tolist() == b.objects["end_s"].tolist()


def test_a_ballistic_missile_is_seen_when_it_rises_above_the_least_elevation() -> None:
    plan, _ = ballistic_plan(300e3, math.radians(2.0))
    session = Session(build_world(plan))
    state = session.run(0, 0)
    seen_s = float(state.timeline["firm_s"][0])
    for later_s, above in ((-0.01, False), (0.01, True)):
        apart = np.array(object_position(session.world, state, 0, seen_s + later_s)[:3]) - session.world.sensors["pos_ecef_m"][0]
        elevation_rad = math.asin(apart @ session.world.sensors["up"][0] / np.linalg.norm(apart))
        assert elevation_rad == pytest.approx(math.radians(2.0), abs=1e-3)
        assert (elevation_rad > math.radians(2.0)) == above
