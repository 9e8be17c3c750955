"""What a track of an object says about its future, and which asset it presumably aims at.

An air-breathing track is extrapolated at constant ground speed and height along its great circle; a ballistic one along the arc of
its class. The presumed aim is the asset, still ahead, that the extrapolated ground track passes closest by (within a metre: the more
valuable one, then the first); the score of a track is the time at which it gets there: least time to go first. Nothing here
knows the true aim, the next turn or a release point.

Not modelled in the `track-quality` fidelity: the error of the estimate, which is that of a settled track and small against every
length that matters here.
Reference: closest approach and time to go as measures of a threat, J. Roy, S. Paradis, M. Allouche, "Threat evaluation for impact
assessment in situation analysis systems", Proc. SPIE 4729 (2002).
"""

from __future__ import annotations

import math

from openiads.codes import Motion
from openiads.geodesy.small_angles import atan2
from openiads.kernel import kernel
from openiads.models.motion.objects import leg_end_s, object_position, object_velocity
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER

_BALLISTIC = int(Motion.BALLISTIC)
_TIE_M = 1.0
#: An asset that is nearer than this ahead is passed: at the very instant of passing, rounding would decide.
_PASSED_M = 1.0
#: A target that flies on is known to have passed its presumed aim after this time. Without it a post would shoot, by rounding, at a
#: target that arrives at this very instant.
_PASSED_S = 1.0
#: A turn belongs to the leg that follows it, whatever the rounding.
_AFTER_TURN_S = 1e-6


@kernel
def refresh_estimate(world: World, state: State, i: int, t_s: float) -> None:
    """Estimate object `i` afresh at `t_s`; every launch window computed before is void."""
    estimate = state.estimates[i]
    path_end_s = state.objects[i]["path_end_s"]
    x, y, z, alt_m = object_position(world, state, i, t_s)
    vx, vy, vz = object_velocity(world, state, i, t_s + _AFTER_TURN_S)
    radius_m = math.sqrt(x * x + y * y + z * z)
    ux, uy, uz = x / radius_m, y / radius_m, z / radius_m
    climb = vx * ux + vy * uy + vz * uz
    ax, ay, az = vx - climb * ux, vy - climb * uy, vz - climb * uz
    level = math.sqrt(ax * ax + ay * ay + az * az)
    for q in range(world.posts.shape[0]):
        state.designations[i, q]["known"] = 0
    estimate["time_s"] = t_s
    pos, along = estimate["pos_ecef_m"], estimate["along"]
    pos[0], pos[1], pos[2] = x, y, z
    if level > 0.0:
        along[0], along[1], along[2] = ax / level, ay / level, az / level
    else:
        along[0], along[1], along[2] = 0.0, 0.0, 0.0
    estimate["rate_radps"] = level / radius_m
    estimate["radius_m"] = radius_m
    estimate["alt_m"] = alt_m
    estimate["speed_mps"] = math.sqrt(vx * vx + vy * vy + vz * vz)
    if world.objects[i]["motion"] == _BALLISTIC:
        k = estimate["presumed_aim"] = nearest_asset(world, state, i)
        estimate["value"] = world.assets[k]["value"] if k >= 0 else 0.0
        estimate["arrival_s"] = path_end_s
        estimate["valid_to_s"] = path_end_s
        return
    presume_aim(world, state, i)
    valid_to_s = leg_end_s(world, state, i, t_s + _AFTER_TURN_S)
    estimate["valid_to_s"] = min(valid_to_s, estimate["arrival_s"] + _PASSED_S)


@kernel
def nearest_asset(world: World, state: State, i: int) -> int:
    """The asset nearest to the end of a ballistic arc, or -1 without assets."""
    x, y, z, _ = object_position(world, state, i, state.objects[i]["path_end_s"])
    best, best_m = -1, NEVER
    for k in range(world.assets.shape[0]):
        pos = world.assets[k]["pos_ecef_m"]
        dx, dy, dz = pos[0] - x, pos[1] - y, pos[2] - z
        distance_m = math.sqrt(dx * dx + dy * dy + dz * dz)
        if distance_m < best_m:
            best, best_m = k, distance_m
    return best


@kernel
def presume_aim(world: World, state: State, i: int) -> None:
    """Set the presumed aim and the time of arrival there from the extrapolated great circle."""
    estimate = state.estimates[i]
    estimate["presumed_aim"], estimate["value"] = -1, 0.0
    estimate["arrival_s"] = NEVER
    rate = estimate["rate_radps"]
    if rate <= 0.0:
        return
    radius_m = estimate["radius_m"]
    pos, along = estimate["pos_ecef_m"], estimate["along"]
    ux, uy, uz = pos[0] / radius_m, pos[1] / radius_m, pos[2] / radius_m
    nx, ny, nz = uy * along[2] - uz * along[1], uz * along[0] - ux * along[2], ux * along[1] - uy * along[0]
    fx, fy, fz = along[0], along[1], along[2]
    best, least_m, second_m = -1, NEVER, NEVER
    for k in range(world.assets.shape[0]):
        there = world.assets[k]["pos_ecef_m"]
        passed_m = 0.0 if there[0] * fx + there[1] * fy + there[2] * fz > _PASSED_M else NEVER
        miss_m = max(abs(there[0] * nx + there[1] * ny + there[2] * nz), passed_m)  # without a branch, which would be guessed wrongly
        second_m = min(second_m, max(miss_m, least_m))
        best = k if miss_m < least_m else best
        least_m = min(least_m, miss_m)
    if best < 0:
        return
    if second_m < least_m + _TIE_M:
        best = -1
        for k in range(world.assets.shape[0]):
            there = world.assets[k]["pos_ecef_m"]
            tie = abs(there[0] * nx + there[1] * ny + there[2] * nz) < least_m + _TIE_M
            better = best < 0 or world.assets[k]["value"] > world.assets[best]["value"]
            if tie and better and there[0] * fx + there[1] * fy + there[2] * fz > _PASSED_M:
                best = k
    there = world.assets[best]["pos_ecef_m"]
    ahead_rad = atan2(there[0] * fx + there[1] * fy + there[2] * fz, there[0] * ux + there[1] * uy + there[2] * uz)
    estimate["presumed_aim"], estimate["value"] = best, world.assets[best]["value"]
    estimate["arrival_s"] = estimate["time_s"] + ahead_rad / rate
