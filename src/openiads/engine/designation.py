"""The life of a designation: firm track, identification, designation, reaction, waiting; and its end when the track is lost.

`settle` brings track and designation of one object up to date. A drop may be found long after it happened; what would have followed
meanwhile (new track, new designation, new reaction) is then carried out with its own times, which needs nothing but the past.
"""

from __future__ import annotations

from openiads.codes import EventKind, LogCode, Side
from openiads.engine.agenda import free_place, leave_waiting, plan_change, wake_object
from openiads.engine.queue import push
from openiads.kernel import kernel
from openiads.models.command.choice import fire_is_over
from openiads.models.command.estimate import refresh_estimate
from openiads.models.command.reaction import reaction_s
from openiads.models.interceptor.envelope import launch_windows, make_windows, next_launch_s
from openiads.models.tracking.capacity import time_to_go_end_s
from openiads.models.tracking.machine import cue_feed, drop_before, start_feed
from openiads.models.tracking.picture import feed_holding, holder_drops_s, keep_track, next_track
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER, NO_PLACE, OVERFLOW_TRACKS, PHASE_CLOSED, PHASE_ENGAGED, PHASE_NONE, PHASE_READY, PHASE_TRACKED
from openiads.state.log import log_row

_SCAN = int(EventKind.SCAN)
_RED = int(Side.RED)
_FIRM = int(LogCode.FIRM)
_DROPPED = int(LogCode.TRACK_DROPPED)
_DESIGNATED = int(LogCode.DESIGNATED)


@kernel
def adopt_track(world: World, state: State, p: int, i: int, firm_s: float, f: int) -> None:
    """Picture `p` gets a new track of object `i`, held by feed `f`, if it is not full; every post that uses it will identify it."""
    track = state.tracks[p, i]
    if world.pictures[p]["limited"]:
        firm_s = state.cursor[0]["now_s"]
        track["refused"] = not make_room(world, state, p, i)
        if track["refused"]:
            state.looks[i, f]["seen"] |= NO_PLACE
            return
    track["firm_s"] = firm_s
    track["feed"], track["drops_s"] = f, -1.0
    track["object"] = i
    track["incarnation"] += 1
    timeline = state.timeline[i]
    timeline["firm_s"] = min(timeline["firm_s"], firm_s)
    log_row(state, firm_s, _FIRM, p, i, -1, float(track["incarnation"]))
    for q in range(world.posts.shape[0]):
        if world.posts[q]["picture"] == p:
            designation = state.designations[i, q]
            designation["told"] = 0
            designation["phase"] = PHASE_CLOSED if fire_is_over(world, state, q, i) else PHASE_TRACKED
    if world.pictures[p]["limited"]:
        watch_track(world, state, p, i)


@kernel
def identify(world: World, state: State, p: int, i: int, t_s: float) -> None:
    """The posts of picture `p` identify its new track of object `i`, and designate it at once if that was over by `t_s`."""
    for q in range(world.posts.shape[0]):
        if world.posts[q]["picture"] == p and state.designations[i, q]["phase"] == PHASE_TRACKED:
            identified_s = state.tracks[p, i]["firm_s"] + world.posts[q]["identification_s"]
            if identified_s <= t_s:
                designate(world, state, q, i, identified_s)
            else:
                wake_object(world, state, q, i, max(identified_s, state.cursor[0]["now_s"]))


@kernel
def settle(world: World, state: State, p: int, i: int, t_s: float) -> bool:
    """Whether picture `p` holds a track of object `i` at `t_s`, after bringing track and designations up to that time."""
    track = state.tracks[p, i]
    if track["settled_s"] == t_s:
        return bool(track["firm_s"] <= t_s)
    track["settled_s"] = t_s
    while track["firm_s"] <= t_s:
        lost_s = keep_track(world, state, p, i, t_s)
        if lost_s >= NEVER or engaged(world, state, p, i):
            return True
        log_row(state, lost_s, _DROPPED, p, i, -1, float(track["incarnation"]))
        forget(world, state, p, i)
        if world.pictures[p]["limited"]:
            recall(world, state, p)
        firm_s, f = next_track(world, state, p, i, t_s if world.settings[0]["eager"] else NEVER)
        if firm_s > t_s:
            if firm_s < NEVER:
                push(state, firm_s, _SCAN, p * world.objects.shape[0] + i)
            return False
        adopt_track(world, state, p, i, firm_s, f)
        identify(world, state, p, i, t_s)
    return False


