"""DECIDE: a post thinks about one object, or gives free channels to the objects that wait for one, highest score first."""

from __future__ import annotations

from openiads.codes import LogCode
from openiads.engine.agenda import enter_waiting, leave_waiting, wake_object, wake_post
from openiads.engine.designation import designate, earliest_launch_s, next_turn_s, settle
from openiads.engine.handlers.launch import launch_salvo
from openiads.engine.ranking import line_up, take_first
from openiads.kernel import kernel
from openiads.models.command.choice import penalty, rounds_free
from openiads.models.command.estimate import refresh_estimate
from openiads.models.interceptor.envelope import launch_windows, next_launch_s
from openiads.models.tracking.machine import seek, tracked_at
from openiads.models.tracking.picture import holder_drops_s
from openiads.state.arrays import State, World
from openiads.state.layout import (
    GATE_CHANNEL,
    GATE_FEASIBLE,
    GATE_ROUND,
    GATE_TRACK,
    NEVER,
    PHASE_CLOSED,
    PHASE_DRY,
    PHASE_READY,
    PHASE_TRACKED,
    PHASE_WAITING,
    WANTS_TRACK,
)
from openiads.state.log import log_row

_WAITS_CHANNEL = int(LogCode.WAITS_FOR_CHANNEL)
_WAITS_MISSILE = int(LogCode.WAITS_FOR_MISSILE)
_REOPENED = int(LogCode.REOPENED)
#: A launch window that opens within this time is open.
_NOW_S = 1e-9


@kernel
def on_decide(world: World, state: State, subject: int) -> None:
    """Subjects are those of `engine.agenda`."""
    n = world.objects.shape[0] + 1
    q, i = subject // n, subject % n
    if i == n - 1:
        serve_waiting(world, state, q)
    elif state.designations[q, i]["wake_s"] == state.cursor[0]["now_s"]:
        think(world, state, q, i)


@kernel
def think(world: World, state: State, q: int, i: int) -> None:
    """Identification is over, or a launch may have become possible."""
    now_s = state.cursor[0]["now_s"]
    designation = state.designations[q, i]
    designation["wake_s"] = NEVER
    if not settle(world, state, world.posts[q]["picture"], i, now_s):
        return
    if designation["wake_s"] < NEVER:
        return  # the track was lost and found again, and the new designation has its own appointment
    if designation["phase"] == PHASE_TRACKED:
        designate(world, state, q, i, now_s)
    elif designation["phase"] == PHASE_CLOSED and now_s < designation["reopen_s"]:
        watch_closed(world, state, q, i)
    elif designation["phase"] == PHASE_CLOSED:
        log_row(state, now_s, _REOPENED, q, i, -1, 0.0)
        queue_up(world, state, q, i)
    elif designation["phase"] == PHASE_READY and now_s < designation["ready_s"]:
        launch_s = earliest_launch_s(world, state, q, i, now_s, designation["ready_s"])
        wake_object(world, state, q, i, min(launch_s, next_turn_s(state, i, now_s)))
    elif designation["phase"] == PHASE_READY or designation["phase"] == PHASE_WAITING or designation["phase"] == PHASE_DRY:
        queue_up(world, state, q, i)


@kernel
def queue_up(world: World, state: State, q: int, i: int) -> None:
    """Object `i` joins those that wait. Where nothing is free it only learns what it lacks; else all are served in order."""
    enter_waiting(state, q, i)
    if free_units(world, state, q) or world.settings[0]["eager"]:
        wake_post(world, state, q, state.cursor[0]["now_s"])
    else:
        state.designations[q, i]["tried"] = state.posts[q]["passes"]
        try_launch(world, state, q, i)


@kernel
def watch_closed(world: World, state: State, q: int, i: int) -> None:
    """A living target that was called killed: it may be engaged again after some hits, or when a new track of it appears."""
    drops_s = holder_drops_s(world, state, world.posts[q]["picture"], i)
    wake_object(world, state, q, i, max(min(state.designations[q, i]["reopen_s"], drops_s), state.cursor[0]["now_s"]))


