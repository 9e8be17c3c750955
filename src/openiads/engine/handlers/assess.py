"""ASSESS: the channel is released and the post decides what it believes about the target.

Called killed: not engageable until `reopen_hits` further hits, or never. Called alive: eligible at once, reaction not paid again.
The belief may be wrong both ways, with the doctrine's `p_false_alive` and `p_false_kill` per salvo, unless there was nothing to assess.
A track that nobody holds any more lives on for the decision that follows, so that a dead target that is called alive can be shot at again.
"""

from __future__ import annotations

from openiads.codes import LogCode, ObjectStatus, Process
from openiads.engine.agenda import leave_waiting, wake_post
from openiads.engine.audit import forget_gates
from openiads.engine.designation import release_track
from openiads.engine.handlers.decide import queue_up, watch_closed
from openiads.engine.handlers.launch import count_channel_time, nothing_to_assess
from openiads.kernel import kernel
from openiads.models.command.choice import fire_is_over, note_service
from openiads.models.tracking.machine import next_hit_s
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER, PHASE_CLOSED, PHASE_NONE
from openiads.state.log import log_row
from openiads.state.rng import u01

_ASSESSMENT = int(Process.ASSESSMENT)
_KILLED = int(ObjectStatus.KILLED)
_ALIVE = int(ObjectStatus.ALIVE)
_CALLED_KILLED = int(LogCode.CALLED_KILLED)
_CALLED_ALIVE = int(LogCode.CALLED_ALIVE)


@kernel
def on_assess(world: World, state: State, e: int) -> None:
    """Engagement `e` is over."""
    now_s = state.cursor[0]["now_s"]
    engagement = state.engagements[e]
    q, i, u = engagement["post"], engagement["object"], engagement["unit"]
    engagement["end_s"] = now_s
    count_channel_time(state, u)
    unit_now = state.units[u]
    unit_now["busy_channels"] -= 1
    note_service(world, state, u)
    if engagement["channel"] < 62:
        unit_now["channels"] &= ~(1 << engagement["channel"])
    if state.posts[q]["waiting_count"] > 0:
        wake_post(world, state, q, now_s)
    forget_gates(world, state, i)
    status = state.objects[i]["status"]
    if status != _ALIVE and status != _KILLED:
        leave_waiting(state, q, i, PHASE_NONE)  # it has leaked
        return
    killed = called_killed(world, state, e)
    engagement["called_killed"] = killed
    log_row(state, now_s, _CALLED_KILLED if killed else _CALLED_ALIVE, u, i, e, 0.0)
    timeline = state.timeline[i]
    timeline["last_end_s"] = now_s
    p, designation = world.posts[q]["picture"], state.designations[i, q]
    designation["phase"], designation["reopen_s"], designation["wants"] = PHASE_CLOSED, NEVER, 0
    over = fire_is_over(world, state, q, i)
    if not release_track(world, state, p, i, not killed and not over) or over or (killed and status == _KILLED):
        return
    if not killed:
        queue_up(world, state, q, i)
        return
    hits = world.doctrines[world.posts[q]["doctrine"]]["reopen_hits"]
    if hits >= 0:
        designation["reopen_s"] = next_hit_s(world, state, state.tracks[p, i]["feed"], i, now_s, hits)
    watch_closed(world, state, q, i)


@kernel
def called_killed(world: World, state: State, e: int) -> bool:
    """What the post believes about the target of engagement `e`."""
    engagement = state.engagements[e]
    i = engagement["object"]
    doctrine = world.doctrines[world.posts[engagement["post"]]["doctrine"]]
    dead = state.objects[i]["status"] == _KILLED
    p_wrong = doctrine["p_false_alive"] if dead else doctrine["p_false_kill"]
    if p_wrong <= 0.0 or nothing_to_assess(engagement):
        return bool(dead)
    cursor = state.cursor[0]
    wrong = u01(cursor["seed"], cursor["replication"], _ASSESSMENT, world.objects[i]["key"], 0, engagement["salvo"]) < p_wrong
    return bool(dead != wrong)
