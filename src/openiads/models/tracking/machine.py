"""The track machine of one feed (radar to picture) and one object: M hits in N looks confirm, K misses in a row drop.

The machine is moved on only when somebody asks. While there is no track it goes forward look by look (`seek`); it may run ahead of
the clock, because nothing but the radar and the path decides. While there is a track it looks for a run of K misses the way one
searches a text for a word: it tests the last place that a run could reach and jumps on at the first hit (`hold`). Neither can
change the story, since every look is a pure function of its index; the tests compare with an event for every look.

Reference: M-of-N confirmation as in S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999), ch. 6.
"""

from __future__ import annotations

import math

from openiads.kernel import inlined, kernel
from openiads.models.radar.look import (
    best_chance,
    bound_chance,
    first_possible,
    first_view_s,
    in_view,
    last_look_at,
    look,
    look_time_s,
    surely_hits,
)
from openiads.state.arrays import State, World
from openiads.state.layout import HIT, NEVER
from openiads.state.rng import BITS

#: Looks until bounds on the chance of detection are worth their cost; more looks than a run can have.
_PATIENCE, _NO_BOUND = 4, 1 << 40
#: Last look of a feed that is cued and that nobody has asked yet.
_ORDERED = -(1 << 62)


@kernel
def cue_feed(state: State, f: int, i: int, from_s: float) -> None:
    """Order the radar of feed `f` to look at object `i` from `from_s` on; the order is carried out when somebody asks."""
    looks = state.looks[i, f]
    looks["start_s"], looks["last_look"] = from_s, _ORDERED


@kernel
def start_feed(world: World, state: State, f: int, i: int, from_s: float) -> None:
    """Let the radar of feed `f` look at object `i` from `from_s` on, with an empty history."""
    looks = state.looks[i, f]
    s = world.feeds[f]["sensor"]
    sensor = world.sensors[s]
    now = state.objects[i]
    looks["history"] = 0
    looks["confirm_s"] = NEVER
    looks["sure_to"] = looks["sure_from"] = 0
    if sensor["continuous"]:
        looks["start_s"] = first_view_s(world, state, s, i, from_s)
        looks["last_look"] = -1
        return
    looks["start_s"] = from_s
    begin_s = max(from_s, now["origin_s"])
    if world.settings[0]["culling"]:
        begin_s = max(begin_s, now["origin_s"] + now["scale"] * world.sensor_windows[i, s]["from_s"])
    if begin_s > now["path_end_s"]:
        looks["start_s"] = NEVER
        return
    n = last_look_at(world, state, f, i, begin_s)
    looks["last_look"] = n - 1 if look_time_s(world, state, f, i, n) >= begin_s else n


@kernel
def seek(world: World, state: State, f: int, i: int, limit_s: float) -> float:
    """Look on until the machine confirms or the next look is later than `limit_s`; returns the time of confirmation or NEVER."""
    looks = state.looks[i, f]
    if looks["last_look"] == _ORDERED and looks["start_s"] < NEVER:
        start_feed(world, state, f, i, looks["start_s"])
    if NEVER > looks["confirm_s"] >= state.objects[i]["end_s"]:  # foreseen before the object died
        looks["confirm_s"] = looks["start_s"] = NEVER
    if looks["confirm_s"] < NEVER or looks["start_s"] >= NEVER or world.feeds[f]["limited"]:  # the last are moved on by events
        return float(looks["confirm_s"])
    s, now = world.feeds[f]["sensor"], state.objects[i]
    sensor = world.sensors[s]
    stop_s = min(limit_s, now["path_end_s"])
    if world.settings[0]["culling"] and not sensor["continuous"]:
        stop_s = min(stop_s, now["origin_s"] + now["scale"] * world.sensor_windows[i, s]["to_s"])
    needed, width = (1, 1) if sensor["continuous"] else (sensor["confirm_hits"], sensor["confirm_window"])
    window = (1 << width) - 1
    n, history = looks["last_look"] + 1, looks["history"]
    patience = 0 if looks["seen"] and history == 0 else _PATIENCE
    bound_from = n + patience if world.settings[0]["culling"] else n + _NO_BOUND
    beyond, best = n, 1.0
    t_s = look_time_s(world, state, f, i, n)
    while t_s <= stop_s:
        if n >= bound_from:
            if n >= beyond:
                beyond, best = best_chance(world, state, f, i, n, t_s)
            possible = first_possible(world, state, f, i, n, beyond, best)
            if possible > n:
                history = (history << min(possible - n, width)) & window
                n = possible
                t_s = look_time_s(world, state, f, i, n)
                continue
        outcome = look(world, state, f, i, n, t_s)
        looks["seen"] |= outcome
        hit = outcome & HIT
        history = ((history << 1) | (hit >> 1)) & window
        n += 1
        if hit and ones(history) >= needed:
            looks["confirm_s"] = t_s
            break
        t_s = look_time_s(world, state, f, i, n)
    looks["history"], looks["last_look"] = history, n - 1
    return float(looks["confirm_s"])


@kernel
def ones(bits: int) -> int:
    """Number of bits set."""
    count = 0
    while bits:
        count += bits & 1
        bits >>= 1
    return count


