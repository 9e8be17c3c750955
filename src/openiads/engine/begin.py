"""The state at the beginning of a replicate: luck that is drawn once, then the first events."""

from __future__ import annotations

import math

from openiads.codes import EventKind, ObjectStatus, Process, Status
from openiads.engine.agenda import plan_change
from openiads.engine.queue import clear_queue, push
from openiads.kernel import kernel
from openiads.models.command.choice import count_ready
from openiads.models.radar.look import look_time_s
from openiads.models.tracking.machine import start_feed
from openiads.models.tracking.picture import next_track
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER, PHASE_NONE
from openiads.state.rng import normal, u01

_ARRIVE = int(EventKind.ARRIVE)
_SCAN = int(EventKind.SCAN)
_ALIVE = int(ObjectStatus.ALIVE)
_RUNNING = int(Status.RUNNING)
_TIME_SHIFT = int(Process.TIME_SHIFT)
_TIME_SCALE = int(Process.TIME_SCALE)
_RIGID_MOTION = int(Process.RIGID_MOTION)
_ARRIVAL_GAP = int(Process.ARRIVAL_GAP)
_SCAN_PHASE = int(Process.SCAN_PHASE)
_RAID_EFFECT = int(Process.RAID_EFFECT)


@kernel
def begin(world: World, state: State, seed: int, replication: int) -> None:
    """Make `state` ready for replicate `replication` of `seed`; `record` is left as it is."""
    reset_cursor(world, state, seed, replication)
    clear_queue(world, state)
    reset_defence(world, state)
    arrival_s, group = 0.0, -1
    for i in range(world.objects.shape[0]):
        if world.objects[i]["group"] != group:
            arrival_s, group = 0.0, world.objects[i]["group"]
        arrival_s = reset_object(world, state, i, arrival_s)
        push(state, state.objects[i]["path_end_s"], _ARRIVE, i)
        for p in range(world.pictures.shape[0]):
            begin_looking(world, state, p, i)


@kernel
def reset_cursor(world: World, state: State, seed: int, replication: int) -> None:
    """Clock, counters and the luck of the whole raid."""
    cursor = state.cursor[0]
    cursor["seed"], cursor["replication"] = seed, replication
    cursor["now_s"], cursor["status"], cursor["kind"] = 0.0, _RUNNING, 0
    cursor["log_count"] = cursor["engagement_count"] = cursor["shot_count"] = 0
    cursor["events"] = cursor["looks"] = cursor["overflow"] = cursor["ready_rounds"] = 0
    cursor["alive_count"] = world.objects.shape[0]
    cursor["empty_s"] = NEVER
    sd = world.settings[0]["raid_effect_sd"]
    cursor["raid_effect"] = sd * normal(seed, replication, _RAID_EFFECT, 0, 0, 0) if sd > 0.0 else 0.0


@kernel
def reset_defence(world: World, state: State) -> None:
    """Radars at a phase of their own, everything alive, loaded and idle."""
    cursor = state.cursor[0]
    for s in range(world.sensors.shape[0]):
        row = state.sensors[s]
        phase = u01(cursor["seed"], cursor["replication"], _SCAN_PHASE, world.sensors[s]["key"], 0, 0)
        row["phase_s"] = -phase * world.sensors[s]["period_s"]
        row["shut_out_s"] = row["shut_out_to_s"] = NEVER
        row["changed_s"], row["changes"], row["tracks"] = NEVER, 0, 0
        row["latest_s"], row["snr_factor"], row["blind_s"] = -NEVER, 1.0, NEVER
    for q in range(world.posts.shape[0]):
        post = state.posts[q]
        post["waiting_count"], post["wake_s"], post["alive"], post["passes"], post["fit_for_reserve"] = 0, NEVER, 1, 1, 0
        post["slowness"] = 1.0
        post["free"] = post["channels"] = post["offered"] = post["newcomers"] = 0
    for u in range(world.units.shape[0]):
        unit = state.units[u]
        unit["busy_channels"] = unit["missiles_in_flight"] = unit["channels"] = unit["peak_channels"] = 0
        unit["next_launch_s"], unit["alive"] = -NEVER, 1
        unit["free_from_s"], unit["free_to_s"] = NEVER, -NEVER
        unit["changed_s"] = unit["channel_seconds"] = 0.0
    for c in range(world.components.shape[0]):
        component = state.components[c]
        component["status"], component["launchers_lost"] = 0, 0
        component["until_s"] = component["hit_s"] = component["killed_s"] = NEVER
    for m in range(world.magazines.shape[0]):
        magazine, now = world.magazines[m], state.magazines[m]
        now["ready"], now["held"], now["fired"], now["emptied"], now["destroyed"], now["hit"] = 0, magazine["held"], 0, 0, 0, 0
        count_ready(world, state, m, magazine["ready"])


