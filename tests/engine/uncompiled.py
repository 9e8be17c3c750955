"""Run by `test_story.py` with compilation off: `uncompiled.py FILE` saves the log of some replicates.

The arrays refuse negative indices, which plain Python would wrap and compiled code does not.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np

from engine.test_story import log_of
from openiads.simulation.lower.plan import Plan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from plans import mixed_plan


class Strict(np.ndarray):
    """An array that refuses negative indices."""

    def __getitem__(self, index: Any) -> Any:
        for k in index if isinstance(index, tuple) else (index,):
            if isinstance(k, int | np.integer) and k < 0:
                raise IndexError(f"index {index} of {self.dtype.names}")
        return np.ndarray.__getitem__(self, index)


def strict(rows: Any) -> Any:
    return rows._replace(**{name: getattr(rows, name).view(Strict) for name in rows._fields})


def logs(plan: Plan, n: int) -> np.ndarray:
    session = Session(strict(build_world(plan)))
    session.state = strict(session.state)
    return np.concatenate([np.asarray(log_of(session, 11, r)) for r in range(n)])


def main(out: str) -> None:
    np.save(out, logs(mixed_plan(20), 3))
    logs(mixed_plan(20, p_false_kill=0.2, reopen_hits=1), 2)
    logs(mixed_plan(20, fire=1, sequence=(2, 1), reserve_class=2, reserve_rounds=4), 2)
    (post,) = mixed_plan(20).posts
    sensors = tuple(replace(sensor, radar=replace(sensor.radar, capacity=3)) for sensor in post.sensors)
    logs(replace(mixed_plan(20), posts=(replace(post, post=replace(post.post, capacity=4), sensors=sensors),)), 1)


if __name__ == "__main__":
    main(sys.argv[1])
