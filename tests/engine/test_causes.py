"""Each cause of a leaker by a plan that is built to produce it, beside the same plan without that one fault, in which the threat dies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from openiads.codes import Cause, EngagementEnd, ObjectStatus
from openiads.models.command.estimate import refresh_estimate
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.earth import Place
from openiads.models.radar.look import look, look_time_s
from openiads.models.tracking.machine import tracked_at
from openiads.simulation.lower.plan import AssetPlan, ComponentPlan, EpochPlan, ObjectPlan, Plan, PostPlan, SensorPlan, UnitPlan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.specs import Component, Envelope, FireUnit, Magazine, Post
from openiads.state.layout import HIT, NEVER
from plans import doctrine, engagement_radar, place, search_radar, threat, weapon

SPEED_MPS, HEIGHT_M = 240.0, 1000.0
AIM = Place(0.0, 0.0, HEIGHT_M)
NEVER_ENDS_S = 1e5
HUNTER_S = 30.0


def base(threats: int = 1) -> Plan:
    """Cruise missiles from the east, one after another, against a sure weapon behind a sure radar; nothing leaks."""
    path = air_path(place(90.0, 120e3, HEIGHT_M), [Leg(AIM, SPEED_MPS)])
    still = {"shift_half_width_s": 0.0, "scale_half_width": 0.0, "rotation_sd_rad": 0.0, "speed_max_mps": 1.02 * SPEED_MPS}
    objects = tuple(ObjectPlan(threat(10 + k, 0, SPEED_MPS, **still), path, 2.0 * k, AIM) for k in range(threats))
    search = SensorPlan("search", search_radar(perfect=True, range_min_m=0.0), place(270.0, 5e3))
    control = SensorPlan("control", engagement_radar(perfect=True, range_min_m=0.0), place(0.0, 1e3), math.radians(90.0))
    stock = Magazine(ready=40, held=0, launcher_load=40, reload_s=NEVER_ENDS_S)
    unit = UnitPlan("unit", FireUnit(10, 20, 0.0, 5.0), place(0.0, 1e3), ((0, stock),), control)
    fire = doctrine(salvos=(1,))
    return Plan(
        posts=(PostPlan("post", Post(10.0, 0.0, 2.0, 0.0, 10**6), fire, (search,), (unit,)),),
        objects=objects,
        assets=(AssetPlan("city", Place(0.0, 0.0, 0.0), 1.0),),
        weapons=(("weapon", weapon(reliability=1.0, launch_reliability=1.0, salvo_correlation=0.0, range_min_m=100.0)),),
        envelopes=((Envelope(40e3, 1.0, 1.0),),),
        rcs_m2=((1.0,),),
    )


def post(plan: Plan, **changes: object) -> Plan:
    return replace(plan, posts=(replace(plan.posts[0], **changes),))


def unit(plan: Plan, **changes: object) -> Plan:
    return post(plan, units=(replace(plan.posts[0].units[0], **changes),))


def fire_unit(plan: Plan, **changes: object) -> Plan:
    return unit(plan, unit=replace(plan.posts[0].units[0].unit, **changes))


def sees(plan: Plan, **changes: object) -> Plan:
    sensor = plan.posts[0].sensors[0]
    facing = changes.pop("facing_rad", sensor.facing_rad)
    return post(plan, sensors=(replace(sensor, radar=replace(sensor.radar, **changes), facing_rad=facing),))


def quiet(plan: Plan) -> Plan:
    """The search radar is silent from the first to the last second."""
    return post(plan, sensors=(replace(plan.posts[0].sensors[0], epochs=(EpochPlan(-1e9, 1e9, silent=True),)),))


def controls(plan: Plan, *, facing_rad: float = math.radians(90.0), **changes: object) -> Plan:
    control = plan.posts[0].units[0].fire_control
    assert control is not None
    return unit(plan, fire_control=replace(control, radar=replace(control.radar, **changes), facing_rad=facing_rad))


def orders(plan: Plan, **changes: object) -> Plan:
    return post(plan, doctrine=doctrine(salvos=(1,), **changes))


def spec(plan: Plan, **changes: object) -> Plan:
    return post(plan, post=replace(plan.posts[0].post, **changes))


def shoots(plan: Plan, sspk: float = 1.0, range_max_m: float = 40e3, **changes: object) -> Plan:
    return replace(plan, weapons=(("weapon", replace(plan.weapons[0][1], **changes)),), envelopes=((Envelope(range_max_m, sspk, 1.0),),))


def without_radar(plan: Plan) -> Plan:
    """A first threat, at which nobody may shoot, kills the engagement radar before the others are in reach."""
    hunter = plan.objects[0]
    path = air_path(place(90.0, 20e3, 12e3), [Leg(Place(0.0, 0.0, 12e3), 20e3 / HUNTER_S)])
    spoiler = replace(hunter, path=path, threat=replace(hunter.threat, key=99, klass=1, aim_asset=-1, aim_component=0, speed_max_mps=700.0))
    radar = ComponentPlan("control", "control", Component(1, 0.5, 0, NEVER_ENDS_S, NEVER_ENDS_S))
    return replace(
        plan,
        objects=(*plan.objects, spoiler),
        rcs_m2=((1.0,), (1.0,)),
        envelopes=((plan.envelopes[0][0], Envelope(0.0, 0.0, 1.0)),),
        components=(radar,),
        damage=(((0.0, 0.0),) * 4, ((1.0, 1.0),) * 4),
        posts=(replace(plan.posts[0], doctrine=doctrine(salvos=(1, 1))),),
    )


#: For each cause: how many threats, the fault, and how many of the first threats it makes leak.
FAULTS: dict[Cause, tuple[int, Callable[[Plan], Plan], int]] = {
    Cause.NOT_VISIBLE: (1, lambda p: sees(p, azimuth_half_width_rad=math.radians(20.0), facing_rad=math.radians(270.0)), 1),
    Cause.RADAR_SILENT: (1, quiet, 1),
    Cause.NOT_DETECTED: (1, lambda p: replace(sees(p, perfect=False), rcs_m2=((1e-12,),)), 1),
    Cause.NOT_FIRM: (1, lambda p: sees(p, confirm_hits=20, confirm_window=20, period_s=40.0), 1),
    Cause.NOT_IN_PICTURE: (3, lambda p: spec(fire_unit(p, assessment_time_s=NEVER_ENDS_S), capacity=1), 2),
    Cause.NOT_IDENTIFIED: (1, lambda p: spec(p, identification_s=NEVER_ENDS_S), 1),
    Cause.NOT_PERMITTED: (1, lambda p: orders(p, hold=True), 1),
    Cause.OUTSIDE_ENVELOPE: (1, lambda p: shoots(p, alt_min_m=HEIGHT_M + 1.0), 1),
    Cause.NO_TIME: (1, lambda p: spec(p, reaction_s=NEVER_ENDS_S), 1),
    Cause.NO_CHANNEL: (3, lambda p: fire_unit(p, channels=1, assessment_time_s=NEVER_ENDS_S), 2),
    Cause.NO_MISSILE: (3, lambda p: unit(p, magazines=((0, Magazine(1, 0, 1, NEVER_ENDS_S)),)), 2),
    Cause.NO_FIRE_CONTROL_TRACK: (1, lambda p: controls(p, facing_rad=math.radians(270.0)), 1),
    Cause.LAUNCH_INTERVAL: (3, lambda p: fire_unit(p, launch_interval_s=NEVER_ENDS_S), 2),
    Cause.MISSED: (1, lambda p: shoots(p, sspk=1e-12), 1),
    Cause.FALSE_ASSESSMENT: (1, lambda p: orders(shoots(p, sspk=1e-12), p_false_kill=1.0), 1),
    Cause.RADAR_LOST: (1, lambda p: controls(shoots(p, range_max_m=28e3, speed_avg_mps=500.0), range_min_m=30e3), 1),
    Cause.DEFENDER_DESTROYED: (1, without_radar, 1),
    Cause.LAUNCH_FAILED: (1, lambda p: fire_unit(shoots(p, launch_reliability=1e-9), launch_interval_s=1e4), 1),
}


def test_every_cause_is_here() -> None:
    assert set(FAULTS) == set(Cause) - {Cause.NONE}


@pytest.mark.parametrize("cause", FAULTS)
def test_a_cause_is_the_fault_that_was_built_in(cause: Cause) -> None:
    threats, fault, leakers = FAULTS[cause]
    sound = Session(build_world(base(threats))).run(3, 0)
    assert (sound.objects["status"] == ObjectStatus.KILLED).all()
    state = Session(build_world(fault(base(threats)))).run(3, 0)
    leaked = np.flatnonzero(state.objects["status"][:threats] == ObjectStatus.LEAKED)
    assert leaked.size == leakers
    assert [Cause(code).name for code in state.timeline["cause"][leaked]] == [cause.name] * leakers
    assert (state.timeline["unit"][leaked] == 0).all()  # the only unit got furthest, however far that was


def test_hits_that_were_never_enough_are_counted_by_a_plain_walk() -> None:
    """With a chance of a hit of about a third a run of three in a row is often missed: seen, hit, and never firm."""
    plan = sees(base(), perfect=False, confirm_hits=3, confirm_window=3, anchor_range_m=13e3, anchor_rcs_m2=1.0)
    session = Session(build_world(plan))
    found = set()
    for replication in range(40):
        state = session.run(3, replication)
        hits, n = [], 0
        while (t_s := look_time_s(session.world, state, 0, 0, n)) <= state.objects[0]["path_end_s"]:
            hits.append(bool(look(session.world, state, 0, 0, n, t_s - 1e-9 if t_s >= state.objects[0]["end_s"] else t_s) & HIT))
            n += 1
        in_a_row = any(hits[k : k + 3] == [True] * 3 for k in range(len(hits)))
        cause = Cause(int(state.timeline["cause"][0]))
        if state.objects[0]["status"] == ObjectStatus.LEAKED and not in_a_row:
            assert cause == (Cause.NOT_FIRM if any(hits) else Cause.NOT_DETECTED)
            found.add(cause)
    assert Cause.NOT_FIRM in found


def causes(plan: Plan, threats: int, replication: int = 0) -> list[str]:
    """The causes of those of the first `threats` that leaked."""
    state = Session(build_world(plan)).run(3, replication)
    leaked = np.flatnonzero(state.objects["status"][:threats] == ObjectStatus.LEAKED)
    return [Cause(code).name for code in state.timeline["cause"][leaked]]


def test_who_lacked_only_a_missile_when_a_channel_was_free_again_lacked_a_missile() -> None:
    """Three threats 2 s apart, one channel, two rounds. The second engagement is over about a minute and a half before the third threat
    arrives, in reach of a free channel and no round."""
    two = unit(fire_unit(base(3), channels=1), magazines=((0, Magazine(2, 0, 2, NEVER_ENDS_S)),))
    assert causes(two, 3) == ["NO_MISSILE"]
    kept = fire_unit(two, channels=1, assessment_time_s=130.0)  # the first engagement ends when the third threat has come too near
    assert causes(kept, 3) == ["NO_CHANNEL"]


def test_too_fast_a_target_is_outside_the_envelope_on_either_kind_of_leg() -> None:
    assert causes(shoots(base(), target_speed_max_mps=SPEED_MPS - 20.0), 1) == ["OUTSIDE_ENVELOPE"]
    legs = [Leg(place(90.0, 60e3, HEIGHT_M), 2.0 * SPEED_MPS), Leg(AIM, SPEED_MPS)]
    slower = replace(base().objects[0], path=air_path(place(90.0, 120e3, HEIGHT_M), legs))
    limited = replace(shoots(base(), target_speed_max_mps=1.5 * SPEED_MPS), objects=(slower,))
    assert causes(limited, 1) == []
    assert causes(spec(limited, reaction_s=NEVER_ENDS_S), 1) == ["NO_TIME"]


def test_a_target_that_no_round_could_meet_even_from_its_first_instant_is_outside() -> None:
    """It appears 9 km away: 37 s. A round at 100 m/s meets it after 9000 / 340 = 26 s, 2.6 km out, or never closer than 4 km."""
    near = replace(base().objects[0], path=air_path(place(90.0, 9e3, HEIGHT_M), [Leg(AIM, SPEED_MPS)]))
    plan = spec(replace(base(), objects=(near,)), reaction_s=NEVER_ENDS_S)
    slow = shoots(plan, speed_avg_mps=100.0)
    assert causes(slow, 1) == ["NO_TIME"]
    assert causes(shoots(plan, speed_avg_mps=100.0, range_min_m=4e3), 1) == ["OUTSIDE_ENVELOPE"]


def test_rounds_hit_with_their_launcher_are_a_destroyed_defender() -> None:
    plan = without_radar(base())
    launchers = ComponentPlan("launchers", "unit", Component(2, 0.5, 1, NEVER_ENDS_S, NEVER_ENDS_S))
    for p_kill in (1.0, 0.0):  # gone, or in repair until after the raid
        struck = replace(plan, components=(launchers,), damage=(((0.0, 0.0),) * 4, ((1.0, p_kill),) * 4))
        assert causes(struck, 1) == ["DEFENDER_DESTROYED"]


# --- beliefs --------------------------------------------------------------------------------------------------------------------


def shots(plan: Plan, nights: int) -> tuple[float, float, float]:
    """Shots, wasted ones and leakers a night."""
    session, found = Session(build_world(plan)), np.zeros(3)
    for replication in range(nights):
        state = session.run(3, replication)
        rows = state.shots[: state.cursor[0]["shot_count"]]
        wasted = (rows["result"] == EngagementEnd.WASTED).sum()
        found += (len(rows), wasted, (state.objects["status"] == ObjectStatus.LEAKED).sum())
    return tuple((found / nights).tolist())


@pytest.mark.parametrize("drop_misses", [3, 30])
def test_a_dead_target_that_is_called_alive_is_shot_at_until_it_is_called_dead(drop_misses: int) -> None:
    """1 / (1 - f) shots a threat, all but one wasted, however soon the radars would have dropped the track: here 1 / 0.7."""
    plan = fire_unit(
        sees(controls(orders(base(4), p_false_alive=0.3), drop_misses=drop_misses), drop_misses=drop_misses), assessment_time_s=8.0
    )
    fired, wasted, leaked = shots(plan, 60)
    spread = math.sqrt(0.3) / 0.7 / math.sqrt(4 * 60)  # of the geometric number of shots, a threat
    assert fired / 4 == pytest.approx(1 / 0.7, abs=4.0 * spread)
    assert wasted == pytest.approx(fired - 4.0)
    assert leaked == 0.0


def test_a_launch_that_failed_is_seen_and_never_taken_for_a_kill() -> None:
    """Every round that flies kills, and every failure is seen: p_false_kill has nothing to be wrong about."""
    fired, wasted, leaked = shots(orders(shoots(base(4), launch_reliability=0.5), p_false_kill=1.0), 40)
    assert (wasted, leaked) == (0.0, 0.0)
    assert fired / 4 == pytest.approx(2.0, abs=4.0 * math.sqrt(2.0 / 160))


def test_a_confirmation_that_was_foreseen_beyond_the_death_of_the_target_never_comes() -> None:
    """A second radar that reaches 3 km only would confirm the target half a minute after its death some 38 km out."""
    plan = base()
    near = SensorPlan("near", search_radar(perfect=True, range_min_m=0.0, range_max_m=3e3), place(0.0, 500.0))
    both = post(plan, sensors=(*plan.posts[0].sensors, near))
    session = Session(build_world(both))
    state = session.run(3, 0)
    end_s, path_end_s = state.objects[0]["end_s"], state.objects[0]["path_end_s"]
    assert state.objects[0]["status"] == ObjectStatus.KILLED
    assert end_s < path_end_s - 60.0
    feeds = [f for f in range(len(session.world.feeds)) if session.world.sensors[session.world.feeds[f]["sensor"]]["range_max_m"] == 3e3]
    assert len(feeds) == 1
    state.looks[0, feeds[0]]["confirm_s"] = path_end_s - 10.0  # as if somebody had looked ahead while it lived
    assert not tracked_at(session.world, state, feeds[0], 0, path_end_s)
    assert state.looks[0, feeds[0]]["confirm_s"] == NEVER


def test_of_two_assets_on_the_way_the_more_valuable_one_ahead_is_presumed() -> None:
    """A track to the west along the equator: a depot 50 km before the city, and a port behind it; a tie goes to the value, ahead only."""
    depot, port = place(90.0, 50e3, 0.0), place(90.0, 150e3, 0.0)
    assets = (AssetPlan("city", Place(0.0, 0.0, 0.0), 1.0), AssetPlan("depot", depot, 5.0), AssetPlan("port", port, 9.0))
    session = Session(build_world(replace(base(), assets=assets)))
    state = session.run(3, 0)
    origin_s = state.objects[0]["origin_s"]
    for flown_m, presumed in ((1e3, 1), (60e3, 1), (80e3, 0)):
        refresh_estimate(session.world, state, 0, origin_s + flown_m / SPEED_MPS)
        assert state.estimates[0]["presumed_aim"] == presumed
    assert state.estimates[0]["value"] == 1.0
    assert state.estimates[0]["arrival_s"] == pytest.approx(origin_s + 120e3 / SPEED_MPS, abs=0.5)
