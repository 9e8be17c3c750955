"""A picture holds one track per target while any of its feeds does: earliest confirmation plus link delay.

A picture learns of a confirmation or a drop one link delay after it happened. A track that is lost everywhere is gone; the next
confirmation makes a new one.
"""

from __future__ import annotations

from openiads.kernel import kernel
from openiads.models.tracking.machine import hold, seek, tracked_at
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER


@kernel
def track_lost_s(world: World, state: State, p: int, i: int, t_s: float) -> float:
    """When, up to `t_s`, the present track of object `i` in picture `p` was lost by its last feed; NEVER if it lives."""
    track = state.tracks[p, i]
    while True:
        f = track["feed"]
        delay_s = world.feeds[f]["delay_s"]
        lost_s = hold(world, state, f, i, t_s - delay_s)
        if lost_s >= NEVER:
            return NEVER
        heir = feed_holding(world, state, p, i, lost_s + delay_s)
        if heir < 0:
            return float(lost_s + delay_s)
        track["feed"] = heir


@kernel
def feed_holding(world: World, state: State, p: int, i: int, t_s: float) -> int:
    """The first feed of picture `p` that has told of a track of object `i` by `t_s`, or -1."""
    picture = world.pictures[p]
    for f in range(picture["feed_first"], picture["feed_first"] + picture["feed_count"]):
        if state.looks[f, i]["start_s"] < NEVER and tracked_at(world, state, f, i, t_s - world.feeds[f]["delay_s"]):
            return f
    return -1


@kernel
def next_track(world: World, state: State, p: int, i: int, limit_s: float) -> tuple[float, int]:
    """The first confirmation up to `limit_s` that reaches picture `p`: (time in the picture or NEVER, feed or -1)."""
    picture = world.pictures[p]
    best_s, best = NEVER, -1
    for f in range(picture["feed_first"], picture["feed_first"] + picture["feed_count"]):
        if state.looks[f, i]["start_s"] < NEVER:
            delay_s = world.feeds[f]["delay_s"]
            firm_s = seek(world, state, f, i, min(limit_s, best_s) - delay_s) + delay_s
            if firm_s < best_s:
                best_s, best = firm_s, f
    return best_s, best