@kernel
def make_room(world: World, state: State, p: int, i: int) -> bool:
    """Whether picture `p` has a place for object `i`.

    When it is full, the unengaged track with the lowest score goes, ties by object, unless its post refuses newcomers.
    """
    now_s = state.cursor[0]["now_s"]
    tracks, worst, worst_s = 0, i, time_to_go_end_s(world, state, i, now_s)
    for v in range(world.objects.shape[0]):
        if state.tracks[p, v]["firm_s"] >= NEVER:
            continue
        tracks += 1
        if not (world.pictures[p]["refuses_newcomers"] or engaged(world, state, p, v)):
            arrival_s = time_to_go_end_s(world, state, v, now_s)
            if arrival_s > worst_s or (arrival_s == worst_s and v > worst):
                worst, worst_s = v, arrival_s
    if tracks < world.pictures[p]["capacity"]:
        return True
    if worst == i:
        return False
    log_row(state, now_s, _DROPPED, p, worst, -1, float(state.tracks[p, worst]["incarnation"]))
    forget(world, state, p, worst)
    state.tracks[p, worst]["refused"] = 1
    return True


@kernel
def recall(world: World, state: State, p: int) -> None:
    """Picture `p` has a free place: the object with the highest score that had none and that a feed holds may have it now."""
    now_s = state.cursor[0]["now_s"]
    best, best_s = -1, NEVER
    for v in range(world.objects.shape[0]):
        if state.tracks[p, v]["refused"] and state.objects[v]["end_s"] >= NEVER and feed_holding(world, state, p, v, now_s) >= 0:
            arrival_s = time_to_go_end_s(world, state, v, now_s)
            if best < 0 or arrival_s < best_s:
                best, best_s = v, arrival_s
    if best >= 0:
        push(state, now_s, _SCAN, p * world.objects.shape[0] + best)


@kernel
def watch_track(world: World, state: State, p: int, i: int) -> None:
    """Be there when the track of object `i` leaves limited picture `p`, so that its place is free at that time."""
    drops_s = holder_drops_s(world, state, p, i)
    if drops_s < NEVER:
        push(state, max(drops_s, state.cursor[0]["now_s"]), _SCAN, p * world.objects.shape[0] + i)


@kernel
def note_end(world: World, state: State, i: int) -> None:
    """Object `i` has ended: tracks of it live on until they are missed often enough, which frees places."""
    for f in range(world.feeds.shape[0]):
        if world.feeds[f]["limited"] and state.looks[i, f]["start_s"] < NEVER:
            plan_change(world, state, f, i)
    for p in range(world.pictures.shape[0]):
        if world.pictures[p]["limited"] and state.tracks[p, i]["firm_s"] < NEVER:
            state.tracks[p, i]["drops_s"] = -1.0
            watch_track(world, state, p, i)


@kernel
def engaged(world: World, state: State, p: int, i: int) -> bool:
    """Whether a post with picture `p` is engaging object `i`: a track lives at least until the decision after the assessment."""
    for q in range(world.posts.shape[0]):
        if world.posts[q]["picture"] == p and state.designations[i, q]["phase"] == PHASE_ENGAGED:
            return True
    return False


