"""DECIDE: a post thinks about one object, or gives free channels to the objects that wait for one, highest score first."""

from __future__ import annotations

from openiads.codes import LogCode, ObjectStatus
from openiads.engine.agenda import enter_waiting, leave_waiting, note_waiting, wake_object, wake_post
from openiads.engine.audit import note_reach, note_since
from openiads.engine.designation import designate, earliest_launch_s, let_go, next_turn_s, settle, sleep
from openiads.engine.handlers.launch import launch_salvo
from openiads.engine.ranking import most_urgent
from openiads.kernel import kernel
from openiads.models.command.choice import free_units, penalty, rested, rounds_free, spared, spares
from openiads.models.command.estimate import refresh_estimate
from openiads.models.interceptor.envelope import launch_windows, next_launch_s
from openiads.models.tracking.machine import seek, tracked_at
from openiads.models.tracking.picture import holder_drops_s
from openiads.state.arrays import State, World
from openiads.state.layout import (
    LACKS_CHANNEL,
    LACKS_ROUND,
    NEVER,
    PHASE_CLOSED,
    PHASE_DRY,
    PHASE_READY,
    PHASE_TRACKED,
    PHASE_WAITING,
)
from openiads.state.log import log_row

_WAITS_CHANNEL = int(LogCode.WAITS_FOR_CHANNEL)
_WAITS_MISSILE = int(LogCode.WAITS_FOR_MISSILE)
_REOPENED = int(LogCode.REOPENED)
_OBJECT_KILLED = int(ObjectStatus.KILLED)
#: A launch window that opens within this time is open.
_NOW_S = 1e-9


@kernel
def on_decide(world: World, state: State, subject: int) -> None:
    """Subjects are those of `engine.agenda`."""
    n = world.objects.shape[0] + 1
    q, i = subject // n, subject % n
    if i == n - 1:
        serve_waiting(world, state, q)
    elif state.designations[i, q]["wake_s"] == state.cursor[0]["now_s"]:
        think(world, state, q, i)


@kernel
def think(world: World, state: State, q: int, i: int) -> None:
    """Identification is over, or a launch may have become possible."""
    now_s = state.cursor[0]["now_s"]
    designation = state.designations[i, q]
    designation["wake_s"] = NEVER
    if not state.posts[q]["alive"]:
        return
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
        sleep(world, state, q, i, earliest_launch_s(world, state, q, i, now_s, designation["ready_s"]))
    elif designation["phase"] == PHASE_READY or designation["phase"] == PHASE_WAITING or designation["phase"] == PHASE_DRY:
        queue_up(world, state, q, i)


@kernel
def queue_up(world: World, state: State, q: int, i: int) -> None:
    """Object `i` joins those that wait. Where nothing is free it only learns what it lacks; else all are served in order."""
    enter_waiting(state, q, i)
    if not state.posts[q]["alive"]:
        return
    if free_units(world, state, q) or world.settings[0]["eager"]:
        wake_post(world, state, q, state.cursor[0]["now_s"])
    else:
        try_launch(world, state, q, i)


@kernel
def watch_closed(world: World, state: State, q: int, i: int) -> None:
    """A living target that was called killed: it may be engaged again after some hits, or when a new track of it appears."""
    drops_s = holder_drops_s(world, state, world.posts[q]["picture"], i)
    wake_object(world, state, q, i, max(min(state.designations[i, q]["reopen_s"], drops_s), state.cursor[0]["now_s"]))


@kernel
def serve_waiting(world: World, state: State, q: int) -> None:
    """Give what is free to the waiting objects in the order of their scores."""
    now_s = state.cursor[0]["now_s"]
    post = state.posts[q]
    if post["wake_s"] == now_s:
        post["wake_s"] = NEVER
    if not post["alive"]:
        return
    post["passes"] += 1  # counted from 1: an object that was never tried has 0
    if world.settings[0]["eager"]:
        rouse(world, state, q)
    free = free_units(world, state, q)
    i = most_urgent(world, state, q, free)
    while i >= 0:
        try_launch(world, state, q, i)
        free = free_units(world, state, q)
        i = most_urgent(world, state, q, free) if free else -1
    post["offered"] = free
    if post["newcomers"] > 0:
        for place in range(post["waiting_count"] - 1, -1, -1):  # nothing is free: newcomers, in any order, learn what they lack
            if state.waiting[q, place]["lacks"] < 0:
                try_launch(world, state, q, state.waiting[q, place]["object"])


