"""LAUNCH: an engagement begins, or a later round of its salvo leaves.

A channel is taken at the first launch. A salvo is cut to the rounds, missile controls and reserve that there are; `launch_interval`
separates all launches of a unit. What becomes of a round is known at launch if the target lives: it meets the target, or never does,
or the engagement radar loses the target first.
"""

from __future__ import annotations

from typing import Any

from openiads.codes import EngagementEnd, EventKind, LogCode
from openiads.engine.agenda import leave_waiting, wake_object, wake_post
from openiads.engine.handlers.reload import spend_round
from openiads.engine.queue import push
from openiads.kernel import inlined, kernel
from openiads.models.command.choice import note_service, rounds_free, salvo_rounds
from openiads.models.interceptor.envelope import launch_windows, next_launch_s
from openiads.models.interceptor.flyout import intercept
from openiads.models.interceptor.kill import launch_fails, p_kill
from openiads.models.radar.look import in_view
from openiads.models.tracking.machine import drop_before, tracked_at
from openiads.models.tracking.picture import keep_track
from openiads.state.arrays import State, World
from openiads.state.layout import (
    FATE_INTERCEPT,
    FATE_LAUNCH_FAILED,
    FATE_NO_INTERCEPT,
    FATE_TRACK_LOST,
    NEVER,
    OVERFLOW_ENGAGEMENTS,
    OVERFLOW_SHOTS,
    PHASE_ENGAGED,
)
from openiads.state.log import log_row

_ASSESS = int(EventKind.ASSESS)
_INTERCEPT = int(EventKind.INTERCEPT)
_LAUNCH = int(EventKind.LAUNCH)
_LAUNCHED = int(LogCode.LAUNCHED)
_LAUNCH_FAILED = int(LogCode.LAUNCH_FAILED)
_OPEN = int(EngagementEnd.OPEN)
_FAILED = int(EngagementEnd.LAUNCH_FAILED)
_TRACK_LOST = int(EngagementEnd.TRACK_LOST)
_RADAR_LOST = int(EngagementEnd.RADAR_LOST)


@kernel
def launch_salvo(world: World, state: State, q: int, i: int, m: int) -> None:
    """Post `q` engages object `i` from magazine `m` now."""
    cursor = state.cursor[0]
    now_s = cursor["now_s"]
    e = cursor["engagement_count"]
    if e >= state.engagements.shape[0]:
        cursor["overflow"] = OVERFLOW_ENGAGEMENTS
        return
    cursor["engagement_count"] = e + 1
    u = world.magazines[m]["unit"]
    unit, unit_now = world.units[u], state.units[u]
    designation = state.designations[i, q]
    rounds = salvo_rounds(world, q, i, designation["salvos"])
    rounds = min(rounds, rounds_free(world, state, q, i, m), unit["missiles_guided"] - unit_now["missiles_in_flight"])
    take_channel(world, state, u, e)
    engagement = state.engagements[e]
    engagement["object"], engagement["post"], engagement["unit"], engagement["magazine"] = i, q, u, m
    engagement["salvo"] = state.objects[i]["salvos"]
    engagement["planned"], engagement["launched"], engagement["flying"] = rounds, 0, 0
    engagement["launch_s"], engagement["end_s"], engagement["last_intercept_s"] = now_s, NEVER, now_s
    engagement["result"], engagement["called_killed"] = 0, 0
    state.objects[i]["salvos"] += 1
    designation["salvos"] += 1
    leave_waiting(state, q, i, PHASE_ENGAGED)
    wake_object(world, state, q, i, NEVER)
    timeline = state.timeline[i]
    timeline["first_launch_s"] = min(timeline["first_launch_s"], now_s)
    timeline["last_engagement"] = e
    unit_now["next_launch_s"] = now_s + rounds * unit["launch_interval_s"]
    if unit["launch_interval_s"] > 0.0:
        wake_post(world, state, q, unit_now["next_launch_s"])
        for k in range(1, rounds):
            push(state, now_s + k * unit["launch_interval_s"], _LAUNCH, e)
        launch_round(world, state, e)
    else:
        for _ in range(rounds):
            launch_round(world, state, e)


@kernel
def take_channel(world: World, state: State, u: int, e: int) -> None:
    """Engagement `e` takes the lowest free channel of unit `u`."""
    count_channel_time(state, u)
    unit_now = state.units[u]
    channel = 0
    while channel < 62 and (unit_now["channels"] >> channel) & 1:
        channel += 1
    if channel < 62:
        unit_now["channels"] |= 1 << channel
    unit_now["busy_channels"] += 1
    unit_now["peak_channels"] = max(unit_now["peak_channels"], unit_now["busy_channels"])
    state.engagements[e]["channel"] = channel
    note_service(world, state, u)


@kernel
def count_channel_time(state: State, u: int) -> None:
    """Bring the integral of busy channels of unit `u` up to now."""
    unit_now = state.units[u]
    now_s = state.cursor[0]["now_s"]
    unit_now["channel_seconds"] += unit_now["busy_channels"] * (now_s - unit_now["changed_s"])
    unit_now["changed_s"] = now_s


