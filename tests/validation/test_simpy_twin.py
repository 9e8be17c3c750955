"""The engine against an independent SimPy program of the same raid and rules: equal mean leakage, shots and kills.

And the bench's own statistics against a closed form.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.bench import variance_ratio
from benchmarks.raid import LONG_RANGE_SITES, SHORT_RANGE_SITES, raid
from benchmarks.simpy_twin import Raid
from numpy.typing import NDArray

from openiads.codes import ObjectStatus
from openiads.simulation.lower.plan import Plan, SensorPlan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session

SEED = 3
ENGINE_REPLICATES = 1000
TWIN_REPLICATES = 40
#: Row of `benchmarks.raid.KINDS`.
CRUISE = 1


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


def short_warning(reaction_s: float) -> Plan:
    """The cruise missiles of a raid against four units whose radars see them in the last 4 km, which they fly in 17 s."""
    plan = thin_defence(30, 0, SHORT_RANGE_SITES, 8, 90)
    (post,) = plan.posts

    def short_sighted(sensor: SensorPlan) -> SensorPlan:
        return replace(sensor, radar=replace(sensor.radar, range_max_m=4e3))

    post = replace(
        post,
        post=replace(post.post, reaction_s=reaction_s),
        sensors=tuple(short_sighted(sensor) for sensor in post.sensors),
        units=tuple(replace(unit, fire_control=short_sighted(unit.fire_control)) for unit in post.units if unit.fire_control),
    )
    return replace(plan, posts=(post,), objects=tuple(o for o in plan.objects if o.threat.klass == CRUISE))


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


def distance(engine: NDArray[np.float64], twin: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances of the means of leakers, shots and kills, and their standard errors."""
    error = np.sqrt(engine.var(axis=0, ddof=1) / len(engine) + twin.var(axis=0, ddof=1) / len(twin))
    return np.abs(engine.mean(axis=0) - twin.mean(axis=0)), error


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
    apart, error = distance(engine, twin)
    assert (apart <= 4.0 * error).all(), (apart, error)  # shots have no spread when every round is fired
    assert (engine[:, 0] + engine[:, 2] == n_threats).all()
    assert (twin[:, 0] + twin[:, 2] == n_threats).all()


def test_same_mean_leakage_where_the_reaction_decides() -> None:
    engine, twin, quick_twin = engine_counts(short_warning(10.0)), twin_counts(short_warning(10.0)), twin_counts(short_warning(5.0))
    apart, error = distance(engine, twin)
    assert (apart <= 4.0 * error).all(), (apart, error)
    apart, error = distance(engine, quick_twin)
    assert (apart > 8.0 * error).all(), (apart, error)  # so that an engine which reacts otherwise would be noticed


def test_the_variance_ratio_and_its_error_are_those_of_a_normal_pair() -> None:
    """At correlation 0.8 it is 1 / (1 - 0.8) = 5; sum and difference are independent, so it is (1 + 9 F) / 2, and F has sd 2 / sqrt(n)."""
    luck = np.random.default_rng(1)
    before, other = luck.normal(size=(2, 2000))
    ratio, error = variance_ratio(before, 0.8 * before + 0.6 * other)
    assert error == pytest.approx(9.0 / 2000**0.5, rel=0.1)
    assert abs(ratio - 5.0) < 4.0 * error
    few = before[:5], 0.8 * before[:5] + 0.6 * other[:5]
    plain = [(np.var(b, ddof=1) + np.var(a, ddof=1)) / np.var(a - b, ddof=1) for b, a in (np.delete(few, k, axis=1) for k in range(5))]
    assert variance_ratio(*few)[1] == pytest.approx((4 / 5 * ((plain - np.mean(plain)) ** 2).sum()) ** 0.5)
