"""Counts over time of random scenarios against plain counting from the log, and against what is left at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openiads.catalogue import load_catalogue
from openiads.codes import LogCode, ObjectStatus
from openiads.scenario import load_scenario
from openiads.simulation import lower
from openiads.simulation.course import CourseReader, course_grid_s
from openiads.simulation.session import Session
from openiads.state.layout import LOADS

from .test_components import SURE_DAMAGE, SURE_KILL, lowered, session
from .test_random_scenarios import random_scenario

CATALOGUE = load_catalogue()
SEEDS = range(200, 230)
#: With aims at components of the defence.
DAMAGED = range(230, 240)
#: So much after the raid every reload is over.
LATER_S = 4.0 * 3600.0
ROUNDS = (LogCode.RELOAD_STARTED, LogCode.RELOADED, LogCode.ROUNDS_LOST)
LAUNCHES = (LogCode.LAUNCHED, LogCode.LAUNCH_FAILED)


#: As the seed of a random scenario: the example in which launchers are hit.
HUNTED = -1
HUNTERS = (Path(__file__).parents[2] / "examples" / "radar-hunters.yaml").read_text()


def long_world(seed: int):
    text = HUNTERS if seed == HUNTED else random_scenario(seed, components=seed in DAMAGED)
    world = lower(load_scenario(text, CATALOGUE), CATALOGUE).world
    settings = world.settings.copy()
    settings["span_s"] += LATER_S
    return world._replace(settings=settings)


@pytest.mark.parametrize("seed", [*SEEDS, *DAMAGED, HUNTED])
def test_counts_are_those_of_the_log_and_end_with_what_is_left(seed: int) -> None:
    world = long_world(seed)
    session, reader = Session(world), CourseReader(world)
    units, weapons = len(world.units), len(world.weapons)
    state = session.run(7, 0)
    counts = reader.row(state)[0]["counts"]
    log = state.log[: state.cursor[0]["log_count"]]
    busy, ready, (store, tracked, leakers) = counts[:units], counts[units : units + weapons], counts[units + weapons :]
    engagements = state.engagements[: state.cursor[0]["engagement_count"]]
    loads = {code: log[log["code"] == code] for code in ROUNDS}
    launch_s = log["time_s"][np.isin(log["code"], LAUNCHES)]
    for k, now_s in enumerate(reader.grid_s):
        for u in range(units):
            assert busy[u, k] == sum(e["unit"] == u and e["launch_s"] <= now_s < e["end_s"] for e in engagements)
        begun, over, lost = (sum(row["value"] % LOADS for row in loads[code] if row["time_s"] <= now_s) for code in ROUNDS)
        assert ready[:, k].sum() == world.magazines["ready"].sum() - (launch_s <= now_s).sum() + over - lost
        assert store[k] == world.magazines["held"].sum() - begun
        assert leakers[k] == (log["time_s"][log["code"] == LogCode.LEAKED] <= now_s).sum()
        alive = (world.objects["lethal"] == 1) & (state.timeline["firm_s"] <= now_s) & (now_s < state.objects["end_s"])
        assert tracked[k] == alive.sum()
    assert ready[:, -1].tolist() == np.bincount(world.magazines["weapon"], state.magazines["ready"], weapons).tolist()
    assert store[-1] == state.magazines["held"].sum()
    assert leakers[-1] == (state.objects["status"] == ObjectStatus.LEAKED).sum()
    assert (counts >= 0).all()
    assert (busy <= world.units["channels"][:, None]).all()
    assert tracked[-1] == busy[:, -1].sum() == 0


@pytest.mark.parametrize("chances", [SURE_KILL, SURE_DAMAGE])
def test_rounds_on_launchers_that_are_hit_leave_and_those_of_damaged_ones_come_back(chances: tuple[float, float]) -> None:
    """Two missiles hit two of six launchers with 12, 16 and 4 rounds; nobody shoots."""
    plan = lowered("s-1/launchers", count=2, ready="48N6E3: 12, 9M96E2: 16, 40N6E: 4").plan
    plan = replace(plan, envelopes=tuple(tuple(replace(e, sspk=0.0) for e in rows) for rows in plan.envelopes))
    damaged = session(plan, chances, repair_degraded_s=100.0)
    state, reader = damaged.run(3, 0), CourseReader(damaged.world)
    log = state.log[: state.cursor[0]["log_count"]]
    hits_s = log["time_s"][np.isin(log["code"], (LogCode.COMPONENT_KILLED, LogCode.COMPONENT_DEGRADED))]
    lost_s = log["time_s"][log["code"] == LogCode.ROUNDS_LOST]
    assert hits_s.size == 2
    assert lost_s.tolist() == np.repeat(hits_s, 3).tolist()  # of each of three weapons
    assert not np.isin(log["code"], (*LAUNCHES, LogCode.RELOAD_STARTED)).any()
    # A share of 12, 16 and 4 by 6; then of 10, 13 and 3 by 5, or by 6 as long as a damaged launcher counts.
    lost = np.array([[2, 3, 1], [2, 2 + (chances == SURE_KILL), 1]])
    counts = reader.row(state)[0]["counts"][len(damaged.world.units) :]
    for k, now_s in enumerate(reader.grid_s):
        gone = hits_s <= now_s
        if chances == SURE_DAMAGE:
            gone &= now_s < hits_s + 100.0
        left = np.array([12, 16, 4]) - lost[gone].sum(axis=0)
        assert counts[damaged.world.magazines["weapon"], k].tolist() == left.tolist()


def test_some_of_the_scenarios_reload() -> None:
    state = [Session(long_world(seed)).run(7, 0) for seed in SEEDS[:10]]
    assert sum((s.log["code"][: s.cursor[0]["log_count"]] == LogCode.RELOADED).sum() for s in state) > 5


@pytest.mark.parametrize(("span_s", "step_s", "times"), [(6907.0, 120.0, 59), (40.0, 1.0, 41), (60.0, 1.0, 61), (300.5, 10.0, 32)])
def test_the_grid_has_round_steps_up_to_the_end_of_the_raid(span_s: float, step_s: float, times: int) -> None:
    world = long_world(200)
    settings = world.settings.copy()
    settings["span_s"] = span_s
    grid_s = course_grid_s(world._replace(settings=settings))
    assert grid_s.size == times
    assert np.diff(grid_s) == pytest.approx(step_s)
    assert grid_s[-2] < span_s <= grid_s[-1]
