"""SCAN: a picture gets a track; a track changes at a radar that can be full; or, where every look is an event, one look."""

from __future__ import annotations

from openiads.codes import EventKind, LogCode
from openiads.engine.agenda import free_place, look_at_shut_out, plan_change, shut_out_before, wake_object, wake_post
from openiads.engine.designation import adopt_track, engaged, identify, settle, watch_track
from openiads.engine.queue import push
from openiads.kernel import kernel
from openiads.models.radar.look import last_look_at, look, look_time_s
from openiads.models.tracking.capacity import leave_place, note_shut_out, take_place, time_to_go_end_s
from openiads.models.tracking.machine import seek
from openiads.models.tracking.picture import next_track
from openiads.state.arrays import State, World
from openiads.state.layout import CHANGE_CONFIRM, CHANGE_HIT, NEVER, NO_PLACE, TRACKED
from openiads.state.log import log_row

_SCAN = int(EventKind.SCAN)
_LOOK = int(LogCode.LOOK)


@kernel
def on_scan(world: World, state: State, subject: int) -> None:
    """Either a track of object subject % n in picture subject // n, or the looks of feed subject // n - n_pictures at it."""
    n = world.objects.shape[0]
    owner, i = subject // n, subject % n
    now_s = state.cursor[0]["now_s"]
    if owner >= world.pictures.shape[0]:
        f = owner - world.pictures.shape[0]
        if not world.feeds[f]["limited"]:
            on_look(world, state, f, i)
        elif state.held[i, f]["change_s"] == now_s:
            on_change(world, state, f, i)
        return
    if state.tracks[owner, i]["firm_s"] < NEVER:
        if settle(world, state, owner, i, now_s) and world.pictures[owner]["limited"] and state.tracks[owner, i]["drops_s"] < 0.0:
            watch_track(world, state, owner, i)
        return
    if state.objects[i]["end_s"] <= now_s:
        return
    f = state.tracks[owner, i]["feed"]
    firm_s = state.looks[i, f]["confirm_s"] + world.feeds[f]["delay_s"] if f >= 0 else NEVER
    if firm_s != now_s:  # else this is the first confirmation of all, found when it was foreseen
        firm_s, f = next_track(world, state, owner, i, now_s)
    if firm_s <= now_s:
        adopt_track(world, state, owner, i, firm_s, f)
        identify(world, state, owner, i, now_s)


@kernel
def on_change(world: World, state: State, f: int, i: int) -> None:
    """The track of object `i` at a radar that can be full changes: first hit, confirmation, death of a tentative track, or drop."""
    looks, held = state.looks[i, f], state.held[i, f]
    kind = held["kind"]
    looks["last_look"], held["change_s"] = held["look"], NEVER
    held["shut_out"] = 0
    if kind == CHANGE_HIT:
        if find_place(world, state, f, i):
            looks["history"] = 1
            sensor = world.sensors[world.feeds[f]["sensor"]]
            if sensor["continuous"] or sensor["confirm_hits"] <= 1:
                looks["confirm_s"] = state.cursor[0]["now_s"]
                on_confirm(world, state, f, i)
    elif kind == CHANGE_CONFIRM:
        looks["confirm_s"] = state.cursor[0]["now_s"]
        on_confirm(world, state, f, i)
    else:
        free_place(world, state, f, i)
        lose_track(world, state, f, i)
    plan_change(world, state, f, i)


@kernel
def on_confirm(world: World, state: State, f: int, i: int) -> None:
    """Feed `f` has a firm track of object `i` now: its picture hears of it, and a launch may have waited for nothing else."""
    now_s = state.cursor[0]["now_s"]
    p = world.feeds[f]["picture"]
    if state.tracks[p, i]["firm_s"] >= NEVER or world.feeds[f]["limited"]:
        push(state, now_s + world.feeds[f]["delay_s"], _SCAN, p * world.objects.shape[0] + i)
    state.looks[i, f]["seen"] |= TRACKED
    for u in range(world.units.shape[0]):
        if world.units[u]["fire_control_feed"] != f:
            continue
        q = world.units[u]["post"]
        if state.designations[i, q]["wants"] & world.units[u]["bit"] and state.designations[i, q]["ready_s"] <= now_s:
            wake_object(world, state, q, i, now_s)


