"""Components of the defence that are hit: what they can still do, against plain arithmetic and eager runs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from openiads.catalogue import load_catalogue
from openiads.codes import Cause, ComponentKind, EngagementEnd, LogCode, ObjectStatus
from openiads.errors import ScenarioError
from openiads.models.motion.objects import object_position
from openiads.models.radar.look import look, look_time_s
from openiads.models.radar.pd_table import pd_from_table
from openiads.models.radar.range_equation import anchored_snr
from openiads.scenario import load_scenario
from openiads.simulation import lower
from openiads.simulation.lower.plan import Plan
from openiads.simulation.lower.scenario import Lowered
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.state.layout import HIT, NEVER, State

from .test_random_scenarios import REPLICATIONS, WITHIN_S, random_scenario, stories

CATALOGUE = load_catalogue()
SURE_KILL, SURE_DAMAGE = (1.0, 1.0), (1.0, 0.0)

SCENARIO = """openiads: 1
title: A defence that is hit
place: {name: Aldoria, notional: yes, extent: 700 km x 700 km, terrain: flat}
assets: [{id: city, at: origin, value: 500}]
blue:
  link: shared-picture
  units:
    - {id: s, system: s400, version: early, fire_units: 1, at: {bearing: 90 deg, range: 5 km}, facing: 90 deg, ready: {READY}}
  doctrine: {fire: shoot-look-shoot}
red:
  - {id: hunter, class: threat_srbm_300, count: COUNT, from: {bearing: 270 deg, range: 250 km}, start: HIT_S s, aim: AIM}
  - {id: later, class: f16, count: 12, from: {bearing: 90 deg, range: 300 km}, height: 8 km AMSL, spacing: 100 s, aim: city}
