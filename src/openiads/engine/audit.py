"""Why a leaker leaked: bookkeeping, never an effect.

The gates of the kill chain, per fire unit: visible, detected, firm, in the picture, identified, permitted, envelope at zero delay, time
left after delays, channel, round, fire-control track, launched (not, while the unit waits between launches). The cause is the gate at
which the furthest-advanced unit failed (ties: the unit that waited longest, then the first). Where that unit, its command post or the
only radar that would have seen the target is destroyed, the defender is destroyed. Where no radar on air had it in view, and one that was
silent would have had, the radar was silent. A unit that lacks a missile because its launchers were hit is a destroyed defender. After a
launch the last shot decides (a launch that failed has a cause of its own), and `why_no_more` keeps the gate that stopped another one.
"""

from __future__ import annotations

from typing import Any

from openiads.codes import Cause, EngagementEnd
from openiads.kernel import inlined, kernel
from openiads.models.command.choice import fire_is_over, rounds_free, unit_free
from openiads.models.interceptor.envelope import next_launch_s, reachable
from openiads.models.radar.condition import silent_at, snr_factor
from openiads.models.radar.look import first_view_s, in_cover, last_look_at, look_time_s, out_of_reach_until_s
from openiads.models.tracking.machine import seek, sense
from openiads.state.arrays import State, World
from openiads.state.layout import (
    HIT,
    LACKS_CHANNEL,
    LACKS_ROUND,
    NEVER,
    NO_PLACE,
    PHASE_DRY,
    PHASE_READY,
    PHASE_WAITING,
    TRACKED,
    VIEWED,
)

_NOT_VISIBLE = int(Cause.NOT_VISIBLE)
_NOT_DETECTED = int(Cause.NOT_DETECTED)
_NOT_FIRM = int(Cause.NOT_FIRM)
_NOT_IN_PICTURE = int(Cause.NOT_IN_PICTURE)
_NOT_IDENTIFIED = int(Cause.NOT_IDENTIFIED)
_NOT_PERMITTED = int(Cause.NOT_PERMITTED)
_OUTSIDE_ENVELOPE = int(Cause.OUTSIDE_ENVELOPE)
_NO_TIME = int(Cause.NO_TIME)
_NO_CHANNEL = int(Cause.NO_CHANNEL)
_NO_MISSILE = int(Cause.NO_MISSILE)
_NO_TRACK = int(Cause.NO_FIRE_CONTROL_TRACK)
_LAUNCH_INTERVAL = int(Cause.LAUNCH_INTERVAL)
_DESTROYED = int(Cause.DEFENDER_DESTROYED)
_MISSED = int(Cause.MISSED)
_FALSE_ASSESSMENT = int(Cause.FALSE_ASSESSMENT)
_RADAR_LOST = int(Cause.RADAR_LOST)
_RADAR_SILENT = int(Cause.RADAR_SILENT)
_CAUSE_LAUNCH_FAILED = int(Cause.LAUNCH_FAILED)
_TRACK_LOST = int(EngagementEnd.TRACK_LOST)
_END_RADAR_LOST = int(EngagementEnd.RADAR_LOST)
_LAUNCH_FAILED = int(EngagementEnd.LAUNCH_FAILED)