@kernel
def lose_track(world: World, state: State, f: int, i: int) -> None:
    """The track of object `i`, tentative or firm, is gone from limited feed `f`, and so is its place."""
    looks = state.looks[i, f]
    firm_s = looks["confirm_s"]
    looks["history"], looks["confirm_s"] = 0, NEVER
    if firm_s < NEVER:
        p = world.feeds[f]["picture"]
        held, now_s = state.held[i, f], state.cursor[0]["now_s"]
        held["firm_s"], held["lost_s"] = firm_s, now_s
        held["track_s"] += min(now_s, state.objects[i]["path_end_s"]) - firm_s
        if state.tracks[p, i]["feed"] == f:
            state.tracks[p, i]["drops_s"] = -1.0
        settle(world, state, p, i, now_s)


@kernel
def find_place(world: World, state: State, f: int, i: int) -> bool:
    """Give the track of object `i` a place at the radar of limited feed `f`.

    When it is full the lowest score goes, which may be this; a radar that refuses newcomers gives it none.
    """
    now_s = state.cursor[0]["now_s"]
    s = world.feeds[f]["sensor"]
    count = state.sensors[s]["tracks"]
    if count >= world.sensors[s]["capacity"]:
        worst, worst_feed, worst_s = i, f, time_to_go_end_s(world, state, i, now_s)
        next_worst_s = -NEVER
        for place in range(0 if world.sensors[s]["refuses_newcomers"] else count):
            v, g = state.occupants[s, place]["object"], state.occupants[s, place]["feed"]
            if not engaged(world, state, world.feeds[g]["picture"], v):
                arrival_s = time_to_go_end_s(world, state, v, now_s)
                if arrival_s > worst_s or (arrival_s == worst_s and v > worst):
                    worst, worst_feed, worst_s, next_worst_s = v, g, arrival_s, worst_s
                else:
                    next_worst_s = max(next_worst_s, arrival_s)
        if worst == i:
            note_shut_out(world, state, f, i)
            state.looks[i, f]["seen"] |= NO_PLACE
            return False
        state.looks[worst, worst_feed]["last_look"] = last_look_at(world, state, worst_feed, worst, now_s)
        leave_place(world, state, worst_feed, worst)
        if shut_out_before(world, state, s, next_worst_s):
            look_at_shut_out(world, state, s)
        lose_track(world, state, worst_feed, worst)
        plan_change(world, state, worst_feed, worst)
    take_place(world, state, f, i)
    return True


@kernel
def on_look(world: World, state: State, f: int, i: int) -> None:
    """One look as an event: the track machines of the picture move on, and the next look is scheduled."""
    now_s = state.cursor[0]["now_s"]
    looks = state.looks[i, f]
    if looks["start_s"] >= NEVER or state.objects[i]["end_s"] <= now_s:
        return
    k = last_look_at(world, state, f, i, now_s)
    if state.cursor[0]["record"] and look_time_s(world, state, f, i, k) == now_s:
        log_row(state, now_s, _LOOK, world.feeds[f]["sensor"], i, -1, float(look(world, state, f, i, k, now_s)))
    p = world.feeds[f]["picture"]
    was_s = looks["confirm_s"]
    if state.tracks[p, i]["firm_s"] <= now_s:
        settle(world, state, p, i, now_s)
    if seek(world, state, f, i, now_s) <= now_s and was_s >= NEVER:
        on_confirm(world, state, f, i)
    for q in range(world.posts.shape[0]):
        wake_post(world, state, q, now_s)
    next_s = max(look_time_s(world, state, f, i, k + 1), looks["start_s"])
    if next_s <= state.objects[i]["path_end_s"]:
        push(state, next_s, _SCAN, (world.pictures.shape[0] + f) * world.objects.shape[0] + i)