"""


def lowered(aim: str, *, count: int = 1, start_s: float = 0.0, ready: str = "48N6E3: 32") -> Lowered:
    text = SCENARIO.replace("AIM", aim).replace("COUNT", str(count)).replace("HIT_S", str(start_s)).replace("READY", ready)
    return lower(load_scenario(text, CATALOGUE), CATALOGUE)


def session(plan: Plan, chances: tuple[float, float], **changes: float) -> Session:
    """`chances` of damage and of being killed at once, for every class and component; `changes` of every component."""
    components = tuple(replace(c, component=replace(c.component, **changes)) for c in plan.components)
    damage = tuple(tuple(chances for _ in ComponentKind) for _ in plan.damage)
    return Session(build_world(replace(plan, components=components, damage=damage)))


def arrival_s(state: State) -> float:
    """When the hunter, which nobody shoots at in time or at all, hits."""
    assert state.objects[0]["status"] == ObjectStatus.LEAKED
    return float(state.objects[0]["end_s"])


def log(state: State, code: LogCode) -> np.ndarray:
    rows = state.log[: state.cursor[0]["log_count"]]
    return rows[rows["code"] == code]


def unarmed(plan: Plan) -> Plan:
    """No kill probability against the class of the hunter (row 0), so that it always arrives."""
    return replace(plan, envelopes=tuple((replace(rows[0], sspk=0.0), *rows[1:]) for rows in plan.envelopes))


def test_damage_has_the_stated_shares_and_a_second_one_kills() -> None:
    s = session(unarmed(lowered("s/91N6E").plan), (0.6, 0.25))
    nights, degraded, killed = 4000, 0, 0
    for replication in range(nights):
        status = s.run(3, replication).components["status"][1]
        degraded, killed = degraded + (status == 1), killed + (status == 2)
    for found, p in ((degraded, 0.35), (killed, 0.25)):
        assert abs(found - nights * p) < 4.0 * math.sqrt(nights * p * (1.0 - p))
    s = session(unarmed(lowered("s/91N6E", count=2).plan), SURE_DAMAGE)
    assert s.run(3, 0).components["status"][1] == 2
    s = session(unarmed(lowered("s/91N6E", count=1).plan), (0.0, 0.0))
    assert s.run(3, 0).components["status"][1] == 0


def test_without_search_radars_nothing_that_comes_later_is_seen() -> None:
    radars = "s/91N6E: 50 %, s/96L6E: 50 %"
    s = session(unarmed(lowered(f"{{{radars}}}", count=2).plan), SURE_KILL, repair_killed_s=1e6)
    state = s.run(3, 0)
    hit_s = arrival_s(state)
    late = state.objects["end_s"] > hit_s
    assert late.any()
    assert (log(state, LogCode.FIRM)["time_s"] <= hit_s).all()
    leaked = (state.timeline["firm_s"] >= NEVER) & (state.objects["status"] == ObjectStatus.LEAKED)
    assert leaked[2:].any()
    assert (state.timeline["cause"][2:][leaked[2:]] == Cause.DEFENDER_DESTROYED).all()
    intact = session(unarmed(lowered(f"{{{radars}}}", count=2).plan), (0.0, 0.0)).run(3, 0)
    assert (log(intact, LogCode.FIRM)["time_s"] > hit_s).any()


def test_a_degraded_radar_has_the_fourth_power_of_its_range_left() -> None:
    s = session(unarmed(lowered("s/91N6E").plan), SURE_DAMAGE, degraded_factor=0.7, repair_degraded_s=1e6)
    world, state = s.world, s.run(3, 0)
    sensor, hit_s, i = world.sensors[0], arrival_s(state), 4
    f = int(np.flatnonzero(world.feeds["sensor"] == 0)[0])
    assert state.sensors[0]["changes"] == 1
    rcs_m2 = world.rcs[world.objects[i]["klass"], sensor["band"]]["rcs_m2"]
    hits = expected = variance = 0.0
    for replication in range(400):
        state = s.run(3, replication)
        n = int((max(hit_s, float(state.objects[i]["origin_s"])) - state.sensors[0]["phase_s"]) / sensor["period_s"]) + 2
        t_s = look_time_s(world, state, f, i, n)
        state.objects[i]["end_s"] = NEVER  # whatever became of it later
        outcome = look(world, state, f, i, n, t_s)
        if not outcome:
            continue
        range_m = float(np.linalg.norm(np.array(object_position(world, state, i, t_s)[:3]) - sensor["pos_ecef_m"]))
        pd = pd_from_table(world.pd_table, sensor["pd_offset"], anchored_snr(range_m, rcs_m2, sensor["anchor_k"]) * 0.7**4)
        hits, expected, variance = hits + (outcome & HIT > 0), expected + pd, variance + pd * (1.0 - pd)
    assert variance > 5.0
    assert abs(hits - expected) < 4.0 * math.sqrt(variance)


def test_an_engagement_radar_takes_its_rounds_along_and_comes_back_when_repaired() -> None:
    base = unarmed(lowered("s-1/92N6E", start_s=100).plan)
    free = session(base, (0.0, 0.0)).run(3, 0)
    flying = log(free, LogCode.LAUNCHED)["time_s"]
    assert flying.size > 2
    repair_s = 200.0
    s = session(base, SURE_KILL, repair_killed_s=repair_s)
    state = s.run(3, 0)
    hit_s = arrival_s(state)
    shots = state.shots[: state.cursor[0]["shot_count"]]
    lost = shots[shots["result"] == EngagementEnd.RADAR_LOST]
    needing = s.world.weapons["needs_radar_until_intercept"].all()
    assert needing
    under_way = (shots["launch_s"] < hit_s) & (shots["end_s"] >= hit_s) & (shots["result"] != EngagementEnd.LAUNCH_FAILED)
    assert lost.size == under_way.sum()
    assert (lost["end_s"] == hit_s).all()
    launches = log(state, LogCode.LAUNCHED)["time_s"]
    assert not ((launches > hit_s) & (launches < hit_s + repair_s)).any()
    assert (launches > hit_s + repair_s).any()
    never = session(base, SURE_KILL, repair_killed_s=1e6).run(3, 0)
    assert (log(never, LogCode.LAUNCHED)["time_s"] <= hit_s).all()
    leakers = never.objects["status"][1:] == ObjectStatus.LEAKED
    assert leakers.any()
    causes = never.timeline["cause"][1:][leakers]
    assert np.isin(causes, (Cause.DEFENDER_DESTROYED, Cause.RADAR_LOST, Cause.MISSED)).all()
    assert (causes == Cause.DEFENDER_DESTROYED).any()


def test_a_launcher_takes_its_share_of_the_ready_rounds() -> None:
    low = lowered("s-1/launchers", count=2, ready="48N6E3: 12, 9M96E2: 16, 40N6E: 4")
    unit = low.plan.posts[0].units[0]
    assert unit.launchers == 4 + 2  # 12 / 3 = 16 / 4 mixed ones, 4 / 2 of 40N6E
    plan = replace(low.plan, envelopes=tuple(tuple(replace(e, sspk=0.0) for e in rows) for rows in low.plan.envelopes))
    state = session(plan, SURE_KILL).run(3, 0)
    assert state.magazines["destroyed"].tolist() == [2 + 2, 3 + 3, 1 + 1]  # of 12, then 10; 16, then 13; 4, then 3, by 6, then 5
    assert state.magazines["ready"].tolist() == [8, 10, 2]
    assert state.components["launchers_lost"].max() == 2
    state = session(plan, SURE_DAMAGE, repair_degraded_s=100.0).run(3, 0)
    assert state.magazines["ready"].tolist() == [12, 16, 4]
    assert state.magazines["destroyed"].sum() == 0
    assert log(state, LogCode.RELOADED).size > 0


def test_a_killed_command_post_decides_nothing_and_a_degraded_one_reacts_slowly() -> None:
    base = unarmed(lowered("s/55K6E", start_s=0).plan)
    state = session(base, SURE_KILL, repair_killed_s=1e6).run(3, 0)
    hit_s = arrival_s(state)
    assert (log(state, LogCode.DESIGNATED)["time_s"] <= hit_s).all()
    assert (log(state, LogCode.LAUNCHED)["time_s"] <= hit_s + 60.0).all()  # later rounds of a salvo apart, nothing
    leakers = state.objects["status"][1:] == ObjectStatus.LEAKED
    assert leakers.sum() > 5
    assert (state.timeline["cause"][1:][leakers] == Cause.DEFENDER_DESTROYED).sum() > 5
    slow, quick = (session(base, SURE_DAMAGE, degraded_factor=factor, repair_degraded_s=1e6).run(3, 0).log.copy() for factor in (3.0, 1.0))
    designated = [rows[(rows["code"] == LogCode.DESIGNATED) & (rows["time_s"] > hit_s)] for rows in (slow, quick)]
    waits = [{r["object"]: r["value"] - r["time_s"] for r in rows} for rows in designated]
    both = waits[0].keys() & waits[1].keys()
    assert both
    for i in both:
        assert waits[0][i] == pytest.approx(3.0 * waits[1][i])


def test_names_and_damage_are_checked() -> None:
    with pytest.raises(ScenarioError, match=r"there is no asset or component 's/92N6'.*did you mean 's/92N6E'"):
        lowered("s/92N6")
    text = SCENARIO.replace("aim: AIM", "aim: city, damage: {value: 50 %, why: test}").replace("COUNT", "1").replace("HIT_S", "0")
    with pytest.raises(ScenarioError, match="aims at assets only"):
        lower(load_scenario(text.replace("READY", "48N6E3: 32"), CATALOGUE), CATALOGUE)


@pytest.mark.parametrize("seed", range(500, 530))
def test_lazy_and_eager_runs_decide_alike_when_components_are_hit(seed: int) -> None:
    low = lower(load_scenario(random_scenario(seed, components=True), CATALOGUE), CATALOGUE)
    times_s = (30.0, 400.0)[seed % 2], (100.0, 1500.0)[seed // 2 % 2]
    changes = {"repair_degraded_s": times_s[0], "repair_killed_s": times_s[1]}
    plan = replace(low.plan, components=tuple(replace(c, component=replace(c.component, **changes)) for c in low.plan.components))
    lazy, eager = (Session(build_world(replace(plan, conditions=replace(plan.conditions, eager=eager)))) for eager in (False, True))
    for replication in range(REPLICATIONS):
        quick, brute = stories(lazy, replication), stories(eager, replication)
        assert quick.keys() == brute.keys()
        for i, story in quick.items():
            assert story[["code", "actor"]].tolist() == brute[i][["code", "actor"]].tolist(), f"object {i}, replication {replication}"
            assert story["time_s"] == pytest.approx(brute[i]["time_s"], abs=WITHIN_S)
        hits = [run.components["hit_s"].tolist() for run in (lazy.state, eager.state)]
        assert hits[0] == pytest.approx(hits[1], abs=WITHIN_S)
        leaked = lazy.state.objects["status"] == ObjectStatus.LEAKED
        assert (lazy.state.timeline["cause"][leaked] > 0).all()