@kernel
def serve_waiting(world: World, state: State, q: int) -> None:
    """Give what is free to the waiting objects in the order of their scores."""
    now_s = state.cursor[0]["now_s"]
    post = state.posts[q]
    if post["wake_s"] == now_s:
        post["wake_s"] = NEVER
    post["passes"] += 1  # counted from 1: an object that was never tried has 0
    if world.settings[0]["eager"]:
        rouse(world, state, q)
    free = free_units(world, state, q)
    count = line_up(world, state, q, free)
    while count > 0 and free:
        i = take_first(state, count)
        count -= 1
        designation = state.designations[q, i]
        if designation["waiting"] >= 0 and (designation["tried"] == 0 or designation["blocked"] & free):
            designation["tried"] = post["passes"]
            try_launch(world, state, q, i)
            free = free_units(world, state, q)
    for place in range(post["waiting_count"] - 1, -1, -1):  # nothing is free: newcomers, in any order, learn what they lack
        i = state.waiting[q, place]["object"]
        if state.designations[q, i]["tried"] == 0:
            state.designations[q, i]["tried"] = post["passes"]
            try_launch(world, state, q, i)


@kernel
def rouse(world: World, state: State, q: int) -> None:
    """Try everything that is ready, whatever it lacked: eager runs show that sleeping and passing over lose no launch."""
    for i in range(world.objects.shape[0]):
        designation = state.designations[q, i]
        phase = designation["phase"]
        if (phase in (PHASE_READY, PHASE_DRY, PHASE_WAITING)) and designation["ready_s"] <= state.cursor[0]["now_s"]:
            enter_waiting(state, q, i)


@kernel
def free_units(world: World, state: State, q: int) -> int:
    """Bits of the units of post `q` that could launch at once, as far as channels, launch interval and rounds go."""
    now_s = state.cursor[0]["now_s"]
    post = world.posts[q]
    free = 0
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        if unit_free(world, state, u) and state.units[u]["next_launch_s"] <= now_s:
            unit = world.units[u]
            for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
                if state.magazines[m]["ready"] > 0:
                    free |= unit_bit(world, u)
    return free


@kernel
def unit_bit(world: World, u: int) -> int:
    """The bit that stands for unit `u` within its post; all units beyond the 62nd share one."""
    return 1 << min(u - world.posts[world.units[u]["post"]]["unit_first"], 62)


@kernel
def unit_free(world: World, state: State, u: int) -> bool:
    """Whether unit `u` is alive and has a channel and a missile control free."""
    unit, now = world.units[u], state.units[u]
    return bool(now["alive"] and now["busy_channels"] < unit["channels"] and now["missiles_in_flight"] < unit["missiles_guided"])


@kernel
def try_launch(world: World, state: State, q: int, i: int) -> None:
    """Launch at object `i` with the best pair of unit and magazine that can; else say what it waits for."""
    now_s = state.cursor[0]["now_s"]
    designation = state.designations[q, i]
    if not settle(world, state, world.posts[q]["picture"], i, now_s):
        return
    if designation["phase"] == PHASE_READY and designation["ready_s"] <= now_s:
        enter_waiting(state, q, i)  # its track was lost and found meanwhile
        designation["tried"] = state.posts[q]["passes"]
    if designation["phase"] != PHASE_WAITING:
        return
    if now_s >= state.estimates[i]["valid_to_s"]:
        refresh_estimate(world, state, i, now_s)
    lacks, wake_s = survey(world, state, q, i)
    without_track = 0
    m = best_pair(world, state, q, i, without_track) if lacks & _ONLY_TRACK else -1
    while m >= 0:
        u = world.magazines[m]["unit"]
        track_s = fire_control_track_s(world, state, u, i, wake_s)
        if track_s <= now_s or world.weapons[world.magazines[m]["weapon"]]["launch_on_remote"]:
            state.unit_objects[u, i]["gates"] |= GATE_TRACK
            launch_salvo(world, state, q, i, m)
            return
        state.unit_objects[u, i]["gates"] |= WANTS_TRACK
        without_track |= unit_bit(world, u)
        wake_s = min(wake_s, track_s)
        m = best_pair(world, state, q, i, without_track)
    wait(world, state, q, i, lacks, wake_s)


#: In the sum over units in reach: some unit has no channel; some has a channel but no round; some needs nothing but a track.
_NO_CHANNEL, _NO_ROUND, _ONLY_TRACK = 1, 2, 4


