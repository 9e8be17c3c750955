"""What a defence can do along the path of one object that a replicate has just flown: where it is seen, and where it could be met.

The points of the path are given by their times (n,), in any order, and the answers by point: 1 or a time where something holds. The
geometry is that of the laws of the engine; the path must not vary from replicate to replicate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from openiads.kernel import kernel
from openiads.models.interceptor.envelope import inside_m, launch_for_s, range_to_m
from openiads.models.radar.look import in_view
from openiads.models.radar.pd_table import pd_from_table
from openiads.models.radar.signal import look_snr
from openiads.models.tracking.machine import hold, seek, start_feed
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER

Floats = NDArray[np.float64]
Marks = NDArray[np.int64]


@kernel
def mark_sensed(world: World, state: State, i: int, times_s: Floats, least_pd: float, sensed: Marks) -> None:
    """Points at which some radar that searches uncued has object `i` in view, and detects it with `least_pd` or more: `sensed` (2, n)."""
    for k in range(times_s.shape[0]):
        for f in range(world.feeds.shape[0]):
            if world.feeds[f]["cued"]:
                continue
            s = world.feeds[f]["sensor"]
            range_m = in_view(world, state, s, i, times_s[k])
            if range_m >= 0.0:
                sensed[0, k] = 1
                if one_look_pd(world, state, s, i, range_m, times_s[k]) >= least_pd:
                    sensed[1, k] = 1
                    break


@kernel
def one_look_pd(world: World, state: State, s: int, i: int, range_m: float, t_s: float) -> float:
    """Probability that one look of sensor `s` at `t_s` detects object `i`, which is in view at a slant range."""
    sensor = world.sensors[s]
    if sensor["perfect"]:
        return 1.0
    return float(pd_from_table(world.pd_table, sensor["pd_offset"], look_snr(world, state, s, i, range_m, t_s)))


@kernel
def track_spans(world: World, state: State, f: int, i: int, from_s: float, spans_s: Floats) -> int:
    """From when to when feed `f`, cued to object `i` at `from_s`, has a firm track of it: rows of `spans_s` (n, 2); returns how many.

    At most as many as there are rows.
    """
    start_feed(world, state, f, i, from_s)
    end_s, count = state.objects[i]["path_end_s"], 0
    while count < spans_s.shape[0]:
        firm_s = seek(world, state, f, i, end_s)
        if firm_s >= NEVER:
            break
        spans_s[count, 0], spans_s[count, 1] = firm_s, hold(world, state, f, i, end_s)
        count += 1
        if spans_s[count - 1, 1] >= NEVER:
            break
    return count


@kernel
def launch_times(world: World, state: State, m: int, i: int, times_s: Floats, launch_s: Floats) -> bool:
    """When a round of magazine `m` must leave to meet object `i` at each point: `launch_s` (n,); NEVER where it cannot.

    It can inside its envelope, if the engagement radar has the object in view there or is not needed. False: no launch of all of them is
    at an object that the radar has in view, so that it never has a track to launch on.
    """
    weapon = world.weapons[world.magazines[m]["weapon"]]
    u = world.magazines[m]["unit"]
    f = world.units[u]["fire_control_feed"]
    free = f < 0 or weapon["launch_on_remote"]
    some = False
    for k in range(times_s.shape[0]):
        launch_s[k] = NEVER
        range_m, alt_m = range_to_m(world, state, u, i, times_s[k])
        if inside_m(world, i, m, range_m, alt_m) < 0.0:
            continue
        if not free and weapon["needs_radar_until_intercept"] and in_view(world, state, world.feeds[f]["sensor"], i, times_s[k]) < 0.0:
            continue
        launch_s[k] = launch_for_s(world, state, i, m, times_s[k])
        some = some or free or in_view(world, state, world.feeds[f]["sensor"], i, launch_s[k]) >= 0.0
    return some


@kernel
def mark_met(world: World, m: int, ready_s: float, spans_s: Floats, times_s: Floats, launch_s: Floats, met: Marks) -> None:
    """Points at which a round of magazine `m` could meet the object: its launch not before `ready_s` and on a track: `met` (n,).

    The track is that of the engagement radar, in `spans_s` (k, 2) with times that rise, and lasts until the intercept if the weapon
    needs it; a weapon that can be launched without it needs none.
    """
    weapon = world.weapons[world.magazines[m]["weapon"]]
    free = world.units[world.magazines[m]["unit"]]["fire_control_feed"] < 0 or weapon["launch_on_remote"]
    for k in range(times_s.shape[0]):
        if met[k] or not ready_s <= launch_s[k] < NEVER:
            continue
        if free:
            met[k] = 1
            continue
        for row in range(spans_s.shape[0]):
            if spans_s[row, 0] > launch_s[k]:
                break
            last_s = times_s[k] if weapon["needs_radar_until_intercept"] else launch_s[k]
            if last_s <= spans_s[row, 1]:
                met[k] = 1
                break
