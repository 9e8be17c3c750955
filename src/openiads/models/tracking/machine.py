"""The track machine of one feed (radar to picture) and one object: M hits in N looks confirm, K misses in a row drop.

The machine is moved on only when somebody asks. While there is no track it goes forward look by look (`seek`); it may run ahead of
the clock, because nothing but the radar and the path decides, and it passes over hits that cannot be among M in N. While there is a
track it looks for a run of K misses the way one searches a text for a word: it tests the last place that a run could reach and jumps
on at the first hit (`hold`). Neither can change the story, since every look is a pure function of its index; the tests compare with an
event for every look.

Not modelled: association, since a hit of an object always counts for its own track, and false alarms.
Reference: M-of-N confirmation as in S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999), ch. 6.
"""

from __future__ import annotations

import math

from openiads.kernel import inlined, kernel
from openiads.models.radar.look import (
    LIKELY,
    best_chance,
    bound_chance,
    first_possible,
    first_view_s,
    in_view,
    last_look_at,
    look,
    look_time_s,
    possible_looks,
    surely_hits,
)
from openiads.state.arrays import State, World
from openiads.state.layout import DROPPED, HIT, NEVER, TRACKED, VIEWED
from openiads.state.rng import BITS

#: Looks until bounds on the chance of detection are worth their cost; more looks than a run can have.
_PATIENCE, _NO_BOUND = 4, 1 << 40
#: Bits of a word that are used, and the widest window whose hits are counted in them.
MOST_BITS, _WIDEST = 60, 24
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
        looks["start_s"] = first_view_s(world, state, s, i, from_s, NEVER)
        looks["last_look"] = -1
        note_begun(state, f, i)
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
    note_begun(state, f, i)


@inlined
def note_begun(state: State, f: int, i: int) -> None:
    """Keep where the machine of feed `f` for object `i` stands, if some radar may change."""
    if state.begun.shape[0] > 0:
        state.begun[i, f]["look"], state.begun[i, f]["history"] = state.looks[i, f]["last_look"], state.looks[i, f]["history"]


@kernel
def searching(world: World, state: State, f: int, i: int) -> bool:
    """Whether the machine is moved on by whoever asks and has no track; carries out an order to begin."""
    looks = state.looks[i, f]
    if looks["last_look"] == _ORDERED and looks["start_s"] < NEVER:
        start_feed(world, state, f, i, looks["start_s"])
    if NEVER > looks["confirm_s"] >= state.objects[i]["end_s"]:  # foreseen before the object died
        looks["confirm_s"] = looks["start_s"] = NEVER
    return bool(looks["confirm_s"] >= NEVER and looks["start_s"] < NEVER and not world.feeds[f]["limited"])  # those have events


@kernel
def catch_up(world: World, state: State, f: int, i: int, t_s: float) -> None:
    """The radar of feed `f` is about to change at `t_s`: take its machine for object `i` there, without what it has foreseen beyond.

    A machine without a track goes back to where it was taken last time, or began, and on from there.
    """
    looks, s = state.looks[i, f], world.feeds[f]["sensor"]
    sensor = world.sensors[s]
    looks["sure_to"] = looks["sure_from"]
    if world.feeds[f]["limited"] or looks["start_s"] >= NEVER or looks["last_look"] == _ORDERED or looks["confirm_s"] <= t_s:
        return
    if sensor["continuous"] and looks["start_s"] > t_s:
        start_feed(world, state, f, i, t_s)
        return
    looks["last_look"], looks["history"], looks["confirm_s"] = state.begun[i, f]["look"], state.begun[i, f]["history"], NEVER
    if not looks["seen"] & DROPPED:
        looks["seen"] &= ~(VIEWED | HIT | TRACKED)
    if state.sensors[s]["blind_s"] >= NEVER:
        seek(world, state, f, i, t_s)
    else:  # all its looks since then have missed
        skip = max(last_look_at(world, state, f, i, t_s) - looks["last_look"], 0)
        looks["last_look"] += skip
        looks["history"] = (looks["history"] << min(skip, sensor["confirm_window"])) & ((1 << sensor["confirm_window"]) - 1)
    note_begun(state, f, i)