@kernel
def launch_round(world: World, state: State, e: int) -> None:
    """One round of engagement `e` leaves now."""
    cursor = state.cursor[0]
    now_s = cursor["now_s"]
    shot = cursor["shot_count"]
    if shot >= state.shots.shape[0]:
        cursor["overflow"] = OVERFLOW_SHOTS
        return
    cursor["shot_count"] = shot + 1
    engagement = state.engagements[e]
    i, m, u = engagement["object"], engagement["magazine"], engagement["unit"]
    ordinal = state.objects[i]["shots"]
    state.objects[i]["shots"] = ordinal + 1
    engagement["launched"] += 1
    row = state.shots[shot]
    row["engagement"], row["ordinal"], row["launch_s"], row["result"], row["range_m"] = e, ordinal, now_s, 0, 0.0
    spend_round(world, state, m)
    if launch_fails(world, state, i, m, ordinal):
        row["fate"], row["result"], row["end_s"], row["p_kill"] = FATE_LAUNCH_FAILED, _FAILED, now_s, 0.0
        log_row(state, now_s, _LAUNCH_FAILED, u, i, e, float(m))
        if engagement["result"] == 0:
            engagement["result"] = _FAILED
        if engagement["launched"] >= engagement["planned"] and engagement["flying"] == 0:
            finish(world, state, e)
        return
    f = world.units[u]["fire_control_feed"]
    remote = f >= 0 and state.objects[i]["end_s"] >= NEVER and not tracked_at(world, state, f, i, now_s)
    row["remote"] = remote
    row["p_kill"] = p_kill(world, state, i, m, remote)
    row["fate"], row["end_s"], row["range_m"] = fate(world, state, i, m, now_s, remote)
    engagement["flying"] += 1
    state.units[u]["missiles_in_flight"] += 1
    note_service(world, state, u)
    log_row(state, now_s, _LAUNCHED, u, i, e, float(m))
    push(state, row["end_s"], _INTERCEPT, shot)


@kernel
def fate(world: World, state: State, i: int, m: int, launch_s: float, remote: bool) -> tuple[int, float, float]:
    """(fate, its time, range at intercept) of a round of magazine `m` launched at object `i`, if the object lives.

    A round at a dead target, which is believed alive, flies to where it would be; no radar can lose that.
    """
    intercept_s, range_m = intercept(world, state, i, m, launch_s)
    longest_s = world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]["far_flight_s"]
    end_s = intercept_s if intercept_s < NEVER else launch_s + longest_s
    f, alive = world.units[world.magazines[m]["unit"]]["fire_control_feed"], state.objects[i]["end_s"] >= NEVER
    if f >= 0 and alive and not remote and world.weapons[world.magazines[m]["weapon"]]["needs_radar_until_intercept"]:
        lost_s = drop_before(world, state, f, i, end_s)
        if lost_s < end_s:
            return FATE_TRACK_LOST, lost_s, 0.0
        if intercept_s < NEVER and in_view(world, state, world.feeds[f]["sensor"], i, intercept_s) < 0.0:
            return FATE_TRACK_LOST, end_s, 0.0
    if intercept_s < NEVER:
        return FATE_INTERCEPT, end_s, range_m
    return FATE_NO_INTERCEPT, end_s, 0.0


@kernel
def on_launch(world: World, state: State, e: int) -> None:
    """A later round of a salvo: it leaves if there is still a round, a track and a predicted intercept; else it stays."""
    engagement = state.engagements[e]
    if engagement["end_s"] < NEVER:
        return
    now_s = state.cursor[0]["now_s"]
    i, m, u, q = engagement["object"], engagement["magazine"], engagement["unit"], engagement["post"]
    f = world.units[u]["fire_control_feed"]
    keep_track(world, state, world.posts[q]["picture"], i, now_s)
    launch_windows(world, state, q, i, world.units[u]["bit"])
    may = state.units[u]["alive"] and rounds_free(world, state, q, i, m) > 0 and next_launch_s(state.pairs[i, m], now_s) <= now_s
    if may and f >= 0 and not world.weapons[world.magazines[m]["weapon"]]["launch_on_remote"]:
        dead_before = state.objects[i]["end_s"] <= engagement["launch_s"]
        may = dead_before or tracked_at(world, state, f, i, now_s)
    if may:
        launch_round(world, state, e)
        return
    engagement["planned"] -= 1
    if engagement["launched"] >= engagement["planned"] and engagement["flying"] == 0:
        finish(world, state, e)


@kernel
def finish(world: World, state: State, e: int) -> None:
    """Every round of engagement `e` has had its end: schedule the assessment, or end at once when there is nothing to assess."""
    engagement = state.engagements[e]
    now_s = state.cursor[0]["now_s"]
    assess_s = engagement["last_intercept_s"] + world.units[engagement["unit"]]["assessment_time_s"]
    if nothing_to_assess(engagement):
        assess_s = now_s
    push(state, max(assess_s, now_s), _ASSESS, e)


@inlined
def nothing_to_assess(engagement: Any) -> bool:
    """Whether no round of an engagement came to its target, which everybody sees: launches failed, or the track was lost."""
    result = engagement["result"]
    return bool((result == _OPEN) | (result == _FAILED) | (result == _TRACK_LOST) | (result == _RADAR_LOST))
