"""When a radar can possibly see an object: a hint that saves looks and must never lose one.

A window is found on the unvaried path from two necessary conditions, slant range and horizon, and widened by what the variation of
a replicate can change: the turn about the aim point moves an object by at most angle x distance from the aim.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from openiads.codes import Motion
from openiads.kernel import kernel
from openiads.models.motion.evaluate import position_at, segment_index
from openiads.models.propagation.horizon import arc_to_horizon_m
from openiads.state.arrays import World
from openiads.state.layout import NEVER

#: Rotations beyond this many standard deviations are impossible in 2^-32 steps of a uniform number (Box-Muller reaches 6.66).
MOST_SIGMAS = 6.7
_ARC_OVER_CHORD = 1.001
_STEPS = 4000
_BALLISTIC = int(Motion.BALLISTIC)


@kernel
def sensor_windows(world: World) -> None:
    """Fill `world.sensor_windows` [object, sensor]."""
    for i in range(world.objects.shape[0]):
        obj = world.objects[i]
        highest_m = 0.0
        for k in range(obj["knot_first"], obj["knot_first"] + obj["knot_count"]):
            knot = world.knots[k]
            highest_m = max(highest_m, knot["alt_m"])
            if knot["per_s"] > 0.0:  # the polynomial to the next knot lies below its control points
                rise_m, next_knot = knot["climb_mps"] / (3.0 * knot["per_s"]), world.knots[k + 1]
                fall_m = next_knot["climb_mps"] / (3.0 * knot["per_s"])
                highest_m = max(highest_m, knot["alt_m"] + rise_m, next_knot["alt_m"] - fall_m)
        for s in range(world.sensors.shape[0]):
            reach_m = greatest_reach_m(world, s, i, highest_m)
            row = world.sensor_windows[i, s]
            row["from_s"] = first_possible_s(world, s, i, reach_m, False)
            row["to_s"] = first_possible_s(world, s, i, reach_m, True)
            row["reach_m"] = reach_m


@kernel
def greatest_reach_m(world: World, s: int, i: int, highest_m: float) -> float:
    """No object as high as `highest_m` can be in view of sensor `s` beyond this slant range."""
    sensor, settings = world.sensors[s], world.settings[0]
    if world.objects[i]["motion"] == _BALLISTIC:
        radius_m, dip_rad = settings["effective_radius_ballistic_m"], sensor["horizon_angle_ballistic_rad"]
    else:
        radius_m, dip_rad = settings["effective_radius_air_m"], sensor["horizon_angle_air_rad"]
    horizon_m = radius_m * dip_rad + arc_to_horizon_m(highest_m, radius_m)
    return float(min(sensor["range_max_m"], horizon_m * _ARC_OVER_CHORD + highest_m))


@kernel
def first_possible_s(world: World, s: int, i: int, reach_m: float, backwards: bool) -> float:
    """First (or, `backwards`, last) own time at which object `i` may be in view of sensor `s`; NEVER (-NEVER) if none.

    Steps of the distance that is missing over the greatest speed, and at least a four-thousandth of the path.
    """
    obj = world.objects[i]
    first, last = obj["knot_first"], obj["knot_first"] + obj["knot_count"] - 1
    least_s = obj["duration_s"] / _STEPS
    k = last if backwards else first
    passed_s = 0.0
    while passed_s <= obj["duration_s"]:
        own_s = obj["duration_s"] - passed_s if backwards else passed_s
        k = segment_index(world.knots, first, last, k, own_s)
        lack_m = out_of_reach_m(world, s, i, k, own_s) - reach_m
        if lack_m <= obj["speed_max_mps"] * least_s:
            early_s = max(passed_s - least_s, 0.0)
            return float(obj["duration_s"] - early_s if backwards else early_s)
        passed_s += max(lack_m / obj["speed_max_mps"], least_s)
    return -NEVER if backwards else NEVER


@kernel
def out_of_reach_m(world: World, s: int, i: int, segment: int, own_s: float) -> float:
    """Least slant range (m) of object `i` from sensor `s` at `own_s`, whatever the turn of its path."""
    obj = world.objects[i]
    x, y, z, _ = position_at(world.knots, segment, own_s)
    aim, pos = obj["aim_ecef_m"], world.sensors[s]["pos_ecef_m"]
    ax, ay, az = x - aim[0], y - aim[1], z - aim[2]
    dx, dy, dz = x - pos[0], y - pos[1], z - pos[2]
    moved_m = MOST_SIGMAS * obj["rotation_sd_rad"] * math.sqrt(ax * ax + ay * ay + az * az)
    return math.sqrt(dx * dx + dy * dy + dz * dz) - moved_m


def mark_limited(world: World) -> None:
    """Mark the radars and pictures that could have to hold more tracks at once than they can, in any replicate.

    Cued radars hold far fewer tracks than there are objects in their coverage, so of them it is only in doubt.

    An object counts at a radar from the first possible look until the last track of it would be dropped. Where arrivals are drawn,
    all objects may be there at once.
    """
    objects, feeds, pictures = world.objects, world.feeds, world.pictures
    poisson = bool((objects["arrival_rate_per_s"] > 0.0).any())
    first_s, last_s = np.full((len(feeds), len(objects)), np.inf), np.full((len(feeds), len(objects)), -np.inf)
    for f, feed in enumerate(feeds):
        sensor, window = world.sensors[feed["sensor"]], world.sensor_windows[:, feed["sensor"]]
        linger_s = (max(sensor["drop_misses"], sensor["confirm_window"]) + 2) * sensor["period_s"]
        seen = window["from_s"] < NEVER
        first = objects["start_s"] - objects["shift_half_width_s"] + (1.0 - objects["scale_half_width"]) * window["from_s"]
        last = objects["start_s"] + objects["shift_half_width_s"] + (1.0 + objects["scale_half_width"]) * window["to_s"] + linger_s
        first_s[f, seen], last_s[f, seen] = first[seen], last[seen]
        full = most_at_once(first_s[f], last_s[f], poisson) > sensor["capacity"]
        feed["limited"], feed["doubtful"] = full and not feed["cued"], full and feed["cued"]
    for picture in pictures:
        rows = slice(picture["feed_first"], picture["feed_first"] + picture["feed_count"])
        at_once = most_at_once(first_s[rows].min(axis=0, initial=np.inf), last_s[rows].max(axis=0, initial=-np.inf), poisson)
        picture["limited"] = at_once > picture["capacity"]
    doubtful = feeds[feeds["doubtful"] == 1]
    for q, post in enumerate(world.posts):
        capacities = world.sensors["capacity"][doubtful["sensor"][world.units["post"][doubtful["unit"]] == q]]
        post["cues_watched"] = capacities.min() if capacities.size else -1
    world.settings[0]["limited"] = bool(feeds["limited"].any() or pictures["limited"].any())


def with_places(world: World) -> World:
    """`world` with places at the doubtful radars too, for a replicate in which one of them may be full."""
    settings, feeds, posts = world.settings.copy(), world.feeds.copy(), world.posts.copy()
    feeds["limited"] |= feeds["doubtful"]
    feeds["doubtful"], posts["cues_watched"], settings["limited"] = 0, -1, 1
    return world._replace(settings=settings, feeds=feeds, posts=posts)


def most_at_once(first_s: NDArray[np.float64], last_s: NDArray[np.float64], all_together: bool) -> int:
    """The greatest number of closed intervals that have an instant in common; empty ones begin after they end."""
    held = first_s <= last_s
    if all_together:
        return int(held.sum())
    times = np.concatenate([first_s[held], last_s[held]])
    steps = np.repeat([1, -1], held.sum())
    order = np.lexsort((-steps, times))
    return int(np.cumsum(steps[order]).max(initial=0))
