"""A picture holds one track per target while any of its feeds does: earliest confirmation plus link delay.

A picture learns of a confirmation or a drop one link delay after it happened. A track that is lost everywhere is gone; the next
confirmation makes a new one.

Not modelled: wrong association between radars, better estimates from several radars, a link that loses messages or fills up.
Reference: tracks of several sensors in one picture, S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999),
chapter 9.
"""

from __future__ import annotations

from openiads.kernel import kernel
from openiads.models.tracking.machine import drop_before, hold, seek, tracked_at
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER


@kernel
def keep_track(world: World, state: State, p: int, i: int, t_s: float) -> float:
    """When, up to `t_s`, the present track of object `i` in picture `p` was lost by its last feed; NEVER if it lives.

    Must be called before any machine of the picture's feeds is moved on to `t_s`: it follows the track from feed to feed.
    """
    track = state.tracks[p, i]
    while track["firm_s"] <= t_s and track["lost_s"] >= NEVER:
        if t_s < track["drops_s"] and t_s < state.objects[i]["end_s"]:
            break  # looked up before, and nothing has changed since
        f = track["feed"]
        delay_s = world.feeds[f]["delay_s"]
        dropped_s = hold(world, state, f, i, t_s - delay_s)
        if dropped_s >= NEVER:
            break
        heir = feed_holding(world, state, p, i, dropped_s + delay_s)
        if heir >= 0:
            track["feed"], track["drops_s"] = heir, -1.0
        else:
            track["lost_s"] = dropped_s + delay_s
    return float(track["lost_s"])


@kernel
def holder_drops_s(world: World, state: State, p: int, i: int) -> float:
    """When the feed that holds the track of object `i` in picture `p` will drop it if the object lives on; NEVER if it will not."""
    track = state.tracks[p, i]
    if track["drops_s"] < 0.0:
        f, now = track["feed"], state.objects[i]
        sensor = world.sensors[world.feeds[f]["sensor"]]
        to_s = now["path_end_s"] if now["end_s"] >= NEVER else now["end_s"] + (sensor["drop_misses"] + 2) * sensor["period_s"]
        track["drops_s"] = min(drop_before(world, state, f, i, to_s) + world.feeds[f]["delay_s"], NEVER)
    return float(track["drops_s"])


@kernel
def feed_holding(world: World, state: State, p: int, i: int, t_s: float) -> int:
    """The first feed of picture `p` that has told of a track of object `i` by `t_s`, or -1."""
    picture = world.pictures[p]
    for f in range(picture["feed_first"], picture["feed_first"] + picture["feed_count"]):
        if state.looks[i, f]["start_s"] < NEVER and tracked_at(world, state, f, i, t_s - world.feeds[f]["delay_s"]):
            return f
    return -1


@kernel
def next_track(world: World, state: State, p: int, i: int, limit_s: float) -> tuple[float, int]:
    """The first confirmation up to `limit_s` that reaches picture `p`: (time in the picture or NEVER, feed or -1)."""
    picture = world.pictures[p]
    best_s, best = NEVER, -1
    for f in range(picture["feed_first"], picture["feed_first"] + picture["feed_count"]):
        if state.looks[i, f]["start_s"] < NEVER:
            delay_s = world.feeds[f]["delay_s"]
            firm_s = seek(world, state, f, i, min(limit_s, best_s) - delay_s) + delay_s
            if firm_s < best_s:
                best_s, best = firm_s, f
    return best_s, best
