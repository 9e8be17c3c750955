"""Aspects, stated silence and degradation, the Doppler notch: against plain geometry, and lazy runs against eager and unculled ones."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from openiads.catalogue import load_catalogue
from openiads.codes import Cause, LogCode, ObjectStatus
from openiads.engine.begin import begin
from openiads.models.motion.objects import object_position, object_velocity
from openiads.models.radar.aspect import BELLY, NOSE, SIDE, TAIL
from openiads.models.radar.look import best_chance, bound_chance, last_look_at, look, look_time_s
from openiads.models.radar.pd_table import pd_from_table
from openiads.scenario import load_scenario
from openiads.simulation import lower
from openiads.simulation.lower.plan import EpochPlan, Plan, SensorPlan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.state.layout import HIT, VIEWED
from openiads.state.rng import BITS
from plans import mixed_plan, place, search_radar

from .test_random_scenarios import REPLICATIONS, random_scenario, require_same_decisions

CATALOGUE = load_catalogue()
#: Of the four classes of `mixed_plan`: from nose, side, tail and belly.
ASPECTS = ((1.0, 1.0, 1.0, 1.0), (1.0, 10.0, 0.3, 5.0), (1.0, 1.0, 1.0, 1.0), (1.0, 3.0, 0.5, 0.02))


# ------------------------------------------------------------------------------------------------- plain geometry


def stated_plan(seed: int) -> Plan:
    """Radars without fire units: two with a notch, and silences, factors in time and sectors of all kinds."""
    luck = np.random.default_rng(seed)
    sensors = []
    for k in range(6):
        epochs = [
            EpochPlan(float(from_s := luck.uniform(0.0, 800.0)), from_s + float(luck.uniform(20.0, 400.0)), silent=True)
            for _ in range(k % 3)
        ]
        for _ in range(2 if k % 2 else 0):
            from_s, begin_rad = float(luck.uniform(0.0, 900.0)), float(luck.uniform(0.0, 6.3))
            sector_rad = (begin_rad, begin_rad + float(luck.uniform(0.3, 4.0))) if luck.random() < 0.7 else None
            factor = float(luck.uniform(0.2, 1.0))
            epochs.append(EpochPlan(from_s, from_s + float(luck.uniform(100.0, 700.0)), range_factor=factor, sector_rad=sector_rad))
        radar = search_radar(
            rotating=k != 2, range_max_m=250e3, anchor_range_m=float(luck.uniform(60e3, 250e3)), range_min_m=0.0,
            elevation_max_rad=1.5, radial_speed_min_mps=float(luck.uniform(40.0, 200.0)) if k in (0, 3) else 0.0,
        )  # fmt: skip
        sensors.append(SensorPlan(f"radar-{k}", radar, place(60.0 * k, 25e3), epochs=tuple(epochs)))
    plan = mixed_plan(16, seed)
    return replace(plan, aspects=ASPECTS, posts=(replace(plan.posts[0], sensors=tuple(sensors), units=()),))


def plain_aspect(to_radar: np.ndarray, velocity: np.ndarray, at: np.ndarray) -> tuple[int, float]:
    """The sector by angles in degrees, and how far the nearest edge is away."""

    def angle(a: np.ndarray, b: np.ndarray) -> float:
        return math.degrees(math.acos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1.0, 1.0)))

    down, ahead = angle(to_radar, -at), angle(to_radar, velocity)
    near = min(abs(down - 45.0), abs(ahead - 45.0), abs(ahead - 135.0))
    if down <= 45.0:
        return BELLY, near
    return (NOSE if ahead <= 45.0 else TAIL if ahead >= 135.0 else SIDE), near


@pytest.mark.parametrize("seed", [1, 2])
def test_the_chance_of_every_look_is_that_of_plain_geometry(seed: int) -> None:
    """Looks detect in as many nights as range, aspect, notch, factors and silence say, and never in silence or in the notch."""
    require_plain_chances(seed, 30)


def require_plain_chances(seed: int, nights: int) -> None:
    plan = stated_plan(seed)
    session = Session(build_world(plan))
    world, state = session.world, session.state
    sectors, silent, slow, dimmed = set(), 0, 0, 0
    hits = expected = variance = 0.0
    for night in range(nights):
        begin(world, state, 5, night)
        for f, sensor in enumerate(world.sensors):
            epochs = plan.posts[0].sensors[f].epochs
            for i, obj in enumerate(world.objects):
                begin_s, end_s = float(state.objects[i]["origin_s"]), float(state.objects[i]["path_end_s"])
                for at_s in np.linspace(begin_s + 7.0, end_s - 7.0, 6).tolist():
                    n = last_look_at(world, state, f, i, at_s)
                    t_s = look_time_s(world, state, f, i, n)
                    if t_s < begin_s:
                        continue
                    at = np.array(object_position(world, state, i, t_s)[:3])
                    apart, velocity = sensor["pos_ecef_m"] - at, np.array(object_velocity(world, state, i, t_s))
                    range_m = float(np.linalg.norm(apart))
                    aspect, near_deg = plain_aspect(apart, velocity, at)
                    if any(e.silent and e.from_s <= t_s < e.to_s for e in epochs):
                        assert look(world, state, f, i, n, t_s) == 0
                        silent += 1
                        continue
                    outcome = look(world, state, f, i, n, t_s)
                    if not outcome & VIEWED or near_deg < 0.2:
                        continue
                    radial_mps = abs(float(apart @ velocity)) / range_m
                    if radial_mps < sensor["radial_speed_min_mps"]:
                        assert outcome == VIEWED
                        slow += 1
                        continue
                    snr = sensor["anchor_k"] * plan.rcs_m2[obj["klass"]][0] * ASPECTS[obj["klass"]][aspect] / range_m**4
                    bearing = math.atan2(-apart @ sensor["east"], -apart @ sensor["north"])
                    for e in epochs:
                        if not e.silent and e.from_s <= t_s < e.to_s:
                            width = (e.sector_rad[1] - e.sector_rad[0]) % (2.0 * math.pi) if e.sector_rad else 2.0 * math.pi
                            if e.sector_rad is None or (bearing - e.sector_rad[0]) % (2.0 * math.pi) <= width:
                                snr *= e.range_factor**4
                                dimmed += 1
                    pd = float(pd_from_table(world.pd_table, sensor["pd_offset"], snr))
                    hits, expected, variance = hits + bool(outcome & HIT), expected + pd, variance + pd * (1.0 - pd)
                    sectors.add(aspect)
    assert abs(hits - expected) < 4.0 * math.sqrt(variance)
    assert sectors == {NOSE, SIDE, TAIL, BELLY}
    assert min(silent, slow, dimmed) > 30


@pytest.mark.parametrize("seed", [1, 2])
def test_bounds_hold_for_every_look_that_is_not_made(seed: int) -> None:
    """No look has a better chance than `best_chance`, and every look of which `bound_chance` is sure does hit."""
    session = Session(build_world(stated_plan(seed)))
    world, state = session.world, session.state
    begin(world, state, 5, 0)
    sure = bounded = 0
    for f in range(len(world.feeds)):
        for i, obj in enumerate(world.objects):
            for at_s in np.linspace(float(state.objects[i]["origin_s"]) + 1.0, float(state.objects[i]["path_end_s"]) - 1.0, 12).tolist():
                n = last_look_at(world, state, f, i, at_s) + 1
                beyond, best = best_chance(world, state, f, i, n, look_time_s(world, state, f, i, n))
                for k in range(n, min(beyond, n + 40)):
                    t_s = look_time_s(world, state, f, i, k)
                    if t_s > state.objects[i]["path_end_s"] or best == 1.0:
                        break
                    apart = np.array(object_position(world, state, i, t_s)[:3]) - world.sensors[f]["pos_ecef_m"]
                    snr = world.sensors[f]["anchor_k"] * max(ASPECTS[obj["klass"]]) / float(apart @ apart) ** 2
                    rcs_m2 = world.rcs[obj["klass"], 0]["rcs_m2"]
                    assert pd_from_table(world.pd_table, world.sensors[f]["pd_offset"], snr * rcs_m2) <= best + 1e-12
                    bounded += 1
                if obj["motion"]:
                    continue
                bound_chance(world, state, f, i, n)
                row = state.looks[i, f]
                assert row["sure_from"] == n < row["sure_to"] <= n + BITS
                for k in range(n, int(row["sure_to"])):
                    if int(row["sure"]) >> (k - n) & 1:
                        assert look(world, state, f, i, k, look_time_s(world, state, f, i, k)) & HIT
                        sure += 1
    assert sure > 200
    assert bounded > 200


def test_a_class_without_ratios_has_one_value_and_no_question_about_its_aspect() -> None:
    world = build_world(mixed_plan(4))
    assert not world.rcs["varies"].any()
    assert world.sensors["steady"].all()
    for name in ("least_m2", "greatest_m2"):
        assert (world.rcs[name] == world.rcs["rcs_m2"]).all()


# ------------------------------------------------------------------------------------------------- lazy and eager


def stated_scenario(seed: int) -> str:
    """A random scenario with aspects (f16, f35a), and statements about its radars; friends and neutrals fly by."""
    luck = random.Random(seed + 10_000)
    lines = random_scenario(seed, components=seed % 4 == 3).splitlines()
    stated = ["  sensing:"]
    for k in range(luck.randint(1, 5)):
        radar = luck.choice(("u0", "u0/91N6E", "u0/96L6E", "u0/92N6E", "u0-1/92N6E"))
        from_min = luck.choice((0, 2, 10, 30))
        span = f"[{from_min} min, {from_min + luck.choice((1, 5, 30))} min]"
        kind = luck.choice(("silent", "silent", "factor", "sector", "notch"))
        if kind == "silent":
            stated.append(f"    - {{radar: {radar}, silent: {'stored' if k == 4 else span}}}")
        elif kind == "notch":
            stated.append(f"    - {{radar: {radar}, least_radial_speed: {luck.choice((20, 100, 220))} m/s, why: random}}")
        else:
            where = f"sector: {{from: {luck.randint(0, 359)} deg, to: {luck.randint(360, 719) - 360} deg}}, " if kind == "sector" else ""
            stated.append(f"    - {{radar: {radar}, range_factor: {luck.choice((20, 60, 90))} %, {where}during: {span}, why: random}}")
    at = lines.index("red:")
    lines[at:at] = stated
    lines = [line.replace("fire: ", f"when_full: {luck.choice(('lowest-score-goes', 'newcomers-refused'))}, fire: ", 1)
             if line.startswith("  doctrine:") else line for line in lines]  # fmt: skip
    for side, name in (("friendly", "f35a"), ("neutral", "neutral_airliner")):
        lines.append(f"{side}:")
        turn = luck.randint(0, 359)
        reflector = ", reflector: yes" if name == "f35a" and luck.random() < 0.3 else ""
        lines.append(
            f"  - {{id: {side}, class: {name}, count: {luck.choice((1, 3, 8))}, from: {{bearing: {turn} deg, range: 250 km}}, "
            f"via: [{{bearing: {(turn + 70) % 360} deg, range: 60 km}}], to: {{bearing: {(turn + 190) % 360} deg, range: 200 km}}, "
            f"height: 9 km AMSL, spacing: {luck.choice((0, 40))} s{reflector}}}"
        )
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(24))
def test_lazy_and_eager_runs_with_statements_decide_alike(seed: int) -> None:
    plan = lower(load_scenario(stated_scenario(seed), CATALOGUE), CATALOGUE).plan
    lazy, eager, unculled = (
        Session(build_world(replace(plan, conditions=replace(plan.conditions, **changes))))
        for changes in ({}, {"eager": True}, {"culling": False})
    )
    for replication in range(REPLICATIONS):
        require_same_decisions(lazy, eager, unculled, replication)


def test_the_random_statements_matter() -> None:
    """Among them are radars that vary in all ways, and they change the story."""
    changed = 0
    kinds = {"silent": 0, "factor": 0, "notch": 0, "varies": 0, "refuses": 0}
    for seed in range(8):
        plan = lower(load_scenario(stated_scenario(seed), CATALOGUE), CATALOGUE).plan
        world = build_world(plan)
        kinds["silent"] += int(world.epochs["silent"].sum())
        kinds["factor"] += int((world.epochs["silent"] == 0).sum())
        kinds["notch"] += int((world.sensors["radial_speed_min_mps"] > 0.0).sum())
        kinds["varies"] += int(world.rcs["varies"].sum())
        kinds["refuses"] += int(world.sensors["refuses_newcomers"].sum())
        plain = build_world(plan)
        plain.sensors["steady"], plain.sensors["epoch_count"], plain.rcs["varies"] = 1, 0, 0
        plain.rcs["greatest_m2"] = plain.rcs["least_m2"] = plain.rcs["rcs_m2"]
        logs = [Session(w).run(7, 0) for w in (world, plain)]
        changed += len({s.log[: s.cursor[0]["log_count"]].tobytes() for s in logs}) > 1
    assert changed >= 6
    assert min(kinds.values()) > 0, kinds


# ------------------------------------------------------------------------------------------------- silence


SILENT = """openiads: 1
title: Silent radars
place: {name: Aldoria, notional: yes, extent: 700 km x 700 km, terrain: flat}
assets: [{id: city, at: origin, value: 500}]
blue:
  link: shared-picture
  units:
    - {id: s, system: s400, version: early, fire_units: 1, at: {bearing: 90 deg, range: 5 km}, facing: 90 deg, ready: {48N6E3: 32}}
  sensing: SENSING