@kernel
def audit(world: World, state: State, i: int) -> None:
    """Set the cause of leaker `i`, the furthest-advanced unit, and what stopped another shot."""
    timeline = state.timeline[i]
    furthest, since_s, unit = 0, NEVER, -1
    seen = VIEWED + HIT if timeline["firm_s"] < NEVER else sensed(world, state, i)
    for q in range(world.posts.shape[0]):
        if state.designations[i, q]["phase"] in (PHASE_READY, PHASE_WAITING, PHASE_DRY):
            note_reach(world, state, q, i)
    for u in range(world.units.shape[0]):
        gate = failed_gate(world, state, u, i, seen)
        wait_s = state.unit_objects[i, u]["since_s"]
        if rank(gate) > rank(furthest) or (gate == furthest and wait_s < since_s):
            furthest, since_s, unit = gate, wait_s, u
    timeline["unit"] = unit
    note_visible(world, state, i)
    if timeline["last_engagement"] < 0:
        timeline["cause"] = furthest if unit >= 0 else _NOT_VISIBLE
        if furthest == _NO_MISSILE and lost_rounds(world, state, unit, i):
            timeline["cause"] = _DESTROYED
        return
    engagement = state.engagements[timeline["last_engagement"]]
    timeline["why_no_more"] = why_no_more(world, state, i, timeline["last_engagement"])
    timeline["unit"] = engagement["unit"]
    if engagement["end_s"] < NEVER and engagement["called_killed"]:
        timeline["cause"] = _FALSE_ASSESSMENT
    elif engagement["result"] == _TRACK_LOST or engagement["result"] == _END_RADAR_LOST:
        timeline["cause"] = _RADAR_LOST
    elif engagement["result"] == _LAUNCH_FAILED:
        timeline["cause"] = _CAUSE_LAUNCH_FAILED
    else:
        timeline["cause"] = _MISSED


@kernel
def lost_rounds(world: World, state: State, u: int, i: int) -> bool:
    """Whether unit `u` lost rounds that could have been used on object `i` when a launcher was hit."""
    unit = world.units[u]
    for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
        usable = world.envelopes[world.magazines[m]["weapon"], world.objects[i]["klass"]]["sspk"] > 0.0
        if usable and state.magazines[m]["hit"] > 0:
            return True
    return False


@kernel
def why_no_more(world: World, state: State, i: int, e: int) -> int:
    """What stopped another shot at object `i` after its last engagement `e`: the gates are those noted since its end."""
    engagement = state.engagements[e]
    if engagement["end_s"] >= NEVER:
        return _NO_TIME
    if fire_is_over(world, state, engagement["post"], i):
        return _NOT_PERMITTED
    if engagement["called_killed"]:
        return _FALSE_ASSESSMENT
    why = _NO_TIME
    for u in range(world.units.shape[0]):
        if state.designations[i, world.units[u]["post"]]["reached"] & world.units[u]["bit"]:
            gate = failed_service(world, state, u, i)
            why = gate if rank(gate) > rank(why) else why
    return why


@kernel
def rank(gate: int) -> int:
    """The order of the gates: a destroyed defender is one that could have had time, and had no channel any more."""
    return 2 * _NO_TIME + 1 if gate == _DESTROYED else 2 * gate


@kernel
def destroyed(world: World, state: State, u: int) -> bool:
    """Whether unit `u` or its command post is killed."""
    return not (state.units[u]["alive"] and state.posts[world.units[u]["post"]]["alive"])


@kernel
def blinded(world: World, state: State, i: int) -> bool:
    """Whether a radar would have had object `i` in view if it had not been killed before."""
    end_s = state.objects[i]["path_end_s"]
    for f in range(world.feeds.shape[0]):
        s = world.feeds[f]["sensor"]
        changed_s = state.sensors[s]["changed_s"]
        if changed_s >= NEVER or world.feeds[f]["cued"]:
            continue
        n = last_look_at(world, state, f, i, max(changed_s, state.objects[i]["origin_s"])) + 1
        t_s = look_time_s(world, state, f, i, n)
        while t_s <= end_s:
            if snr_factor(state, s, t_s) <= 0.0 and not silent_at(world, s, t_s) and in_cover(world, state, s, i, t_s) >= 0.0:
                return True
            n += 1
            t_s = look_time_s(world, state, f, i, n)
    return False


@kernel
def silenced(world: World, state: State, i: int) -> bool:
    """Whether a radar that needs no cue would have had object `i` in view while it was silent, in steps of its period."""
    now = state.objects[i]
    for f in range(world.feeds.shape[0]):
        s = world.feeds[f]["sensor"]
        sensor = world.sensors[s]
        if world.feeds[f]["cued"]:
            continue
        for e in range(sensor["epoch_first"], sensor["epoch_first"] + sensor["epoch_count"]):
            epoch = world.epochs[e]
            if not epoch["silent"]:
                continue
            t_s, end_s = max(epoch["from_s"], now["origin_s"]), min(epoch["to_s"], now["path_end_s"])
            while t_s < end_s:
                if in_cover(world, state, s, i, t_s) >= 0.0:
                    return True
                t_s += sensor["period_s"]
    return False