@kernel
def seek(world: World, state: State, f: int, i: int, limit_s: float) -> float:
    """Look on until the machine confirms or the next look is later than `limit_s`; returns the time of confirmation or NEVER."""
    looks = state.looks[i, f]
    if not searching(world, state, f, i):
        return float(looks["confirm_s"])
    s, now = world.feeds[f]["sensor"], state.objects[i]
    sensor = world.sensors[s]
    stop_s = min(limit_s, now["path_end_s"], state.sensors[s]["blind_s"])  # when it is repaired, the search goes on
    if world.settings[0]["culling"] and not sensor["continuous"]:
        stop_s = min(stop_s, now["origin_s"] + now["scale"] * world.sensor_windows[i, s]["to_s"])
    needed, width = (1, 1) if sensor["continuous"] else (sensor["confirm_hits"], sensor["confirm_window"])
    window = (1 << width) - 1
    n, history = looks["last_look"] + 1, looks["history"]
    patience = 0 if looks["seen"] and history == 0 else _PATIENCE
    bound_from = n + patience if world.settings[0]["culling"] and width <= _WIDEST else n + _NO_BOUND
    beyond, best, known, possible = n, 1.0, n, 0
    t_s = look_time_s(world, state, f, i, n)
    while t_s <= stop_s:
        if n >= bound_from:
            if n >= beyond:
                beyond, best = best_chance(world, state, f, i, n, t_s)
            if best <= LIKELY:
                if n >= known:
                    known = min(beyond, n + MOST_BITS - 2 * (width - 1))
                    possible = possible_looks(world, state, f, i, n, best)
                skip = first_useful(possible, known - n, history, needed, width)
                if skip > 0:
                    possible >>= skip
                    history = (history << min(skip, width)) & window
                    n += skip
                    t_s = look_time_s(world, state, f, i, n)
                    continue
        outcome = look(world, state, f, i, n, t_s)
        looks["seen"] |= outcome
        history = ((history << 1) | ((outcome & HIT) >> 1)) & window
        n, possible = n + 1, possible >> 1
        if outcome & HIT and ones(history) >= needed:
            looks["confirm_s"], looks["seen"] = t_s, looks["seen"] | TRACKED
            break
        t_s = look_time_s(world, state, f, i, n)
    looks["history"], looks["last_look"] = history, n - 1
    return float(looks["confirm_s"])


@kernel
def first_useful(possible: int, count: int, history: int, needed: int, width: int) -> int:
    """How many of the next `count` looks, whose bits in `possible` say that they may hit, cannot help to confirm, as if they missed.

    A hit helps if it is in a window of `width` looks with `needed` or more that hit or may. `history` are the hits before, newest
    lowest; all looks after the `count` may hit. Bits are counted side by side, one word for each binary digit of the counts.
    """
    before = width - 1
    row = ((((1 << before) - 1) << count) | (possible & ((1 << count) - 1))) << before
    for k in range(before):
        row |= ((history >> k) & 1) << (before - 1 - k)
    c0, c1, c2, c3, c4 = 0, 0, 0, 0, 0
    for k in range(width):
        x = row >> k
        c0, x = c0 ^ x, c0 & x
        c1, x = c1 ^ x, c1 & x
        c2, x = c2 ^ x, c2 & x
        c3, x = c3 ^ x, c3 & x
        c4 ^= x
    more, equal = 0, -1
    for digits, value in ((c4, 16), (c3, 8), (c2, 4), (c1, 2), (c0, 1)):
        if needed & value:
            equal &= digits
        else:
            more |= equal & digits
            equal &= ~digits
    windows, useful = more | equal, 0
    for k in range(width):
        useful |= windows << k
    useful = ((useful & row) >> before) & ((1 << count) - 1)
    return lowest(useful) if useful else count


@kernel
def lowest(bits: int) -> int:
    """Place of the lowest of the bits set, of which there must be one."""
    place, step = 0, 32
    while step:
        if not bits & ((1 << step) - 1):
            bits >>= step
            place += step
        step >>= 1
    return place


@kernel
def search_hit(world: World, state: State, f: int, i: int, n: int, stop_s: float) -> tuple[int, float]:
    """The first look from `n` on that detects: (index, time), or (-1, NEVER) if there is none up to `stop_s`."""
    beyond, best = n, 1.0
    t_s = look_time_s(world, state, f, i, n)
    while t_s <= stop_s:
        if n >= beyond:
            beyond, best = best_chance(world, state, f, i, n, t_s)
        possible = first_possible(world, state, f, i, n, beyond, best)
        if possible == n:
            outcome = look(world, state, f, i, n, t_s)
            state.looks[i, f]["seen"] |= outcome
            if outcome & HIT:
                return n, t_s
            possible += 1
        n = possible
        t_s = look_time_s(world, state, f, i, n)
    return -1, NEVER


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
    note_begun(state, f, i)
    looks["confirm_s"] = NEVER
    looks["seen"] |= DROPPED
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
def sense(world: World, state: State, f: int, i: int) -> None:
    """Find out whether any look of feed `f` ever detected object `i`, or had it in view: LOOKS `seen`. Its flight must be over."""
    looks = state.looks[i, f]
    if looks["seen"] & HIT or looks["start_s"] >= NEVER:
        return
    end_s = min(state.objects[i]["path_end_s"], state.sensors[world.feeds[f]["sensor"]]["blind_s"])
    first = last_look_at(world, state, f, i, max(looks["start_s"], state.objects[i]["origin_s"]))
    n, _ = search_hit(world, state, f, i, first, end_s)
    if n >= 0 or looks["seen"] & VIEWED:
        return
    n = first
    t_s = look_time_s(world, state, f, i, n)
    while t_s <= end_s:
        if in_view(world, state, world.feeds[f]["sensor"], i, t_s) >= 0.0:
            looks["seen"] |= VIEWED
            return
        n += 1
        t_s = look_time_s(world, state, f, i, n)


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
