"""The engine against an independent SimPy program of the same raid and rules: equal mean leakage, shots and kills."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.raid import LONG_RANGE_SITES, raid
from benchmarks.simpy_twin import Raid
from numpy.typing import NDArray

from openiads.codes import ObjectStatus
from openiads.simulation.lower.plan import Plan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session

SEED = 3
ENGINE_REPLICATES = 1000
TWIN_REPLICATES = 40


def thin_defence(n_threats: int, long_range: int, short_range: int, channels: int, ready: int) -> Plan:
    """The benchmark raid against so few units, channels or rounds that a small raid leaks."""
    plan = raid(n_threats)
    (post,) = plan.posts
    units = []
    for unit in post.units[:long_range] + post.units[LONG_RANGE_SITES : LONG_RANGE_SITES + short_range]:
        ((weapon, magazine),) = unit.magazines
        fire_unit = replace(unit.unit, channels=channels, missiles_guided=channels)
        units.append(replace(unit, unit=fire_unit, magazines=((weapon, replace(magazine, ready=ready)),)))
    return replace(plan, posts=(replace(post, units=tuple(units)),))


def engine_counts(plan: Plan) -> NDArray[np.float64]:
    """Leakers, shots and kills of each replicate, shape (n, 3)."""
    session = Session(build_world(plan))
    counts = []
    for replication in range(ENGINE_REPLICATES):
        state = session.run(SEED, replication)
        status = state.objects["status"]
        counts.append([(status == ObjectStatus.LEAKED).sum(), state.cursor[0]["shot_count"], (status == ObjectStatus.KILLED).sum()])
    return np.array(counts, float)


def twin_counts(plan: Plan) -> NDArray[np.float64]:
    raids = [Raid(plan, seed) for seed in range(TWIN_REPLICATES)]
    return np.array([[one.run(), one.shots, one.kills] for one in raids], float)


@pytest.mark.parametrize(
    ("n_threats", "long_range", "short_range", "channels", "ready"),
    [
        pytest.param(20, 1, 0, 6, 10, id="too-few-rounds"),
        pytest.param(40, 1, 0, 1, 90, id="too-few-channels"),
        pytest.param(24, 0, 1, 2, 90, id="too-little-reach"),
        pytest.param(30, 2, 1, 2, 12, id="mixed"),
    ],
)
def test_same_mean_leakage_as_the_simpy_program(n_threats: int, long_range: int, short_range: int, channels: int, ready: int) -> None:
    plan = thin_defence(n_threats, long_range, short_range, channels, ready)
    engine, twin = engine_counts(plan), twin_counts(plan)
    assert 1.0 < twin[:, 0].mean() < n_threats - 1.0  # otherwise the comparison would say nothing
    error = np.sqrt(engine.var(axis=0, ddof=1) / len(engine) + twin.var(axis=0, ddof=1) / len(twin))
    apart = np.abs(engine.mean(axis=0) - twin.mean(axis=0))
    assert (apart <= 4.0 * error).all(), (apart, error)  # shots have no spread when every round is fired
    assert (engine[:, 0] + engine[:, 2] == n_threats).all()
    assert (twin[:, 0] + twin[:, 2] == n_threats).all()