@kernel
def release_track(world: World, state: State, p: int, i: int, again: bool) -> bool:
    """Whether picture `p` keeps its track of object `i` when an engagement is over.

    A track that was missed too often meanwhile has lived on until now; it stays if a feed holds the target, and if the post wants to shoot
    `again`, for the decision at this instant, after which `let_go` ends it.
    """
    track, now_s = state.tracks[p, i], state.cursor[0]["now_s"]
    track["settled_s"] = -NEVER
    if keep_track(world, state, p, i, now_s) < NEVER and not engaged(world, state, p, i):
        f = feed_holding(world, state, p, i, now_s)
        if f >= 0:
            track["feed"], track["drops_s"], track["lost_s"] = f, -1.0, NEVER
        else:
            track["lost_s"] = now_s
            if again:
                track["settled_s"] = now_s
                return True
    kept = settle(world, state, p, i, now_s)
    if kept and world.pictures[p]["limited"]:
        watch_track(world, state, p, i)
    return kept


@kernel
def let_go(world: World, state: State, p: int, i: int) -> None:
    """The decision about object `i` is over: a track that lived on for it alone is gone."""
    track = state.tracks[p, i]
    if track["lost_s"] <= state.cursor[0]["now_s"]:
        track["settled_s"] = -NEVER
        settle(world, state, p, i, state.cursor[0]["now_s"])


@kernel
def forget(world: World, state: State, p: int, i: int) -> None:
    """The track of object `i` is gone from picture `p`: its designations end and the engagement radars stop looking for it."""
    state.tracks[p, i]["firm_s"] = state.tracks[p, i]["lost_s"] = NEVER
    for q in range(world.posts.shape[0]):
        if world.posts[q]["picture"] == p:
            leave_waiting(state, q, i, PHASE_NONE)
            state.designations[i, q]["wake_s"] = NEVER
    picture = world.pictures[p]
    for f in range(picture["feed_first"], picture["feed_first"] + picture["feed_count"]):
        if world.feeds[f]["cued"]:
            state.looks[i, f]["start_s"] = NEVER
            state.looks[i, f]["confirm_s"] = NEVER
            if world.feeds[f]["limited"]:
                free_place(world, state, f, i)
                state.held[i, f]["change_s"] = state.held[i, f]["firm_s"] = NEVER


@kernel
def designate(world: World, state: State, q: int, i: int, t_s: float) -> None:
    """Post `q` designates object `i` at `t_s` if a launch after the reaction could meet it; else it thinks again at the next turn.

    Friendly and neutral aircraft are known as such once identified, and never designated.
    """
    designation = state.designations[i, q]
    timeline = state.timeline[i]
    if not state.posts[q]["alive"]:
        return
    timeline["identified_s"] = min(timeline["identified_s"], t_s)
    if world.doctrines[world.posts[q]["doctrine"]]["hold"] or world.objects[i]["side"] != _RED:
        return
    ready_s = t_s + reaction_s(world, state, q, i, state.tracks[world.posts[q]["picture"], i]["incarnation"])
    launch_s = earliest_launch_s(world, state, q, i, t_s, ready_s)
    now_s = state.cursor[0]["now_s"]
    if launch_s >= NEVER:
        wake_object(world, state, q, i, next_turn_s(state, i, now_s))
        return
    designation["phase"] = PHASE_READY
    designation["ready_s"] = ready_s
    timeline["designated_s"] = min(timeline["designated_s"], t_s)
    timeline["ready_s"] = min(timeline["ready_s"], ready_s)
    log_row(state, t_s, _DESIGNATED, q, i, -1, ready_s)
    cue(world, state, q, i, t_s)
    sleep(world, state, q, i, launch_s)


@kernel
def sleep(world: World, state: State, q: int, i: int, launch_s: float) -> None:
    """Let post `q` think about object `i` at `launch_s`, when it could launch, or earlier: at a turn, or when the track is lost.

    The last because the next track may have a shorter reaction, and so be ready before this one.
    """
    now_s, track, ready_s = state.cursor[0]["now_s"], state.tracks[world.posts[q]["picture"], i], state.designations[i, q]["ready_s"]
    f = track["feed"]
    at_s = min(launch_s, next_turn_s(state, i, now_s))
    if ready_s > now_s and not world.feeds[f]["limited"]:  # the drops of others are events
        delay_s = world.feeds[f]["delay_s"]
        at_s = min(at_s, drop_before(world, state, f, i, ready_s - delay_s) + delay_s)
    wake_object(world, state, q, i, max(at_s, now_s))