@kernel
def rouse(world: World, state: State, q: int) -> None:
    """Try everything that is ready, whatever it lacked: eager runs show that sleeping and passing over lose no launch."""
    for i in range(world.objects.shape[0]):
        designation = state.designations[i, q]
        phase = designation["phase"]
        if (phase in (PHASE_READY, PHASE_DRY, PHASE_WAITING)) and designation["ready_s"] <= state.cursor[0]["now_s"]:
            enter_waiting(state, q, i)


@kernel
def try_launch(world: World, state: State, q: int, i: int) -> None:
    """Launch at object `i` with the best pair of unit and magazine that can; else say what it waits for."""
    now_s = state.cursor[0]["now_s"]
    designation = state.designations[i, q]
    if not settle(world, state, world.posts[q]["picture"], i, now_s):
        return
    if designation["phase"] == PHASE_READY and designation["ready_s"] <= now_s:
        enter_waiting(state, q, i)  # its track was lost and found meanwhile
    if designation["phase"] != PHASE_WAITING:
        return
    state.posts[q]["newcomers"] -= designation["tried"] == 0
    designation["tried"] = state.posts[q]["passes"]
    if now_s >= state.estimates[i]["valid_to_s"]:
        note_reach(world, state, q, i)
        refresh_estimate(world, state, i, now_s)
    lacks, ready, wake_s = survey(world, state, q, i)
    m = best_pair(world, state, q, i, ready) if ready else -1
    while m >= 0:
        u = world.magazines[m]["unit"]
        f = world.units[u]["fire_control_feed"]
        may = f < 0 or world.weapons[world.magazines[m]["weapon"]]["launch_on_remote"] or believed_alive(state, u, i)
        if may or tracked_at(world, state, f, i, now_s):
            designation["held"] |= world.units[u]["bit"]
            launch_salvo(world, state, q, i, m)
            return
        designation["wants"] |= world.units[u]["bit"]
        ready &= ~world.units[u]["bit"]
        m = best_pair(world, state, q, i, ready) if ready else -1
    wait(world, state, q, i, lacks, next_own_track_s(world, state, q, i, wake_s))
    let_go(world, state, world.posts[q]["picture"], i)


@kernel
def believed_alive(state: State, u: int, i: int) -> bool:
    """Whether unit `u` has just ended its engagement of object `i`, which is dead: its radar looks at what it takes for the target."""
    e = state.timeline[i]["last_engagement"]
    dead = state.objects[i]["status"] == _OBJECT_KILLED
    return bool(dead and e >= 0 and state.engagements[e]["unit"] == u and state.engagements[e]["end_s"] == state.cursor[0]["now_s"])


#: Of the units in reach, or later on this leg: some unit has no channel; some has a channel but no round. In reach: some unit has both,
#: but must wait for its launch interval (later on the leg that counts as no channel: it is served at the same turns).
_NO_CHANNEL, _NO_ROUND, _LATER_CHANNEL, _LATER_ROUND, _RESTING = LACKS_CHANNEL, LACKS_ROUND, 4, 8, 16


@kernel
def survey(world: World, state: State, q: int, i: int) -> tuple[int, int, float]:
    """What the units of post `q` lack for object `i`, now or when it comes into their reach; gates are noted.

    (What is lacking, bits of the units in reach that lack at most a track, when the next unit that lacks nothing comes into reach.)
    Units that lack something are asked again when they get it, so nobody wakes for their windows.
    """
    now_s = state.cursor[0]["now_s"]
    post, designation = world.posts[q], state.designations[i, q]
    channels = state.posts[q]["channels"]
    rested_too = rested(world, state, q, channels)
    paced = channels & ~rested_too  # they must wait until their launch interval is over
    reached, stocked, no_channel, no_round, wake_s = 0, 0, 0, 0, NEVER
    ask_windows(world, state, q, i, paced)
    later = post["all_units"] & ~designation["known"]  # they lack something
    lacks = (_LATER_ROUND if later & rested_too else 0) | (_LATER_CHANNEL if later & ~rested_too else 0)
    turn_s = min(state.estimates[i]["valid_to_s"], NEVER)  # then the windows are made anew
    for m in range(post["magazine_first"], post["magazine_first"] + post["magazine_count"]):
        bit, pair = world.magazines[m]["bit"], state.pairs[i, m]
        launch_s = next_launch_s(pair, now_s) if designation["known"] & bit else NEVER
        if launch_s >= turn_s:
            continue
        channel = channels & bit
        has_round = channel and rounds_free(world, state, q, i, m) > 0
        if launch_s <= now_s + _NOW_S:
            reached |= bit
            if not designation["reached"] & bit:
                since_s = pair["from_1_s"] if now_s <= pair["to_1_s"] else pair["from_2_s"]
                note_since(state, i, world.magazines[m]["unit"], min(max(since_s, designation["ready_s"]), now_s))
            if has_round:
                stocked |= bit
            elif channel:
                no_round |= bit
            else:
                no_channel |= bit
        elif has_round and not paced & bit:
            wake_s = min(wake_s, launch_s)
        else:
            later |= bit
            lacks |= _LATER_ROUND if channel and not has_round else _LATER_CHANNEL
    no_round &= ~stocked
    lacks |= (_NO_CHANNEL if no_channel else 0) | (_NO_ROUND if no_round else 0) | (_RESTING if stocked & paced else 0)
    designation["blocked"], designation["later"], designation["wants"] = no_channel | no_round | stocked & paced, later, 0
    designation["reached"], designation["served"] = designation["reached"] | reached, designation["served"] | stocked | no_round
    designation["stocked"] |= stocked
    return lacks, stocked & ~paced, wake_s


