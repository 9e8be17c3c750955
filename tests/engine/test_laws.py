"""Laws of the engine against plain twins and arithmetic."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openiads.catalogue import load_catalogue
from openiads.codes import Cause, EngagementEnd, LogCode, Motion, ObjectStatus
from openiads.engine.begin import begin
from openiads.errors import InputError
from openiads.models.command.estimate import refresh_estimate
from openiads.models.interceptor.kill import p_kill
from openiads.models.motion.objects import object_position, object_velocity
from openiads.models.radar.look import look, look_time_s
from openiads.models.tracking.machine import drop_before, seek, start_feed
from openiads.scenario import load_scenario
from openiads.simulation import lower
from openiads.simulation.lower.plan import Conditions
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.specs.command import MAX_UNITS
from openiads.state.layout import HIT, NEVER, TRACKED
from plans import mixed_plan

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def session() -> Session:
    session = Session(build_world(mixed_plan(40)))
    begin(session.world, session.state, 5, 0)
    return session


def test_kill_probability_is_sspk_times_reliability_times_stated_factors(session: Session) -> None:
    world, state = session.world, session.state
    for i, obj in enumerate(world.objects[:12]):
        sspk = world.envelopes[0, obj["klass"]]["sspk"]
        assert p_kill(world, state, i, 0, False) == pytest.approx(sspk * 0.95)  # reliability of tests/plans.py
    state.cursor[0]["raid_effect"] = 0.7
    p = world.envelopes[0, world.objects[0]["klass"]]["sspk"] * 0.95
    odds = p / (1.0 - p) * math.exp(0.7)
    assert p_kill(world, state, 0, 0, False) == pytest.approx(odds / (1.0 + odds))
    state.cursor[0]["raid_effect"] = 0.0


@pytest.mark.parametrize("feed", [0, 1])
def test_confirmation_and_drop_against_a_plain_walk_over_the_looks(session: Session, feed: int) -> None:
    world, state = session.world, session.state
    radar = world.sensors[world.feeds[feed]["sensor"]]
    confirmed = dropped = 0
    for i in range(len(world.objects)):
        start_feed(world, state, feed, i, float(state.objects[i]["origin_s"]))
        if state.looks[i, feed]["start_s"] >= NEVER:
            continue
        n = int(state.looks[i, feed]["last_look"]) + 1
        end_s = state.objects[i]["path_end_s"]
        history: list[int] = []
        want_confirm_s, want_drop_s, misses = NEVER, NEVER, 0
        while (t_s := look_time_s(world, state, feed, i, n)) <= end_s:
            hit = bool(look(world, state, feed, i, n, t_s) & HIT)
            n += 1
            if want_confirm_s >= NEVER:
                history = [*history, hit][-int(radar["confirm_window"]) :]
                if sum(history) >= radar["confirm_hits"]:
                    want_confirm_s = t_s
                continue
            misses = 0 if hit else misses + 1
            if misses == radar["drop_misses"]:
                want_drop_s = t_s
                break
        assert seek(world, state, feed, i, NEVER) == want_confirm_s
        if want_confirm_s < NEVER:
            confirmed += 1
            assert drop_before(world, state, feed, i, float(end_s)) == want_drop_s
            dropped += want_drop_s < NEVER
    assert confirmed > 5
    assert dropped > 0


def test_at_the_instant_of_passing_an_asset_it_is_no_longer_presumed(session: Session) -> None:
    """Whatever the rounding of that instant: a track that is presumed to have arrived could never be engaged."""
    state = session.state
    passed = 0
    for i in np.flatnonzero(session.world.objects["motion"] == Motion.AIR):
        start_s, end_s = float(state.objects[i]["origin_s"]), float(state.objects[i]["path_end_s"])
        for share in np.linspace(0.03, 0.3, 10):
            there = object_position(session.world, state, i, start_s + share * (end_s - start_s))[:3]
            assets = np.concatenate([session.world.assets[:1]] * 2)
            assets["pos_ecef_m"][0] = there
            world = session.world._replace(assets=assets)
            refresh_estimate(world, state, i, start_s + 1.0)
            arrival_s, valid_to_s = float(state.estimates[i]["arrival_s"]), float(state.estimates[i]["valid_to_s"])
            if state.estimates[i]["presumed_aim"] == 0 and valid_to_s == arrival_s + 1.0:
                for t_s in (arrival_s, valid_to_s):
                    refresh_estimate(world, state, i, t_s)
                    assert state.estimates[i]["presumed_aim"] != 0
                passed += 1
    assert passed > 50


DRONES = """openiads: 1
title: Drones and one fire unit
place: {name: Aldoria, notional: yes, extent: 600 km x 600 km, terrain: flat}
assets: [{id: city, at: origin, value: 500}, {id: base, at: {bearing: 180 deg, range: 40 km}, value: 200}]
blue:
  link: shared-picture
  units: [UNIT]
  doctrine: {fire: once}
