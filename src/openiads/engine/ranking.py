"""The order in which a post serves the objects that wait: least time to go first.

Ties go to the more valuable presumed aim, then to the first object. The candidates of one pass are put into a heap once and taken out
one after another.
"""

from __future__ import annotations

from typing import Any

from openiads.engine.agenda import wake_object
from openiads.kernel import inlined, kernel
from openiads.models.command.choice import unit_bit
from openiads.models.interceptor.envelope import next_launch_s
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER


@inlined
def _before(a: Any, b: Any) -> bool:
    """Whether row `a` is served before row `b`."""
    if a["arrival_s"] != b["arrival_s"]:
        return bool(a["arrival_s"] < b["arrival_s"])
    if a["value"] != b["value"]:
        return bool(a["value"] > b["value"])
    return bool(a["object"] < b["object"])


@inlined
def _swap(a: Any, b: Any) -> None:
    """Exchange two rows."""
    a["arrival_s"], b["arrival_s"] = b["arrival_s"], a["arrival_s"]
    a["value"], b["value"] = b["value"], a["value"]
    a["object"], b["object"] = b["object"], a["object"]


@kernel
def line_up(world: World, state: State, q: int, free: int) -> int:
    """Rank the waiting objects of post `q` that were never tried or lacked what a unit in `free` (bits) has; returns their number."""
    queue = state.queue
    count = 0
    for place in range(state.posts[q]["waiting_count"]):
        i = state.waiting[q, place]["object"]
        designation = state.designations[i, q]
        lacked = designation["blocked"] & free or (designation["later"] & free and comes_into_reach(world, state, q, i, free))
        if designation["tried"] > 0 and not lacked:
            continue
        estimate = state.estimates[i]
        aim = estimate["presumed_aim"]
        row = queue[count]
        row["arrival_s"] = estimate["arrival_s"] if aim >= 0 else NEVER
        row["value"] = world.assets[aim]["value"] if aim >= 0 else 0.0
        row["object"] = i
        count += 1
    for k in range((count >> 1) - 1, -1, -1):
        _sink(state, k, count)
    return count


@kernel
def comes_into_reach(world: World, state: State, q: int, i: int, free: int) -> bool:
    """Whether object `i` is now in reach of a unit in `free` that lacked something before it was; if it will be later, it wakes then."""
    now_s = state.cursor[0]["now_s"]
    post, designation = world.posts[q], state.designations[i, q]
    if now_s >= state.estimates[i]["valid_to_s"]:
        return True
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        if designation["later"] & free & unit_bit(world, u):
            unit = world.units[u]
            for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
                launch_s = next_launch_s(state.pairs[i, m], now_s)
                if launch_s <= now_s:
                    return True
                if launch_s < designation["wake_s"]:
                    wake_object(world, state, q, i, launch_s)
    designation["later"] &= ~free
    return False


@kernel
def take_first(state: State, count: int) -> int:
    """The best-ranked of the first `count` rows; it is replaced by the last of them."""
    first = state.queue[0]["object"]
    _swap(state.queue[0], state.queue[count - 1])
    _sink(state, 0, count - 1)
    return int(first)


@kernel
def _sink(state: State, k: int, count: int) -> None:
    """Let row `k` sink to its place."""
    queue = state.queue
    while 2 * k + 1 < count:
        child = 2 * k + 1
        if child + 1 < count and _before(queue[child + 1], queue[child]):
            child += 1
        if not _before(queue[child], queue[k]):
            return
        _swap(queue[child], queue[k])
        k = child