@kernel
def ask_windows(world: World, state: State, q: int, i: int, paced: int) -> None:
    """Compute the launch windows that matter: of units that lack nothing, and of those with a gate that was not noted yet.

    `paced` are the bits of the units that must wait for their launch interval.
    """
    designation, channels, free = state.designations[i, q], state.posts[q]["channels"], state.posts[q]["free"]
    not_noted = ~designation["reached"] | (channels & ~designation["served"]) | (free & ~designation["stocked"])
    launch_windows(world, state, q, i, world.posts[q]["all_units"] & (not_noted | (free & ~paced)))


@kernel
def best_pair(world: World, state: State, q: int, i: int, ready: int) -> int:
    """The magazine that the doctrine prefers for object `i` among those of the units in `ready` (bits of `survey`); -1 without one."""
    now_s, sparing = state.cursor[0]["now_s"], spares(world, state, q)
    post = world.posts[q]
    best, best_penalty, best_free = -1, NEVER, 0
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        unit = world.units[u]
        if not ready & unit["bit"]:
            continue
        free = unit["channels"] - state.units[u]["busy_channels"]
        for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
            if next_launch_s(state.pairs[i, m], now_s) > now_s + _NOW_S or rounds_free(world, state, q, i, m) <= 0:
                continue
            if sparing and spared(world, state, q, i, m, now_s):
                continue
            cost = penalty(world, state, i, m, now_s)
            if best < 0 or cost < best_penalty or (cost == best_penalty and free > best_free):
                best, best_penalty, best_free = m, cost, free
    return best


@kernel
def next_own_track_s(world: World, state: State, q: int, i: int, limit_s: float) -> float:
    """When the next unit that lacks nothing but a track of object `i` on its own engagement radar gets one, if before `limit_s`."""
    if world.settings[0]["eager"]:
        return limit_s  # the look that confirms will wake the post
    post, wants = world.posts[q], state.designations[i, q]["wants"]
    if not wants:
        return float(limit_s)
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        if wants & world.units[u]["bit"] and world.units[u]["fire_control_feed"] >= 0:
            limit_s = min(limit_s, seek(world, state, world.units[u]["fire_control_feed"], i, limit_s))
    return float(limit_s)


@kernel
def wait(world: World, state: State, q: int, i: int, lacks: int, wake_s: float) -> None:
    """Nothing could be launched at object `i` now: stay in the list for a channel, wait for rounds, or sleep until a window."""
    if lacks & _NO_CHANNEL:
        tell(state, q, i, _NO_CHANNEL, _WAITS_CHANNEL)
    elif lacks & _NO_ROUND:
        tell(state, q, i, _NO_ROUND, _WAITS_MISSILE)
    if lacks & (_NO_CHANNEL | _LATER_CHANNEL | _RESTING):
        note_waiting(state, q, i)
    else:
        leave_waiting(state, q, i, PHASE_DRY if lacks else PHASE_READY)
    wake_object(world, state, q, i, min(wake_s, next_turn_s(state, i, state.cursor[0]["now_s"])))


@kernel
def tell(state: State, q: int, i: int, lack: int, code: int) -> None:
    """Log once per track what object `i` waits for."""
    designation = state.designations[i, q]
    if not designation["told"] & lack:
        designation["told"] |= lack
        log_row(state, state.cursor[0]["now_s"], code, q, i, -1, 0.0)