red:
  - {id: drone, class: threat_owa_drone, count: 20, from: {bearing: BEARING deg, range: 150 km}, height: 800 m AGL, spacing: 5 s, aim: city}
"""


def drones(unit: str, bearing_deg: int, doctrine: str = "{fire: once}") -> Session:
    catalogue = load_catalogue()
    text = DRONES.replace("UNIT", unit).replace("BEARING", str(bearing_deg)).replace("{fire: once}", doctrine)
    return Session(lower(load_scenario(text, catalogue), catalogue).world)


def test_nobody_shoots_at_a_target_at_the_instant_of_its_arrival() -> None:
    """The unit looks away from the drones until they are over the city, where the next asset in their direction is the base."""
    unit = "{id: u, system: s400, version: late, fire_units: 1, at: {bearing: 20 deg, range: 2.3 km}, facing: 240 deg, ready: {9M96E2: 32}}"
    session = drones(unit, 100)
    for replication in range(5):
        state = session.run(5, replication)
        leaked_s = state.objects["end_s"][state.objects["status"] == ObjectStatus.LEAKED]
        launch_s = state.shots["launch_s"][: state.cursor[0]["shot_count"]]
        assert len(leaked_s) == 20
        assert not (np.abs(launch_s[:, None] - leaked_s) < 0.5).any()


def test_a_leaker_that_was_tracked_when_the_rounds_were_gone_lacked_a_round() -> None:
    """Four rounds and 20 drones, all of which a unit with 32 rounds shoots at: sixteen lack a round, though once they lacked a track."""
    unit = "{id: u, system: s400, version: early, fire_units: 1, at: {bearing: 0 deg, range: 3 km}, facing: 0 deg, ready: {9M96E2: ROUNDS}}"
    few, many = (drones(unit.replace("ROUNDS", rounds), 0) for rounds in ("4", "32"))
    for replication in range(10):
        assert many.run(5, replication).cursor[0]["shot_count"] == 20
        state = few.run(5, replication)
        assert (state.timeline["cause"] == Cause.NO_MISSILE).sum() == 16


def test_waiting_between_launches_is_no_lack_of_channels() -> None:
    """One launch in 83 minutes, six channels: whoever is not shot at waited for the launch interval, or for a round where all are gone."""
    unit = (
        "{id: u, system: s400, version: early, fire_units: 1, at: {bearing: 0 deg, range: 3 km}, facing: 0 deg, ready: {9M96E2: ROUNDS}, "
        "override: {unit.launch_interval: {value: 5000 s, why: test}}}"
    )
    for rounds, cause in ((32, Cause.LAUNCH_INTERVAL), (1, Cause.NO_MISSILE)):
        session = drones(unit.replace("ROUNDS", str(rounds)), 0)
        for replication in range(5):
            state = session.run(5, replication)
            shots = state.cursor[0]["shot_count"]
            assert shots == state.units[0]["peak_channels"] == 1
            causes = state.timeline["cause"][state.timeline["last_engagement"] < 0]
            assert causes.size == 19
            assert (causes == cause).all()


def test_rounds_at_dead_targets_are_wasted_whether_or_not_the_radar_sees_it() -> None:
    """Every kill is taken for a miss until nothing is left: 48N6E3 needs the radar, which soon loses a dead target; 9M96E2 does not."""
    for weapon in ("48N6E3", "9M96E2"):
        unit = "{id: u, system: s400, version: early, fire_units: 1, at: {bearing: 0 deg, range: 3 km}, facing: 0 deg, ready: {WEAPON: 32}}"
        session = drones(unit.replace("WEAPON", weapon), 0, "{fire: shoot-look-shoot, assess: {p_false_alive: 100 %, p_false_kill: 0 %}}")
        wasted = 0
        for replication in range(5):
            state = session.run(5, replication)
            shots = state.shots[: state.cursor[0]["shot_count"]]
            target = state.engagements["object"][shots["engagement"]]
            dead = (state.objects["status"][target] == ObjectStatus.KILLED) & (shots["launch_s"] > state.objects["end_s"][target])
            assert (shots["result"][dead & (shots["result"] != EngagementEnd.LAUNCH_FAILED)] == EngagementEnd.WASTED).all()
            wasted += int(dead.sum())
        assert wasted > 5


def test_what_stopped_another_shot_is_what_the_post_lacked_after_the_last_one() -> None:
    """One salvo each: the doctrine. Else the log says last what a leaker waited for, if it waited at all."""
    once = Session(build_world(mixed_plan(40, fire=1, sequence=(1,))))
    state = once.run(3, 0)
    shot_at = (state.timeline["last_engagement"] >= 0) & (state.objects["status"] == ObjectStatus.LEAKED)
    over = state.engagements["end_s"][state.timeline["last_engagement"]] < NEVER
    assert shot_at.any()
    assert (state.timeline["why_no_more"][shot_at & over] == Cause.NOT_PERMITTED).all()
    again, seen = Session(build_world(mixed_plan(60))), set()
    for replication in range(20):
        state = again.run(3, replication)
        log = state.log[: state.cursor[0]["log_count"]]
        for i in np.flatnonzero(state.objects["status"] == ObjectStatus.LEAKED):
            row = state.timeline[i]
            if row["last_engagement"] < 0 or state.engagements[row["last_engagement"]]["end_s"] >= NEVER:
                continue
            later = log[(log["object"] == i) & (log["time_s"] >= state.engagements[row["last_engagement"]]["end_s"])]
            if (later["code"] == LogCode.WAITS_FOR_CHANNEL).any():
                assert row["why_no_more"] >= Cause.NO_CHANNEL
            seen.add(int(row["why_no_more"]))
    assert len(seen) >= 2
    assert int(Cause.MISSED) not in seen


@pytest.mark.parametrize("eager", [False, True])
def test_empty_fire_units_change_nothing_up_to_the_most_that_a_post_may_have(eager: bool) -> None:
    """Sets of fire units are bits of one integer: the two units that can shoot have the first two bits, then the last two."""
    plan = mixed_plan(40, conditions=Conditions(eager=eager))
    post = plan.posts[0]
    without_rounds = tuple((weapon, replace(magazine, ready=0, held=0)) for weapon, magazine in post.units[0].magazines)
    empty = replace(post.units[0], magazines=without_rounds, fire_control=None)
    leakers = []
    for count in (0, MAX_UNITS - 2):
        more = tuple(replace(empty, name=f"empty-{k}") for k in range(count))
        session = Session(build_world(replace(plan, posts=(replace(post, units=more + post.units),))))
        leakers.append([np.flatnonzero(session.run(3, k).objects["status"] == ObjectStatus.LEAKED).tolist() for k in range(12)])
    assert leakers[0] == leakers[1]
    assert 0 < sum(map(len, leakers[0])) < 12 * 40
    with pytest.raises(InputError, match="at most 63"):
        replace(post, units=(empty,) * (MAX_UNITS + 1))


def test_where_an_object_is_depends_on_the_time_alone_and_its_velocity_is_the_change_of_that(session: Session) -> None:
    """Whatever was asked before: forwards, backwards and in any order, across turns and beyond both ends."""
    world, state = session.world, session.run(5, 1)
    rng = np.random.default_rng(3)
    for i in range(len(world.objects)):
        obj, now = world.objects[i], state.objects[i]
        turns_s = now["origin_s"] + now["scale"] * world.knots["time_s"][obj["knot_first"] : obj["knot_first"] + obj["knot_count"]]
        inside_s = rng.uniform(turns_s[0], turns_s[-1], 200)
        times = np.sort(np.concatenate([turns_s, inside_s, [turns_s[0] - 9.0, turns_s[-1] + 9.0]]))
        there = {t: object_position(world, state, i, t) for t in times.tolist()}
        for t in [*reversed(times.tolist()), *rng.permutation(times).tolist()]:
            assert object_position(world, state, i, t) == there[t]
        assert there[times[0]] == there[turns_s[0]]
        assert there[times[-1]] == there[turns_s[-1]]
        for t in inside_s[np.abs(inside_s[:, None] - turns_s).min(axis=1) > 0.01].tolist():
            before, after = (np.array(object_position(world, state, i, t + h)[:3]) for h in (-1e-3, 1e-3))
            assert np.linalg.norm((after - before) / 2e-3 - object_velocity(world, state, i, t)) < 1e-2


def test_no_fire_control_track_is_said_only_of_leakers_that_never_waited_for_a_round_while_one_was_tracked() -> None:
    """Rounds went, came back from the store, and then the track was gone: what lacked while there was a track was the round."""
    catalogue = load_catalogue()
    session = Session(lower(load_scenario(EXAMPLES / "delivered-set.yaml", catalogue), catalogue).world)
    cued = session.world.feeds["cued"] == 1
    tracked = 0
    for replication in range(5):
        state = session.run(7, replication)
        log = state.log[: state.cursor[0]["log_count"]]
        waits = set(log["object"][log["code"] == LogCode.WAITS_FOR_MISSILE].tolist())
        ever = (state.looks["seen"][:, cued] & TRACKED).any(axis=1)
        causes = state.timeline["cause"]
        assert not waits & set(np.flatnonzero(ever & (causes == Cause.NO_FIRE_CONTROL_TRACK)).tolist())
        tracked += int((ever & (causes == Cause.NO_MISSILE)).sum())
    assert tracked > 20


@pytest.mark.parametrize("bearing_deg", [0, 45, 70, 90, 100])
def test_rounds_launched_for_the_greatest_range_meet_their_target(bearing_deg: int) -> None:
    """The launch waits for the edge of the envelope; the great circle of the track is some metres off the true path then."""
    text = DRONES.replace("threat_owa_drone", "f16").replace("800 m AGL", "8 km AMSL").replace("spacing: 5 s", "spacing: 60 s")
    where = f"at: {{range: 8 km, bearing: 0 deg}}, facing: {bearing_deg} deg"
    unit = f"{{id: s, system: s400, version: early, fire_units: 1, {where}, ready: {{9M96E2: 40}}}}"
    text = text.replace("UNIT", unit).replace("BEARING", str(bearing_deg)).replace("range: 150 km", "range: 250 km")
    session = Session(lower(load_scenario(text, load_catalogue()), load_catalogue()).world)
    state = session.run(1, 0)
    shots = state.shots[: state.cursor[0]["shot_count"]]
    flown = shots[shots["result"] != EngagementEnd.LAUNCH_FAILED]
    far_s = session.world.envelopes["far_flight_s"].max()
    assert (np.abs(flown["end_s"] - flown["launch_s"] - far_s) < 0.1).sum() > 10
    assert not (flown["result"] == EngagementEnd.NO_INTERCEPT).any()


@pytest.mark.parametrize(
    ("prefer", "least_km", "most_km"), [("layered", 250, 380), ("preserve-long-range", 0, 120), ("earliest-intercept", 0, 380)]
)
def test_layers_meet_targets_where_those_inside_them_cannot(prefer: str, least_km: float, most_km: float) -> None:
    """Fighters come from afar: 40N6E reaches 380 km, 48N6E3 250 km, 9M96E2 120 km; enough of each, and 250 m/s of closing."""
    text = (
        DRONES.replace("threat_owa_drone", "f16")
        .replace("800 m AGL", "8 km AMSL")
        .replace("count: 20", "count: 6")
        .replace("600 km x 600 km", "900 km x 900 km")
    )
    unit = "{id: s, system: s400, version: late, fire_units: 1, at: origin, facing: 90 deg, ready: {40N6E: 8, 48N6E3: 16, 9M96E2: 16}}"
    text = (
        text.replace("UNIT", unit)
        .replace("BEARING", "90")
        .replace("range: 150 km", "range: 420 km")
        .replace("fire: once", f"prefer: {prefer}")
    )
    session = Session(lower(load_scenario(text, load_catalogue()), load_catalogue()).world)
    ranges_km = {m: [] for m in range(3)}
    for replication in range(30):
        state = session.run(1, replication)
        shots = state.shots[: state.cursor[0]["shot_count"]]
        for shot in shots[np.isin(shots["result"], (EngagementEnd.KILLED, EngagementEnd.MISSED))]:
            ranges_km[int(state.engagements[shot["engagement"]]["magazine"])].append(shot["range_m"] / 1e3)
    everything = [range_km for found in ranges_km.values() for range_km in found]
    assert max(everything) <= most_km
    if prefer == "layered":
        assert min(ranges_km[0]) > 240.0  # inside 250 km a 48N6E3 is taken; it may have been launched before the edge
        assert min(ranges_km[1]) > 110.0
        assert max(ranges_km[1]) <= 250.0
    if prefer == "preserve-long-range":
        assert not ranges_km[0]
        assert not ranges_km[1]


def test_guns_fire_on_the_track_of_their_battery_and_reload_from_their_store() -> None:
    text = (EXAMPLES / "guns-behind-missiles.yaml").read_text()
    text = text.replace("ready: {35mm: 60} ", "ready: {35mm: 3}\n      held: {35mm: 3} ").replace("9M96E2: 16", "9M96E2: 1")
    text = text.replace("spread: 500 m", "spread: 500 m\n      override: {gun.reload_time: {value: 60 s, why: test}}")
    lowered = lower(load_scenario(text, load_catalogue()), load_catalogue())
    feeds = set(lowered.world.units["fire_control_feed"][1:].tolist())
    assert len(feeds) == 1
    (feed,) = feeds
    assert lowered.names.sensors[lowered.world.feeds["sensor"][feed]] == "guns/radar"
    assert not lowered.world.feeds["cued"][feed]
    eager = build_world(replace(lowered.plan, conditions=Conditions(eager=True)))
    stories = []
    for session in (Session(lowered.world), Session(eager)):
        state = session.run(3, 0)
        log = state.log[: state.cursor[0]["log_count"]]
        stories.append(np.sort(log[log["code"] == LogCode.LAUNCHED]["time_s"]))
        assert (log["code"] == LogCode.RELOADED).sum() == 3
        assert state.magazines["fired"][1:].tolist() == [2, 2, 2]
    assert stories[0] == pytest.approx(stories[1], abs=1e-6)
