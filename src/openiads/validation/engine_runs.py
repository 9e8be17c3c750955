"""Runs of the engine for oracle cases: columns of many replicates, and their comparison with exact values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from openiads.codes import ObjectStatus
from openiads.simulation.lower.plan import Plan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.validation.checks import Check, UncoveredError
from openiads.validation.sampling import Sampled, sampled_checks

_LEAKED = int(ObjectStatus.LEAKED)

#: Expected value -> column of `raid_columns` and what is made of it.
QUANTITIES: dict[str, tuple[str, Literal["mean", "share", "sd"]]] = {
    "p_leak": ("leakers_per_threat", "mean"),
    "mean_leakers": ("leakers", "mean"),
    "sd_leakers": ("leakers", "sd"),
    "p_zero_leak": ("nothing_leaks", "share"),
    "mean_interceptors": ("interceptors", "mean"),
    "mean_interceptors_per_threat": ("interceptors_per_threat", "mean"),
    "mean_rounds_left": ("rounds_left", "mean"),
}


def session_of(plan: Plan) -> Session:
    """A session that runs `plan`."""
    return Session(build_world(plan))


def raid_columns(session: Session, seed: int, first: int, count: int) -> dict[str, NDArray[np.float64]]:
    """Leakers and rounds of `count` replicates from number `first` on, one value per replicate, shape (count,)."""
    leakers, interceptors, rounds_left = (np.empty(count) for _ in range(3))
    for k in range(count):
        state = session.run(seed, first + k)
        cursor = state.cursor[0]
        leakers[k] = np.count_nonzero(state.objects["status"] == _LEAKED)
        interceptors[k], rounds_left[k] = cursor["shot_count"], cursor["ready_rounds"]
    threats = len(session.world.objects)
    return {
        "leakers": leakers,
        "nothing_leaks": (leakers == 0.0).astype(np.float64),
        "leakers_per_threat": leakers / threats,
        "interceptors": interceptors,
        "interceptors_per_threat": interceptors / threats,
        "rounds_left": rounds_left,
    }


def raid_checks(plan: Plan, expected: Mapping[str, float], seed: int) -> list[Check]:
    """Compare leakers and rounds of replicates of `plan` with exact values, by the sampled rule.

    With `p_leak` expected the threats of the plan must not meet: then the exact variance of their share is p (1 - p) over their number.
    """
    if missing := sorted(set(expected) - set(QUANTITIES)):
        raise UncoveredError(f"no run here gives {', '.join(missing)}")
    sds = {"mean_leakers": expected.get("sd_leakers")}
    if "p_leak" in expected:
        sds["p_leak"] = math.sqrt(expected["p_leak"] * (1.0 - expected["p_leak"]) / len(plan.objects))
    session = session_of(plan)
    values = [Sampled(name, *QUANTITIES[name], want, sds.get(name)) for name, want in expected.items()]
    return sampled_checks(lambda first, count: raid_columns(session, seed, first, count), values)