@kernel
def forget_gates(world: World, state: State, i: int) -> None:
    """From now on the gates of object `i` are those on its way to another shot."""
    for q in range(world.posts.shape[0]):
        designation = state.designations[i, q]
        designation["reached"] = designation["served"] = designation["stocked"] = designation["held"] = 0
    for u in range(world.units.shape[0]):
        state.unit_objects[i, u]["since_s"] = NEVER


@kernel
def note_since(state: State, i: int, u: int, since_s: float) -> None:
    """Unit `u` has had object `i` in reach, ready, since `since_s`."""
    row, timeline = state.unit_objects[i, u], state.timeline[i]
    row["since_s"] = min(row["since_s"], since_s)
    timeline["first_feasible_s"] = min(timeline["first_feasible_s"], since_s)


@kernel
def note_reach(world: World, state: State, q: int, i: int) -> None:
    """Note what nobody saw on the present leg of object `i`: units that it came into reach of while they were busy, and units that had a
    channel again while it was in reach, but no round, so that nobody tried them."""
    now_s = state.cursor[0]["now_s"]
    post, designation = world.posts[q], state.designations[i, q]
    known, ready_s, reached, served, stocked = designation["known"], designation["ready_s"], 0, 0, 0
    units = known & ~(designation["reached"] & designation["served"])
    if ready_s > now_s or not units:
        return
    for m in range(post["magazine_first"], post["magazine_first"] + post["magazine_count"]):
        magazine, pair = world.magazines[m], state.pairs[i, m]
        if units & magazine["bit"] and was_open(pair, ready_s, now_s):
            reached |= magazine["bit"]
            unit = state.units[magazine["unit"]]
            free = unit["free_from_s"] < unit["free_to_s"]  # a channel that is taken at once was for somebody more urgent
            if free and was_open(pair, max(ready_s, unit["free_from_s"]), min(now_s, unit["free_to_s"])):
                served |= magazine["bit"]
            stocked |= magazine["bit"] if rounds_free(world, state, q, i, m) > 0 else 0
            since_s = next_launch_s(pair, ready_s)
            if since_s <= now_s and not designation["reached"] & magazine["bit"]:
                note_since(state, i, magazine["unit"], since_s)
    stocked &= ~designation["reached"] & state.posts[q]["channels"]  # who was tried before was found without a round, or without a channel
    designation["reached"] |= reached
    designation["served"] |= served
    designation["stocked"] |= stocked


@inlined
def was_open(pair: Any, from_s: float, to_s: float) -> bool:
    """Whether a launch window of a row of PAIRS has an instant between two times."""
    first = (pair["to_1_s"] >= from_s) & (pair["from_1_s"] <= to_s)
    second = (pair["to_1_s"] < from_s) & (pair["to_2_s"] >= from_s) & (pair["from_2_s"] <= to_s)
    return bool((from_s <= to_s) & (first | second))


@kernel
def sensed(world: World, state: State, i: int) -> int:
    """VIEWED, HIT and NO_PLACE over all looks of all feeds at object `i`, whose flight is over and which never was in a picture."""
    seen = 0
    for f in range(world.feeds.shape[0]):
        seen |= state.looks[i, f]["seen"]
    for f in range(world.feeds.shape[0]):
        if not seen & HIT:
            sense(world, state, f, i)
            seen |= state.looks[i, f]["seen"]
    return int(seen)


@kernel
def note_visible(world: World, state: State, i: int) -> None:
    """Note when leaker `i` first was in view of a radar that needs no cue: not after its first track, whatever `first_view_s` overlooks."""
    timeline, now = state.timeline[i], state.objects[i]
    visible_s = timeline["firm_s"]
    for f in range(world.feeds.shape[0]):
        s, from_s, until_s = world.feeds[f]["sensor"], now["origin_s"], min(visible_s, now["path_end_s"])
        if world.feeds[f]["cued"]:
            continue
        if world.settings[0]["culling"]:
            from_s += now["scale"] * world.sensor_windows[i, s]["from_s"]
            from_s = out_of_reach_until_s(world, state, s, i, from_s, until_s)
        if from_s < until_s:
            visible_s = min(visible_s, first_view_s(world, state, s, i, from_s, until_s))
    timeline["visible_s"] = visible_s