@inlined
def may_come(world: World, state: State, f: int, i: int, n: int, t_s: float) -> bool:
    """Whether look `n` may happen at or before `t_s`."""
    s = world.feeds[f]["sensor"]
    first_s = state.looks[i, f]["start_s"] if world.sensors[s]["continuous"] else state.sensors[s]["phase_s"]
    return bool(first_s + n * world.sensors[s]["period_s"] <= t_s)


@kernel
def run_of_misses(world: World, state: State, f: int, i: int, to_s: float) -> tuple[int, int]:
    """From the last known hit to `to_s`: (latest known hit, index that completes a run of K misses, or -1)."""
    s = world.feeds[f]["sensor"]
    sensor, looks = world.sensors[s], state.looks[i, f]
    misses, hit = sensor["drop_misses"], looks["last_look"]
    if not may_come(world, state, f, i, hit + misses, to_s):
        return hit, -1
    last = last_look_at(world, state, f, i, to_s)
    first_s = looks["start_s"] if sensor["continuous"] else state.sensors[s]["phase_s"]
    living = math.floor(
        (min(state.objects[i]["end_s"], to_s) - first_s) / sensor["period_s"]
    )  # looks before this one are at a living object
    while hit + misses <= last:
        end = hit + misses
        if world.settings[0]["culling"] and not looks["sure_from"] <= end < looks["sure_to"]:
            bound_chance(world, state, f, i, end)
        if looks["sure_from"] <= hit + 1 < looks["sure_to"]:
            bits = looks["sure"] >> (hit + 1 - looks["sure_from"])
            jump = last_before_gap(bits, min(misses, BITS), min(looks["sure_to"], living, last + 1) - hit - 1)
            if jump >= 0:
                hit += 1 + jump
                continue
        k = end
        while k > hit:
            if k < living and surely_hits(looks, k):
                break
            if look(world, state, f, i, k, look_time_s(world, state, f, i, k)) & HIT:
                break
            k -= 1
        if k == hit:
            return hit, end
        hit = k
    return hit, -1


@kernel
def last_before_gap(bits: int, gap: int, count: int) -> int:
    """The last bit set among the first `count` before `gap` zeros in a row; -1 if there is none."""
    if count <= 0:
        return -1
    bits &= (1 << count) - 1
    zeros, width = ~bits, 1  # a bit stays where `width` zeros begin
    while 2 * width <= gap:
        zeros &= zeros >> width
        width *= 2
    zeros &= zeros >> (gap - width)
    before = bits & ((zeros & -zeros) - 1)
    if not before:
        return -1
    top, step = 0, 32
    while step:
        if before >> (top + step):
            top += step
        step >>= 1
    return top


@kernel
def hold(world: World, state: State, f: int, i: int, t_s: float) -> float:
    """Move a machine with a track on to `t_s`; returns the time at which the track was dropped, or NEVER if it lives."""
    looks = state.looks[i, f]
    if world.feeds[f]["limited"] and looks["confirm_s"] >= NEVER:
        return float(state.held[i, f]["lost_s"])
    hit, end = run_of_misses(world, state, f, i, t_s)
    if end < 0:
        looks["last_look"] = hit
        return NEVER
    looks["last_look"] = end
    looks["history"] = 0
    looks["confirm_s"] = NEVER
    return look_time_s(world, state, f, i, end)


@kernel
def drop_before(world: World, state: State, f: int, i: int, to_s: float) -> float:
    """Time at or before `to_s` at which the present track will be dropped if the object lives, or NEVER; the machine stays."""
    _, end = run_of_misses(world, state, f, i, to_s)
    return NEVER if end < 0 else look_time_s(world, state, f, i, end)


@kernel
def tracked_at(world: World, state: State, f: int, i: int, t_s: float) -> bool:
    """Whether feed `f` has a track of object `i` at `t_s`; moves its machine on to `t_s`."""
    if world.feeds[f]["limited"]:
        held = state.held[i, f]
        return bool(state.looks[i, f]["confirm_s"] <= t_s or held["firm_s"] <= t_s < held["lost_s"])
    while seek(world, state, f, i, t_s) <= t_s:
        if hold(world, state, f, i, t_s) >= NEVER:
            return True
    return False


@kernel
def ever_viewed(world: World, state: State, f: int, i: int) -> bool:
    """Whether any look of feed `f` found object `i` inside coverage and in line of sight, detected or not."""
    looks = state.looks[i, f]
    if looks["seen"] or looks["start_s"] >= NEVER:
        return bool(looks["seen"])
    s = world.feeds[f]["sensor"]
    end_s = state.objects[i]["path_end_s"]
    n = last_look_at(world, state, f, i, max(looks["start_s"], state.objects[i]["origin_s"]))
    t_s = look_time_s(world, state, f, i, n)
    while t_s <= end_s:
        if in_view(world, state, s, i, t_s) >= 0.0:
            return True
        n += 1
        t_s = look_time_s(world, state, f, i, n)
    return False


@kernel
def next_hit_s(world: World, state: State, f: int, i: int, after_s: float, hits: int) -> float:
    """Time of the `hits`-th hit of feed `f` after `after_s`, or NEVER."""
    n = last_look_at(world, state, f, i, after_s) + 1
    end_s = state.objects[i]["path_end_s"]
    t_s = look_time_s(world, state, f, i, n)
    while t_s <= end_s:
        if look(world, state, f, i, n, t_s) & HIT:
            hits -= 1
            if hits <= 0:
                return t_s
        n += 1
        t_s = look_time_s(world, state, f, i, n)
    return NEVER
