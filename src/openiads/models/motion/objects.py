"""Where an object is in this replicate: its path, shifted and stretched in time and turned about its aim point.

Not modelled: reaction of the object to the defence; heights and AGL legs are untouched by the turn.
"""

from __future__ import annotations

from typing import Any

from openiads.kernel import inlined, kernel
from openiads.models.motion.evaluate import position_at, segment_index, velocity_at
from openiads.state.arrays import State, World


@inlined
def rotated(x: float, y: float, z: float, axis: Any, cos: float, sin: float) -> tuple[float, float, float]:
    """A vector turned about the unit vector `axis` (Rodrigues)."""
    ax, ay, az = axis[0], axis[1], axis[2]
    along = (ax * x + ay * y + az * z) * (1.0 - cos)
    return (
        x * cos + (ay * z - az * y) * sin + ax * along,
        y * cos + (az * x - ax * z) * sin + ay * along,
        z * cos + (ax * y - ay * x) * sin + az * along,
    )


@inlined
def object_position(world: World, state: State, i: int, t_s: float) -> tuple[float, float, float, float]:
    """ECEF position (m) and height above mean sea level (m) of object `i` at scenario time `t_s`."""
    obj = world.objects[i]
    now = state.objects[i]
    own_s = (t_s - now["origin_s"]) * now["rate"]
    first = obj["knot_first"]
    segment = segment_index(world.knots, first, first + obj["knot_count"] - 1, now["segment"], own_s)
    now["segment"] = segment
    x, y, z, alt_m = position_at(world.knots, segment, own_s)
    if now["sin_rotation"] != 0.0:
        aim = obj["aim_ecef_m"]
        dx, dy, dz = rotated(x - aim[0], y - aim[1], z - aim[2], obj["aim_up"], now["cos_rotation"], now["sin_rotation"])
        x, y, z = aim[0] + dx, aim[1] + dy, aim[2] + dz
    return x, y, z, alt_m


@kernel
def object_velocity(world: World, state: State, i: int, t_s: float) -> tuple[float, float, float, float]:
    """ECEF velocity (m/s) and climb rate (m/s) of object `i` at scenario time `t_s`."""
    obj = world.objects[i]
    now = state.objects[i]
    own_s = (t_s - now["origin_s"]) * now["rate"]
    first = obj["knot_first"]
    segment = segment_index(world.knots, first, first + obj["knot_count"] - 1, now["segment"], own_s)
    x, y, z, climb_mps = velocity_at(world.knots, segment, own_s)
    if now["sin_rotation"] != 0.0:
        x, y, z = rotated(x, y, z, obj["aim_up"], now["cos_rotation"], now["sin_rotation"])
    return x * now["rate"], y * now["rate"], z * now["rate"], climb_mps * now["rate"]


@kernel
def leg_end_s(world: World, state: State, i: int, t_s: float) -> float:
    """Scenario time at which the leg flown at `t_s` ends."""
    obj = world.objects[i]
    now = state.objects[i]
    first = obj["knot_first"]
    last = first + obj["knot_count"] - 1
    own_s = (t_s - now["origin_s"]) * now["rate"]
    k = segment_index(world.knots, first, last, now["segment"], own_s)
    leg = world.knots[k]["leg"]
    while k < last and world.knots[k + 1]["leg"] == leg:
        k += 1
    return now["origin_s"] + now["scale"] * world.knots[k]["time_s"]
