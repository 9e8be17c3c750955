"""The order in which a post serves the objects that wait: least time to go first.

Ties go to the more valuable presumed aim, then to the first object.
"""

from __future__ import annotations

from typing import Any

from openiads.engine.agenda import note_waiting, wake_object
from openiads.kernel import inlined, kernel
from openiads.models.interceptor.envelope import launch_windows, next_launch_s
from openiads.state.arrays import State, World


@inlined
def _before(a: Any, b: Any) -> bool:
    """Whether row `a` of a waiting list is served before row `b`."""
    if a["arrival_s"] != b["arrival_s"]:
        return bool(a["arrival_s"] < b["arrival_s"])
    if a["value"] != b["value"]:
        return bool(a["value"] > b["value"])
    return bool(a["object"] < b["object"])


@kernel
def most_urgent(world: World, state: State, q: int, free: int) -> int:
    """The first of the waiting objects of post `q` that a unit in `free` (bits) may serve and that this pass has not tried; else -1."""
    waiting, best, post = state.waiting, -1, state.posts[q]
    if not free & ~post["offered"]:  # only newcomers have not been tried with these units
        newcomer = state.designations[post["newcomer"], q]
        if not free or post["newcomers"] == 0:
            return -1
        if post["newcomers"] == 1 and newcomer["waiting"] >= 0 and newcomer["tried"] == 0:
            return int(post["newcomer"])
    for place in range(state.posts[q]["waiting_count"]):
        row = waiting[q, place]
        if row["lacks"] & free and (best < 0 or _before(row, waiting[q, best])) and may_be_served(world, state, q, row["object"], free):
            best = place
    return int(waiting[q, best]["object"]) if best >= 0 else -1


@kernel
def may_be_served(world: World, state: State, q: int, i: int, free: int) -> bool:
    """Whether object `i` was never tried, or lacked what a unit in `free` has now."""
    designation = state.designations[i, q]
    if designation["tried"] == 0:
        return True
    if designation["tried"] == state.posts[q]["passes"]:
        return False
    return bool(designation["blocked"] & free) or (designation["later"] & free and comes_into_reach(world, state, q, i, free))


@kernel
def comes_into_reach(world: World, state: State, q: int, i: int, free: int) -> bool:
    """Whether object `i` is now in reach of a unit in `free` that lacked something before it was; if it will be later, it wakes then."""
    now_s = state.cursor[0]["now_s"]
    post, designation = world.posts[q], state.designations[i, q]
    if now_s >= state.estimates[i]["valid_to_s"]:
        return True
    launch_windows(world, state, q, i, designation["later"] & free)
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        if designation["later"] & free & world.units[u]["bit"]:
            unit = world.units[u]
            for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
                launch_s = next_launch_s(state.pairs[i, m], now_s)
                if launch_s <= now_s:
                    return True
                if launch_s < designation["wake_s"]:
                    wake_object(world, state, q, i, launch_s)
    designation["later"] &= ~free
    note_waiting(state, q, i)
    return False
