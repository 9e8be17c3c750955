"""Over relief and in rain, too, work that is not done cannot change the story: lazy, eager and unculled runs tell the same one."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from openiads.scenario import load_scenario
from openiads.simulation import Lowered, lower
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session

from .test_random_scenarios import CATALOGUE, REPLICATIONS, WITHIN_S, random_scenario, require_same_decisions

SEEDS = (1, 3, 9, 13)


def over_relief(seed: int) -> str:
    """A random scenario on a random ground and in random weather; paths above the sea that would hit the ground are raised."""
    luck = random.Random(1000 + seed)
    ridges = []
    for _ in range(luck.randint(1, 3)):
        ends = [f"{{bearing: {luck.choice((60, 80, 100, 120, 300))} deg, range: {luck.choice((10, 25, 50, 90))} km}}" for _ in range(2)]
        ridges.append(f"{{from: {ends[0]}, to: {ends[1]}, height: {luck.choice((200, 600, 1200))} m, width: {luck.choice((4, 8))} km}}")
    ground = [f"ridge: [{', '.join(ridges)}]"]
    if seed % 2:
        ground.append(f"fractal: {{height: {luck.choice((400, 1400))} m, roughness: 0.3, scale: 40 km, seed: {seed}}}")
    text = random_scenario(seed).replace("terrain: flat", f"terrain: {{{', '.join(ground)}}}").replace("1500 m AMSL", "3 km AMSL")
    rain = luck.choice((0, 0, 2, 20))
    return text.replace("assets:", f"world: {{weather: {{rain: {rain} mm/h, gas: {luck.choice(('yes', 'no'))}}}}}\nassets:", 1)


def with_conditions(lowered: Lowered, **changes: object) -> Session:
    return Session(build_world(replace(lowered.plan, conditions=replace(lowered.plan.conditions, **changes))))


@pytest.mark.parametrize("seed", SEEDS)
def test_lazy_and_eager_runs_decide_alike_over_relief(seed: int) -> None:
    lowered = lower(load_scenario(over_relief(seed), CATALOGUE), CATALOGUE)
    lazy, eager, unculled = (with_conditions(lowered, **changes) for changes in ({}, {"eager": True}, {"culling": False}))
    for replication in range(REPLICATIONS):
        require_same_decisions(lazy, eager, unculled, replication)
        firm_s = [session.run(7, replication).timeline["firm_s"].copy() for session in (lazy, unculled)]
        assert np.allclose(firm_s[0], firm_s[1], rtol=0.0, atol=WITHIN_S)


def test_the_relief_matters_to_these_scenarios() -> None:
    """Else the comparison above would be empty: many objects are seen later than over flat ground, or never."""
    later = 0
    for seed in SEEDS:
        rough, flat = (
            with_conditions(lower(load_scenario(over_relief(seed), CATALOGUE), CATALOGUE), **changes) for changes in ({}, {"ground": None})
        )
        firm = [session.run(7, 0).timeline["firm_s"].copy() for session in (rough, flat)]
        later += int((firm[0] > firm[1] + 1.0).sum())
    assert later > 7