@kernel
def survey(world: World, state: State, q: int, i: int) -> tuple[int, float]:
    """What the units of post `q` in reach of object `i` lack, and when the next unit comes into reach; gates are noted.

    Once a unit in reach has no round, other units without rounds can tell nothing new until a reload wakes everybody.
    """
    now_s = state.cursor[0]["now_s"]
    post = world.posts[q]
    lacks, blocked, wake_s, empty_wake_s = 0, 0, NEVER, NEVER
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        unit = world.units[u]
        gates = 0
        for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
            launch_windows(world, state, i, m)
            launch_s = next_launch_s(state.pairs[i, m], now_s)
            if launch_s > now_s + _NOW_S:
                if rounds_free(world, state, q, i, m) > 0:
                    wake_s = min(wake_s, launch_s)
                else:
                    empty_wake_s = min(empty_wake_s, launch_s)
                continue
            gates |= GATE_FEASIBLE
            if unit_free(world, state, u) and state.units[u]["next_launch_s"] <= now_s:
                gates |= GATE_CHANNEL
                if rounds_free(world, state, q, i, m) > 0:
                    gates |= GATE_ROUND
        note_gates(state, u, i, gates, now_s)
        if gates & GATE_ROUND:
            lacks |= _ONLY_TRACK
        elif gates:
            lacks |= _NO_ROUND if gates & GATE_CHANNEL else _NO_CHANNEL
            blocked |= unit_bit(world, u)
    state.designations[q, i]["blocked"] = blocked
    return lacks, wake_s if lacks & _NO_ROUND else min(wake_s, empty_wake_s)


@kernel
def best_pair(world: World, state: State, q: int, i: int, without_track: int) -> int:
    """The magazine that the doctrine prefers among those that could launch at object `i` now; -1 without one.

    Units in `without_track` (bits) are passed over. `survey` must have been made at this instant.
    """
    now_s = state.cursor[0]["now_s"]
    post = world.posts[q]
    best, best_penalty, best_free = -1, NEVER, 0
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        if not unit_free(world, state, u) or state.units[u]["next_launch_s"] > now_s or without_track & unit_bit(world, u):
            continue
        unit = world.units[u]
        free = unit["channels"] - state.units[u]["busy_channels"]
        for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
            if next_launch_s(state.pairs[i, m], now_s) > now_s + _NOW_S or rounds_free(world, state, q, i, m) <= 0:
                continue
            cost = penalty(world, state, i, m, now_s)
            if best < 0 or cost < best_penalty or (cost == best_penalty and free > best_free):
                best, best_penalty, best_free = m, cost, free
    return best


@kernel
def note_gates(state: State, u: int, i: int, gates: int, now_s: float) -> None:
    """Remember the gates that unit `u` has ever passed with object `i`, and since when it was ready and in reach."""
    row = state.unit_objects[u, i]
    row["gates"] &= ~WANTS_TRACK
    if gates == 0:
        return
    if row["gates"] == 0:
        row["since_s"] = now_s
        timeline = state.timeline[i]
        timeline["first_feasible_s"] = min(timeline["first_feasible_s"], now_s)
    row["gates"] |= gates


@kernel
def fire_control_track_s(world: World, state: State, u: int, i: int, limit_s: float) -> float:
    """When unit `u` has a track of object `i` on its own engagement radar (now if the picture track serves), or gets one.

    NEVER if that is later than `limit_s`, when the post will look again anyway.
    """
    now_s = state.cursor[0]["now_s"]
    f = world.units[u]["fire_control_feed"]
    if f < 0 or tracked_at(world, state, f, i, now_s):
        return float(now_s)
    if world.settings[0]["eager"]:
        return NEVER  # the look that confirms will wake the post
    return float(seek(world, state, f, i, limit_s))


@kernel
def wait(world: World, state: State, q: int, i: int, lacks: int, wake_s: float) -> None:
    """Nothing could be launched at object `i` now: stay in the list for a channel, wait for rounds, or sleep until a window.

    Those that could be served at any moment must notice at once when their track is lost; the others find out when they wake.
    """
    wake_s = min(wake_s, next_turn_s(state, i, state.cursor[0]["now_s"]))
    if lacks & (_NO_CHANNEL | _NO_ROUND):
        wake_s = min(wake_s, holder_drops_s(world, state, world.posts[q]["picture"], i))
    if lacks & _NO_CHANNEL:
        tell(state, q, i, _NO_CHANNEL, _WAITS_CHANNEL)
    elif lacks & _NO_ROUND:
        tell(state, q, i, _NO_ROUND, _WAITS_MISSILE)
        leave_waiting(state, q, i, PHASE_DRY)
    else:
        leave_waiting(state, q, i, PHASE_READY)
    wake_object(world, state, q, i, wake_s)


@kernel
def tell(state: State, q: int, i: int, lack: int, code: int) -> None:
    """Log once per track what object `i` waits for."""
    designation = state.designations[q, i]
    if not designation["told"] & lack:
        designation["told"] |= lack
        log_row(state, state.cursor[0]["now_s"], code, q, i, -1, 0.0)