@kernel
def reset_object(world: World, state: State, i: int, arrival_s: float) -> float:
    """Object `i` alive, at its own time and turn, with nothing known about it; returns when it starts, for Poisson arrivals after it."""
    cursor = state.cursor[0]
    seed, replication = cursor["seed"], cursor["replication"]
    obj, now = world.objects[i], state.objects[i]
    if obj["arrival_rate_per_s"] > 0.0:
        arrival_s -= math.log(u01(seed, replication, _ARRIVAL_GAP, obj["key"], 0, 0)) / obj["arrival_rate_per_s"]
    shift_s, scale, turn_rad = arrival_s, 1.0, 0.0
    if obj["shift_half_width_s"] > 0.0:
        shift_s += obj["shift_half_width_s"] * (2.0 * u01(seed, replication, _TIME_SHIFT, obj["key"], 0, 0) - 1.0)
    if obj["scale_half_width"] > 0.0:
        scale += obj["scale_half_width"] * (2.0 * u01(seed, replication, _TIME_SCALE, obj["key"], 0, 0) - 1.0)
    if obj["rotation_sd_rad"] > 0.0:
        turn_rad = obj["rotation_sd_rad"] * normal(seed, replication, _RIGID_MOTION, obj["key"], 0, 0)
    now["origin_s"], now["scale"], now["rate"] = obj["start_s"] + shift_s, scale, 1.0 / scale
    now["cos_rotation"], now["sin_rotation"] = math.cos(turn_rad), math.sin(turn_rad)
    now["path_end_s"], now["end_s"] = now["origin_s"] + scale * obj["duration_s"], NEVER
    now["status"], now["segment"], now["shots"], now["salvos"] = _ALIVE, obj["knot_first"], 0, 0
    now["from_s"], now["to_s"] = NEVER, -NEVER
    forget_object(world, state, i)
    return float(arrival_s)


@kernel
def forget_object(world: World, state: State, i: int) -> None:
    """Nothing is known about object `i`."""
    row = state.timeline[i]
    row["visible_s"] = row["firm_s"] = row["identified_s"] = row["designated_s"] = row["ready_s"] = NEVER
    row["first_feasible_s"] = row["first_launch_s"] = row["last_end_s"] = NEVER
    row["last_engagement"], row["cause"], row["why_no_more"], row["unit"] = -1, 0, 0, -1
    state.estimates[i]["valid_to_s"] = -NEVER
    for f in range(world.feeds.shape[0]):
        looks = state.looks[i, f]
        looks["start_s"] = looks["confirm_s"] = NEVER
        looks["last_look"], looks["history"], looks["seen"] = -1, 0, 0
        if world.feeds[f]["limited"]:
            held = state.held[i, f]
            held["place"], held["shut_out"], held["change_s"], held["firm_s"], held["lost_s"] = -1, 0, NEVER, NEVER, NEVER
            held["track_s"] = 0.0
    for p in range(world.pictures.shape[0]):
        track = state.tracks[p, i]
        track["firm_s"] = track["lost_s"] = NEVER
        track["drops_s"] = -1.0
        track["feed"], track["object"], track["incarnation"], track["refused"], track["settled_s"] = -1, -1, 0, 0, -NEVER
    for q in range(world.posts.shape[0]):
        designation = state.designations[i, q]
        designation["ready_s"] = designation["wake_s"] = designation["reopen_s"] = NEVER
        designation["phase"], designation["waiting"], designation["salvos"] = PHASE_NONE, -1, 0
        designation["tried"], designation["told"], designation["blocked"] = 0, 0, 0
        designation["known"] = designation["later"] = designation["wants"] = 0
        designation["reached"] = designation["served"] = designation["stocked"] = designation["held"] = 0
    for u in range(world.units.shape[0]):
        state.unit_objects[i, u]["since_s"] = NEVER


@kernel
def begin_looking(world: World, state: State, p: int, i: int) -> None:
    """The feeds of picture `p` that need no cue begin to look at object `i`; schedule its first track, or every look."""
    picture = world.pictures[p]
    n = world.objects.shape[0]
    eager = world.settings[0]["eager"]
    for f in range(picture["feed_first"], picture["feed_first"] + picture["feed_count"]):
        if world.feeds[f]["cued"]:
            continue
        start_feed(world, state, f, i, state.objects[i]["origin_s"])
        if world.feeds[f]["limited"]:
            plan_change(world, state, f, i)
        elif eager and state.looks[i, f]["start_s"] < NEVER:
            first_s = look_time_s(world, state, f, i, state.looks[i, f]["last_look"] + 1)
            if first_s <= state.objects[i]["path_end_s"]:
                push(state, first_s, _SCAN, (world.pictures.shape[0] + f) * n + i)
    if not eager:
        firm_s, f = next_track(world, state, p, i, NEVER)
        if firm_s < NEVER:
            state.tracks[p, i]["feed"] = f
            push(state, firm_s, _SCAN, p * n + i)
