"""What must be thought over when a radar changes: machines and events that looked ahead.

Whatever was foreseen beyond the present instant rests on the radar as it was. Its machines forget what they foresaw, and every
appointment that may come earlier now is made anew. Appointments that come later keep their old times: who keeps one finds nothing to
do. What the past owes can be settled whenever somebody asks, since the radar's condition is kept as a function of time.
"""

from __future__ import annotations

from openiads.codes import EngagementEnd, EventKind
from openiads.engine.agenda import plan_change, wake_object
from openiads.engine.designation import watch_track
from openiads.engine.handlers.launch import fate
from openiads.engine.queue import push
from openiads.kernel import kernel
from openiads.models.command.choice import fire_is_over
from openiads.models.tracking.machine import catch_up, next_hit_s
from openiads.models.tracking.picture import next_track
from openiads.state.arrays import State, World
from openiads.state.layout import (
    FATE_RADAR_LOST,
    NEVER,
    PHASE_CLOSED,
    PHASE_ENGAGED,
    PHASE_NONE,
    PHASE_TRACKED,
)

_SCAN = int(EventKind.SCAN)
_INTERCEPT = int(EventKind.INTERCEPT)
_OPEN = int(EngagementEnd.OPEN)


@kernel
def change_radar(world: World, state: State, s: int, factor: float) -> None:
    """From now on the signal-to-noise ratio of sensor `s` is multiplied by `factor`."""
    now, now_s = state.sensors[s], state.cursor[0]["now_s"]
    for f in range(world.feeds.shape[0]):
        if world.feeds[f]["sensor"] == s:
            for i in range(world.objects.shape[0]):
                if state.objects[i]["end_s"] >= NEVER:
                    catch_up(world, state, f, i, now_s)
    better = factor > now["snr_factor"]
    change = state.changes[s, now["changes"]]
    change["time_s"], change["snr_factor"] = now_s, factor
    now["changes"] += 1
    now["changed_s"] = min(now["changed_s"], now_s)
    now["latest_s"], now["snr_factor"], now["blind_s"] = now_s, factor, NEVER if factor > 0.0 else now_s
    for f in range(world.feeds.shape[0]):
        if world.feeds[f]["sensor"] == s and world.feeds[f]["limited"]:
            for i in range(world.objects.shape[0]):
                plan_change(world, state, f, i)
    for p in range(world.pictures.shape[0]):
        if feeds_picture(world, s, p, False):
            searches = feeds_picture(world, s, p, True)
            for i in range(world.objects.shape[0]):
                if state.objects[i]["end_s"] >= NEVER:
                    look_again(world, state, p, i, searches)
                    think_again(world, state, p, i, better)


@kernel
def feeds_picture(world: World, s: int, p: int, uncued: bool) -> bool:
    """Whether sensor `s` feeds picture `p`; with `uncued`, whether it does so without a cue."""
    picture = world.pictures[p]
    for f in range(picture["feed_first"], picture["feed_first"] + picture["feed_count"]):
        if world.feeds[f]["sensor"] == s and not (uncued and world.feeds[f]["cued"]):
            return True
    return False


@kernel
def look_again(world: World, state: State, p: int, i: int, searches: bool) -> None:
    """Make the appointments of picture `p` about living object `i` anew; `searches`: the radar needs no cue."""
    track, now_s = state.tracks[p, i], state.cursor[0]["now_s"]
    track["settled_s"] = -NEVER
    if track["firm_s"] > now_s:
        if searches and not world.settings[0]["eager"]:
            firm_s, f = next_track(world, state, p, i, NEVER)
            if firm_s < NEVER:
                track["feed"] = f
                push(state, max(firm_s, now_s), _SCAN, p * world.objects.shape[0] + i)
        return
    track["drops_s"] = -1.0
    if world.pictures[p]["limited"]:
        watch_track(world, state, p, i)


@kernel
def think_again(world: World, state: State, p: int, i: int, better: bool) -> None:
    """Let the posts of picture `p` think about living object `i` now where that may matter.

    When a radar got worse the track may be lost earlier; who does not wait for that will notice in time. When it got better, anything
    may be possible earlier.
    """
    track, now_s = state.tracks[p, i], state.cursor[0]["now_s"]
    if track["firm_s"] > now_s:
        return
    for q in range(world.posts.shape[0]):
        designation = state.designations[i, q]
        phase = designation["phase"]
        if world.posts[q]["picture"] != p or phase in (PHASE_NONE, PHASE_TRACKED, PHASE_ENGAGED):
            continue
        if phase == PHASE_CLOSED and now_s < designation["reopen_s"]:
            if fire_is_over(world, state, q, i):
                continue
            hits = world.doctrines[world.posts[q]["doctrine"]]["reopen_hits"]
            if hits >= 0:
                designation["reopen_s"] = next_hit_s(world, state, track["feed"], i, state.timeline[i]["last_end_s"], hits)
        if better or phase == PHASE_CLOSED or now_s < designation["ready_s"]:
            wake_object(world, state, q, i, now_s)


@kernel
def redirect_rounds(world: World, state: State, u: int) -> None:
    """The engagement radar of unit `u` has changed: rounds in flight that need it meet another fate, or are lost now."""
    cursor = state.cursor[0]
    for shot in range(cursor["shot_count"]):
        row = state.shots[shot]
        engagement = state.engagements[row["engagement"]]
        i, m = engagement["object"], engagement["magazine"]
        needs = world.weapons[world.magazines[m]["weapon"]]["needs_radar_until_intercept"]
        if engagement["unit"] != u or row["result"] != _OPEN or row["remote"] or not needs:
            continue
        if not state.units[u]["alive"]:
            row["fate"], row["end_s"] = FATE_RADAR_LOST, cursor["now_s"]
        else:
            row["fate"], row["end_s"], row["range_m"] = fate(world, state, i, m, row["launch_s"], False)
        push(state, row["end_s"], _INTERCEPT, shot)