@kernel
def failed_gate(world: World, state: State, u: int, i: int, seen: int) -> int:
    """The first gate that unit `u` never passed with object `i` (codes.Cause)."""
    timeline = state.timeline[i]
    firm_s = timeline["firm_s"]
    if firm_s >= NEVER:
        return untracked(world, state, i, seen)
    post = world.posts[world.units[u]["post"]]
    if state.tracks[post["picture"], i]["incarnation"] == 0:
        return _NOT_IN_PICTURE
    if firm_s + post["identification_s"] > state.cursor[0]["now_s"]:
        return _NOT_IDENTIFIED
    if world.doctrines[post["doctrine"]]["hold"]:
        return _NOT_PERMITTED
    if state.designations[i, world.units[u]["post"]]["reached"] & world.units[u]["bit"]:
        return failed_service(world, state, u, i)
    if timeline["first_feasible_s"] < NEVER:
        return _OUTSIDE_ENVELOPE  # another unit had it in reach and got further, so this one cannot decide the cause
    unit = world.units[u]
    for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
        if reachable(world, state, i, m):
            return _DESTROYED if destroyed(world, state, u) else _NO_TIME
    return _OUTSIDE_ENVELOPE


@kernel
def untracked(world: World, state: State, i: int, seen: int) -> int:
    """Why no picture ever had a track of object `i`."""
    if seen & NO_PLACE:
        return _NOT_IN_PICTURE
    if blinded(world, state, i):
        return _DESTROYED
    if not seen & VIEWED:
        return _RADAR_SILENT if silenced(world, state, i) else _NOT_VISIBLE
    return _NOT_FIRM if seen & HIT else _NOT_DETECTED


@kernel
def failed_service(world: World, state: State, u: int, i: int) -> int:
    """The first service that unit `u` lacked for object `i`, which was ready and in its reach."""
    designation, bit = state.designations[i, world.units[u]["post"]], world.units[u]["bit"]
    if not state.posts[world.units[u]["post"]]["alive"]:
        return _DESTROYED
    if not designation["served"] & bit:
        return _NO_CHANNEL if state.units[u]["alive"] else _DESTROYED
    if not designation["stocked"] & bit:
        return _NO_MISSILE
    if not designation["held"] & bit:
        return lacking_service(world, state, u, i)
    return _MISSED


@kernel
def lacking_service(world: World, state: State, u: int, i: int) -> int:
    """What unit `u`, which once lacked nothing but a track of object `i`, lacked when its radar had one; the track if it never had."""
    designation, f = state.designations[i, world.units[u]["post"]], world.units[u]["fire_control_feed"]
    lacked = (designation["blocked"] | designation["later"]) & world.units[u]["bit"]  # a channel, round or rest, at the last try
    if not lacked and not designation["wants"] & world.units[u]["bit"] and not designation["told"]:
        return _NO_TRACK
    if f >= 0:
        seek(world, state, f, i, state.cursor[0]["now_s"])
        if not state.looks[i, f]["seen"] & TRACKED:
            return _NO_TRACK
    if not has_fit_round(world, state, u, i):
        return _NO_MISSILE
    if lacked:
        return _LAUNCH_INTERVAL if unit_free(world, state, u) else _NO_CHANNEL
    if designation["told"] & LACKS_ROUND:  # there are rounds again, and the track is gone
        return _NO_MISSILE
    return _NO_CHANNEL if designation["told"] & LACKS_CHANNEL else _NO_TRACK


@kernel
def has_fit_round(world: World, state: State, u: int, i: int) -> bool:
    """Whether unit `u` has a round that may be spent on object `i` and could have reached it."""
    unit = world.units[u]
    for m in range(unit["magazine_first"], unit["magazine_first"] + unit["magazine_count"]):
        if rounds_free(world, state, unit["post"], i, m) > 0 and reachable(world, state, i, m):
            return True
    return False
