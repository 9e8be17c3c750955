"""The course of a replicate: how many channels, rounds, threats and leakers there are at fixed times.

Counts at a time of the grid include what happens at that time. Rounds that are being loaded, or stand on a launcher that is damaged, are
neither ready nor in store.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from openiads.codes import LogCode, ObjectStatus
from openiads.state.layout import LOADS, State, World

Rows = NDArray[np.void]
Floats = NDArray[np.float64]

#: About how many steps the raid is cut into, and what a step may be.
_STEPS = 60
_STEPS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 43200.0)


def course_grid_s(world: World) -> Floats:
    """From 0 to about the end of the raid, in round steps."""
    span_s = float(world.settings[0]["span_s"])
    step_s = next((step for step in _STEPS_S if span_s / step <= _STEPS), _STEPS_S[-1])
    return np.arange(math.ceil(span_s / step_s) + 1, dtype=np.float64) * step_s


class CourseReader:
    """Reads the courses of replicates of one world.

    `counts` has a line for each of: busy channels of every fire unit, ready rounds of every weapon, rounds in store, lethal threats
    alive that have had a firm track, leakers; and a column for each time of the grid.
    """

    def __init__(self, world: World) -> None:
        self.world, self.grid_s = world, course_grid_s(world)
        units, magazines = len(world.units), world.magazines
        self._ready = units + magazines["weapon"]
        self._store = units + len(world.weapons)
        self._lethal = world.objects["lethal"] != 0
        self._at_start = np.zeros((self._store + 3, 1), np.int64)
        np.add.at(self._at_start[:, 0], self._ready, magazines["ready"])
        self._at_start[self._store] = magazines["held"].sum()
        self.dtype = np.dtype([("replication", "i8"), ("counts", "i4", (self._at_start.size, self.grid_s.size))])

    def row(self, state: State) -> Rows:
        """The course of the replicate in `state`, shape (1,)."""
        cursor, objects = state.cursor[0], state.objects
        engagements, shots = state.engagements[: cursor["engagement_count"]], state.shots[: cursor["shot_count"]]
        firm = np.nonzero(self._lethal & (state.timeline["firm_s"] < objects["end_s"]))[0]
        leaked = np.nonzero(objects["status"] == ObjectStatus.LEAKED)[0]
        log = state.log[: cursor["log_count"]]
        taken, loaded, lost = (log[log["code"] == code] for code in (LogCode.RELOAD_STARTED, LogCode.RELOADED, LogCode.ROUNDS_LOST))
        changes = (  # (lines, times, by how many)
            (engagements["unit"], engagements["launch_s"], 1),
            (engagements["unit"], engagements["end_s"], -1),
            (self._ready[engagements["magazine"][shots["engagement"]]], shots["launch_s"], -1),
            (self._ready[_magazine(loaded)], loaded["time_s"], _rounds(loaded)),
            (self._ready[_magazine(lost)], lost["time_s"], -_rounds(lost)),
            (self._store, taken["time_s"], -_rounds(taken)),
            (self._store + 1, state.timeline["firm_s"][firm], 1),
            (self._store + 1, objects["end_s"][firm], -1),
            (self._store + 2, objects["end_s"][leaked], 1),
        )
        size = self.grid_s.size + 1  # one place more, for what happens after the last time
        line, change = (np.concatenate([np.broadcast_to(c[k], c[1].shape) for c in changes]) for k in (0, 2))
        step = np.searchsorted(self.grid_s, np.concatenate([c[1] for c in changes]))
        cells = np.bincount(line * size + step, change, self._at_start.size * size).reshape(-1, size)
        out = np.zeros(1, self.dtype)
        out[0]["replication"], out[0]["counts"] = cursor["replication"], self._at_start + np.cumsum(cells[:, :-1], axis=1)
        return out


def _magazine(rows: Rows) -> NDArray[np.int64]:
    """The magazine of each log row about rounds."""
    return np.asarray(rows["value"].astype(np.int64) // LOADS)


def _rounds(rows: Rows) -> NDArray[np.int64]:
    """How many rounds each log row is about."""
    return np.asarray(rows["value"].astype(np.int64) % LOADS)
