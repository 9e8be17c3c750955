"""INTERCEPT: a round meets its target, or its flight ends without."""

from __future__ import annotations

from openiads.codes import EngagementEnd, LogCode, ObjectStatus
from openiads.engine.agenda import wake_post
from openiads.engine.designation import note_end
from openiads.engine.handlers.launch import finish
from openiads.kernel import kernel
from openiads.models.command.choice import note_service
from openiads.models.interceptor.kill import kills
from openiads.state.arrays import State, World
from openiads.state.layout import FATE_INTERCEPT, FATE_RADAR_LOST, FATE_TRACK_LOST
from openiads.state.log import log_row

_ALIVE = int(ObjectStatus.ALIVE)
_KILLED = int(ObjectStatus.KILLED)
_END_KILLED = int(EngagementEnd.KILLED)
_END_MISSED = int(EngagementEnd.MISSED)
_END_WASTED = int(EngagementEnd.WASTED)
_END_NO_INTERCEPT = int(EngagementEnd.NO_INTERCEPT)
_END_TRACK_LOST = int(EngagementEnd.TRACK_LOST)
_END_RADAR_LOST = int(EngagementEnd.RADAR_LOST)
_END_OPEN = int(EngagementEnd.OPEN)
_LOG_KILLED = int(LogCode.KILLED)
_LOG_MISSED = int(LogCode.MISSED)
_LOG_WASTED = int(LogCode.WASTED)
_LOG_NO_INTERCEPT = int(LogCode.NO_INTERCEPT)
_LOG_TRACK_LOST = int(LogCode.TRACK_LOST)
_LOG_RADAR_LOST = int(LogCode.RADAR_LOST)


@kernel
def on_intercept(world: World, state: State, shot: int) -> None:
    """Shot `shot` ends now; true death releases nothing."""
    now_s = state.cursor[0]["now_s"]
    row = state.shots[shot]
    e = row["engagement"]
    if row["result"] != _END_OPEN or row["end_s"] != now_s:
        return  # its radar has changed since this was foreseen
    engagement = state.engagements[e]
    i, u, q = engagement["object"], engagement["unit"], engagement["post"]
    unit_now = state.units[u]
    if unit_now["missiles_in_flight"] == world.units[u]["missiles_guided"] and state.posts[q]["waiting_count"] > 0:
        wake_post(world, state, q, now_s)
    unit_now["missiles_in_flight"] -= 1
    note_service(world, state, u)
    engagement["flying"] -= 1
    end = outcome(world, state, shot)
    dead = state.objects[i]["status"] == _KILLED
    row["result"] = _END_WASTED if dead and end in (_END_TRACK_LOST, _END_RADAR_LOST) else end  # there was nothing left to track
    if engagement["result"] != _END_KILLED:
        engagement["result"] = end  # a lost track ends the engagement, dead target or not
    engagement["last_intercept_s"] = now_s
    log_row(state, now_s, log_code(row["result"]), u, i, e, row["range_m"])
    if row["result"] == _END_KILLED:
        end_object(world, state, i, _KILLED)
    if engagement["flying"] == 0 and engagement["launched"] >= engagement["planned"]:
        finish(world, state, e)


@kernel
def outcome(world: World, state: State, shot: int) -> int:
    """The end of a shot (codes.EngagementEnd)."""
    row = state.shots[shot]
    if row["fate"] == FATE_TRACK_LOST:
        return _END_TRACK_LOST
    if row["fate"] == FATE_RADAR_LOST:
        return _END_RADAR_LOST
    if state.objects[state.engagements[row["engagement"]]["object"]]["status"] == _KILLED:
        return _END_WASTED
    if row["fate"] != FATE_INTERCEPT:
        return _END_NO_INTERCEPT
    return _END_KILLED if kills(world, state, shot) else _END_MISSED


@kernel
def log_code(result: int) -> int:
    """The log code of the end of a shot."""
    if result == _END_KILLED:
        return _LOG_KILLED
    if result == _END_MISSED:
        return _LOG_MISSED
    if result == _END_WASTED:
        return _LOG_WASTED
    if result == _END_NO_INTERCEPT:
        return _LOG_NO_INTERCEPT
    if result == _END_RADAR_LOST:
        return _LOG_RADAR_LOST
    return _LOG_TRACK_LOST


@kernel
def end_object(world: World, state: State, i: int, status: int) -> None:
    """Object `i` ends now."""
    now = state.objects[i]
    if now["status"] != _ALIVE:
        return
    now["status"] = status
    now["end_s"] = state.cursor[0]["now_s"]
    state.cursor[0]["alive_count"] -= 1
    if world.settings[0]["limited"]:
        note_end(world, state, i)
