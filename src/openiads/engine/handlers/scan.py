"""SCAN: a picture gets a track; or, where every look is an event, one look."""

from __future__ import annotations

from openiads.codes import EventKind, LogCode
from openiads.engine.agenda import wake_object, wake_post
from openiads.engine.designation import adopt_track, settle
from openiads.engine.queue import push
from openiads.kernel import kernel
from openiads.models.radar.look import last_look_at, look, look_time_s
from openiads.models.tracking.machine import seek
from openiads.models.tracking.picture import next_track
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER, WANTS_TRACK
from openiads.state.log import log_row

_SCAN = int(EventKind.SCAN)
_LOOK = int(LogCode.LOOK)


@kernel
def on_scan(world: World, state: State, subject: int) -> None:
    """Either a track of object subject % n in picture subject // n, or the looks of feed subject // n - n_pictures at it."""
    n = world.objects.shape[0]
    owner, i = subject // n, subject % n
    if owner >= world.pictures.shape[0]:
        on_look(world, state, owner - world.pictures.shape[0], i)
        return
    now_s = state.cursor[0]["now_s"]
    if state.objects[i]["end_s"] <= now_s or state.tracks[owner, i]["firm_s"] < NEVER:
        return
    firm_s, f = next_track(world, state, owner, i, now_s)
    if firm_s <= now_s:
        adopt_track(world, state, owner, i, firm_s, f)


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
    confirm_s = seek(world, state, f, i, now_s)
    if confirm_s <= now_s and was_s >= NEVER:
        if state.tracks[p, i]["firm_s"] >= NEVER:
            push(state, confirm_s + world.feeds[f]["delay_s"], _SCAN, p * world.objects.shape[0] + i)
        u = world.feeds[f]["unit"]
        if u >= 0:
            q = world.units[u]["post"]
            if state.unit_objects[i, u]["gates"] & WANTS_TRACK and state.designations[i, q]["ready_s"] <= now_s:
                wake_object(world, state, q, i, now_s)
    for q in range(world.posts.shape[0]):
        wake_post(world, state, q, now_s)
    next_s = max(look_time_s(world, state, f, i, k + 1), looks["start_s"])
    if next_s <= state.objects[i]["path_end_s"]:
        push(state, next_s, _SCAN, (world.pictures.shape[0] + f) * world.objects.shape[0] + i)
