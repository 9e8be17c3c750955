"""Radars that can be full.

Every track of a radar takes a place, tentative ones included: from the first hit until no hit is left in the window, or from
confirmation until it is dropped. When all places are taken the track with the lowest score goes, unless it is engaged; ties by
object. The score is least time to go. A radar may refuse newcomers instead: then no track goes. If the newcomer finds no place, the
radar looks at it again when it may have changed its course, and whenever a place is free or has gone to a lower score, the one with
the highest score of those shut out is looked at again. Who gets a place depends on the other tracks, so the track machines of such a
radar are moved on by events, one for each change: first hit, confirmation, death of a tentative track, drop. Between two changes
nothing couples the objects, and the next change is looked up ahead (`foresee`).

Not modelled: a budget of energy or time that shares out slower looks instead of refusing a track.
Reference: track maintenance as in S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999), ch. 6.
"""

from __future__ import annotations

from openiads.kernel import kernel
from openiads.models.command.estimate import refresh_estimate
from openiads.models.radar.look import last_look_at, look, look_time_s
from openiads.models.tracking.machine import ones, run_of_misses, search_hit
from openiads.state.arrays import State, World
from openiads.state.layout import CHANGE_CONFIRM, CHANGE_DEATH, CHANGE_DROP, CHANGE_HIT, HIT, NEVER


@kernel
def foresee(world: World, state: State, f: int, i: int) -> None:
    """Find the next change of the track of object `i` at limited feed `f`, if no other track interferes; HELD gets it."""
    looks, held, now = state.looks[i, f], state.held[i, f], state.objects[i]
    held["change_s"] = NEVER
    if looks["start_s"] >= NEVER:
        return
    s = world.feeds[f]["sensor"]
    sensor = world.sensors[s]
    longest = max(sensor["drop_misses"], sensor["confirm_window"]) + 2
    stop_s = now["path_end_s"] if now["end_s"] >= NEVER else now["end_s"] + longest * sensor["period_s"]
    if looks["confirm_s"] < NEVER:
        _, end = run_of_misses(world, state, f, i, stop_s)
        if end >= 0:
            held["change_s"], held["kind"], held["look"] = look_time_s(world, state, f, i, end), CHANGE_DROP, end
    elif looks["history"] == 0:
        first_hit(world, state, f, i, stop_s)
    else:
        confirm_or_die(world, state, f, i, stop_s)


@kernel
def first_hit(world: World, state: State, f: int, i: int, stop_s: float) -> None:
    """The first hit after the last look, up to `stop_s`."""
    looks, held = state.looks[i, f], state.held[i, f]
    if held["shut_out"] and state.estimates[i]["valid_to_s"] < stop_s:
        looks["last_look"] = max(looks["last_look"], last_look_at(world, state, f, i, state.estimates[i]["valid_to_s"]))
    elif held["shut_out"]:
        return
    n, t_s = search_hit(world, state, f, i, looks["last_look"] + 1, stop_s)
    if n >= 0:
        held["change_s"], held["kind"], held["look"] = t_s, CHANGE_HIT, n


@kernel
def confirm_or_die(world: World, state: State, f: int, i: int, stop_s: float) -> None:
    """What becomes of a tentative track, up to `stop_s`."""
    looks, held, sensor = state.looks[i, f], state.held[i, f], world.sensors[world.feeds[f]["sensor"]]
    n, history = looks["last_look"] + 1, looks["history"]
    t_s = look_time_s(world, state, f, i, n)
    while t_s <= stop_s:
        outcome = look(world, state, f, i, n, t_s)
        looks["seen"] |= outcome
        history = ((history << 1) | ((outcome & HIT) >> 1)) & ((1 << sensor["confirm_window"]) - 1)
        confirmed = outcome & HIT and ones(history) >= sensor["confirm_hits"]
        if confirmed or history == 0:
            held["change_s"], held["kind"], held["look"] = t_s, CHANGE_CONFIRM if confirmed else CHANGE_DEATH, n
            return
        n += 1
        t_s = look_time_s(world, state, f, i, n)


@kernel
def take_place(world: World, state: State, f: int, i: int) -> None:
    """A track of object `i` takes the next place of the radar of feed `f`."""
    s = world.feeds[f]["sensor"]
    place = state.sensors[s]["tracks"]
    state.occupants[s, place]["object"], state.occupants[s, place]["feed"] = i, f
    state.held[i, f]["place"] = place
    state.sensors[s]["tracks"] = place + 1


@kernel
def leave_place(world: World, state: State, f: int, i: int) -> None:
    """The track of object `i` leaves its place at the radar of feed `f`, if it has one; the last one moves there."""
    held = state.held[i, f]
    place = held["place"]
    if place < 0:
        return
    s = world.feeds[f]["sensor"]
    last = state.sensors[s]["tracks"] - 1
    moved = state.occupants[s, last]
    state.occupants[s, place]["object"], state.occupants[s, place]["feed"] = moved["object"], moved["feed"]
    state.held[moved["object"], moved["feed"]]["place"] = place
    state.sensors[s]["tracks"] = last
    held["place"] = -1


@kernel
def note_shut_out(world: World, state: State, f: int, i: int) -> None:
    """Object `i`, whose estimate is up to date, gets no place at the radar of limited feed `f`."""
    now, estimate = state.sensors[world.feeds[f]["sensor"]], state.estimates[i]
    state.held[i, f]["shut_out"] = 1
    now["shut_out_s"] = min(now["shut_out_s"], estimate["arrival_s"])
    now["shut_out_to_s"] = min(now["shut_out_to_s"], estimate["valid_to_s"])


@kernel
def next_of_shut_out(world: World, state: State, s: int, t_s: float) -> tuple[int, int]:
    """The living object with the highest score of those that are shut out of sensor `s`, and its feed; -1 twice without one."""
    best, feed, best_s, to_s = -1, -1, NEVER, NEVER
    for f in range(world.feeds.shape[0]):
        if world.feeds[f]["sensor"] != s:
            continue
        for v in range(world.objects.shape[0]):
            if state.held[v, f]["shut_out"] and state.objects[v]["end_s"] >= NEVER:
                arrival_s = time_to_go_end_s(world, state, v, t_s)
                to_s = min(to_s, state.estimates[v]["valid_to_s"])
                if best < 0 or arrival_s < best_s:
                    best, feed, best_s = v, f, arrival_s
    state.sensors[s]["shut_out_s"], state.sensors[s]["shut_out_to_s"] = best_s, to_s
    return best, feed


@kernel
def time_to_go_end_s(world: World, state: State, i: int, t_s: float) -> float:
    """When object `i`, as estimated at `t_s`, arrives at its presumed aim: the earlier, the higher its score."""
    estimate = state.estimates[i]
    if t_s >= estimate["valid_to_s"]:
        refresh_estimate(world, state, i, t_s)
    return float(estimate["arrival_s"])