red:
  - {id: raid, class: f16, count: 6, from: {bearing: 90 deg, range: 300 km}, height: 8 km AMSL, spacing: 100 s, aim: city}
"""


def silent_session(sensing: str) -> Session:
    return Session(lower(load_scenario(SILENT.replace("SENSING", sensing), CATALOGUE), CATALOGUE).world)


@pytest.mark.parametrize(
    ("sensing", "cause"),
    [
        ("[{radar: s, silent: stored}]", Cause.RADAR_SILENT),
        ("[{radar: s/91N6E, silent: stored}, {radar: s/96L6E, silent: [0 min, 60 min]}]", Cause.RADAR_SILENT),
        ("[{radar: s/92N6E, silent: stored}]", Cause.NO_FIRE_CONTROL_TRACK),
    ],
)
def test_who_gets_through_because_radars_are_silent_has_that_cause(sensing: str, cause: Cause) -> None:
    state = silent_session(sensing).run(3, 0)
    assert (state.objects["status"] == ObjectStatus.LEAKED).all()
    assert (state.timeline["cause"] == cause).all()
    rows = state.log[: state.cursor[0]["log_count"]]
    assert (rows["code"] == LogCode.FIRM).any() == (cause == Cause.NO_FIRE_CONTROL_TRACK)


def test_a_silence_before_or_after_the_raid_changes_nothing_and_tracks_fade_in_one() -> None:
    logs = []
    for sensing in ("[]", "[{radar: s, silent: [100 min, 120 min]}]"):
        state = silent_session(sensing).run(3, 0)
        logs.append(state.log[: state.cursor[0]["log_count"]].tobytes())
    assert logs[0] == logs[1]
    from_s, to_s = 180.0, 480.0
    state = silent_session("[{radar: s, silent: [3 min, 8 min]}]").run(3, 0)
    rows = state.log[: state.cursor[0]["log_count"]]
    firm, dropped = (rows[rows["code"] == code]["time_s"] for code in (LogCode.FIRM, LogCode.TRACK_DROPPED))
    assert not ((firm > from_s) & (firm < to_s)).any()
    held_s = 3 * 12.0  # three misses of the slower radar, at most
    assert ((dropped > from_s) & (dropped <= from_s + held_s)).sum() == (firm <= from_s).sum() > 0


def test_who_homes_on_a_silent_radar_hits_it_less_often() -> None:
    """Damage is sure, so that hits are a share of arrivals: the stated factor, and all of them when the radar is on air."""
    text = SILENT.replace("aim: city}", "aim: s/91N6E, damage: {value: 100 %, why: sure}, homing: {if_silent: 30 %, why: stated}}")
    text = text.replace("{48N6E3: 32}", "{48N6E3: 1}").replace("count: 6", "count: 1")
    for sensing, share in (("[{radar: s, silent: stored}]", 0.3), ("[]", 1.0)):
        plan = lower(load_scenario(text.replace("SENSING", sensing), CATALOGUE), CATALOGUE).plan
        session = Session(build_world(replace(plan, envelopes=tuple((replace(row[0], sspk=0.0),) for row in plan.envelopes))))
        hit = sum(bool(session.run(3, r).components["hit_s"].min() < 1e6) for r in range(600))
        assert abs(hit - 600 * share) <= 4.0 * math.sqrt(600 * share * (1.0 - share))


# ------------------------------------------------------------------------------------------------- traffic


def test_friends_and_neutrals_are_tracked_never_engaged_and_never_leak() -> None:
    traffic = """friendly:
  - {id: ours, class: f16, count: 3, from: {bearing: 60 deg, range: 300 km}, to: origin, height: 8 km AMSL, spacing: 30 s}
neutral:
  - {id: liner, class: neutral_airliner, from: {bearing: 100 deg, range: 250 km}, to: {bearing: 280 deg, range: 250 km}, height: 10 km AMSL}
"""
    base = SILENT.replace("SENSING", "[]")
    with_traffic, without = (Session(lower(load_scenario(text, CATALOGUE), CATALOGUE).world) for text in (base + traffic, base))
    for replication in range(20):
        state, plain = with_traffic.run(3, replication), without.run(3, replication)
        assert (state.objects["status"][6:] == ObjectStatus.EXPIRED).all()
        assert (state.timeline["firm_s"][6:] < 1e6).all()
        assert (state.objects["shots"][6:] == 0).all()
        assert (state.timeline["designated_s"][6:] > 1e6).all()
        for name in ("status", "shots", "end_s"):  # the raid has its own luck
            assert (state.objects[name][:6] == plain.objects[name]).all()