@kernel
def cue(world: World, state: State, q: int, i: int, t_s: float) -> None:
    """Cue the engagement radars of post `q` to object `i`."""
    post = world.posts[q]
    if post["cues_watched"] >= 0:
        watch_cues(world, state, q)
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        f = world.units[u]["fire_control_feed"]
        if f >= 0 and world.feeds[f]["cued"] and state.looks[i, f]["start_s"] >= NEVER:
            cue_feed(state, f, i, t_s + world.feeds[f]["cue_delay_s"])
            if world.feeds[f]["limited"]:
                start_feed(world, state, f, i, state.looks[i, f]["start_s"])
                plan_change(world, state, f, i)
            elif world.settings[0]["eager"]:
                start_feed(world, state, f, i, state.looks[i, f]["start_s"])
                push(state, t_s, _SCAN, (world.pictures.shape[0] + f) * world.objects.shape[0] + i)


@kernel
def watch_cues(world: World, state: State, q: int) -> None:
    """Stop the replicate when so many objects are cued that an engagement radar of post `q` may be full; it must be run with places.

    A cued object counts until its track would be dropped after its end.
    """
    post, now_s = world.posts[q], state.cursor[0]["now_s"]
    linger_s = 0.0
    for u in range(post["unit_first"], post["unit_first"] + post["unit_count"]):
        f = world.units[u]["fire_control_feed"]
        if f >= 0 and world.feeds[f]["doubtful"]:
            sensor = world.sensors[world.feeds[f]["sensor"]]
            linger_s = max(linger_s, (max(sensor["drop_misses"], sensor["confirm_window"]) + 2) * sensor["period_s"])
    count = 0
    for v in range(world.objects.shape[0]):
        count += state.timeline[v]["designated_s"] < NEVER and state.objects[v]["end_s"] + linger_s >= now_s
    if count > post["cues_watched"]:
        state.cursor[0]["overflow"] = OVERFLOW_TRACKS


@kernel
def earliest_launch_s(world: World, state: State, q: int, i: int, t_s: float, ready_s: float) -> float:
    """First instant from `ready_s` on at which some magazine of post `q` could launch at object `i` as estimated at `t_s`."""
    estimate = state.estimates[i]
    if not estimate["time_s"] <= t_s < estimate["valid_to_s"]:
        refresh_estimate(world, state, i, t_s)
    all_units = world.posts[q]["all_units"]
    launch_windows(world, state, q, i, all_units)
    best_s = first_of_windows_s(world, state, q, i, ready_s)
    if best_s >= NEVER:  # nobody knows of the turn, so what is open after it counts here
        make_windows(world, state, q, i, all_units, NEVER)
        best_s = first_of_windows_s(world, state, q, i, ready_s)
    return best_s


@kernel
def first_of_windows_s(world: World, state: State, q: int, i: int, t_s: float) -> float:
    """First instant from `t_s` on inside a launch window of a magazine of post `q` against object `i`."""
    post, best_s = world.posts[q], NEVER
    for m in range(post["magazine_first"], post["magazine_first"] + post["magazine_count"]):
        best_s = min(best_s, next_launch_s(state.pairs[i, m], t_s))
    return float(best_s)


@kernel
def next_turn_s(state: State, i: int, t_s: float) -> float:
    """When the estimate of object `i` must be made anew; NEVER if its path ends first."""
    valid_to_s = state.estimates[i]["valid_to_s"]
    if valid_to_s >= state.objects[i]["path_end_s"]:
        return NEVER
    return float(max(valid_to_s, t_s))
