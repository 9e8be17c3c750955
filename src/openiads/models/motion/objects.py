"""Where an object is in this replicate: its path, shifted and stretched in time and turned about its aim point.

The segment flown now is kept as one cubic polynomial of scenario time with everything folded in (OBJECT_STATE `course`), because an
object is asked for its position some forty times and has only a few segments.

Not modelled: reaction of the object to the defence; heights and AGL legs are untouched by the turn.
Reference: the rotation formula, H. Goldstein, C. Poole, J. Safko, Classical Mechanics (3rd ed., 2002), section 4.7.
"""

from __future__ import annotations

from typing import Any

from openiads.kernel import inlined, kernel
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER


@kernel
def rotated(x: float, y: float, z: float, axis: Any, cos: float, sin: float) -> tuple[float, float, float]:
    """A vector turned about the unit vector `axis` (Rodrigues)."""
    ax, ay, az = axis[0], axis[1], axis[2]
    along = (ax * x + ay * y + az * z) * (1.0 - cos)
    return (
        x * cos + (ay * z - az * y) * sin + ax * along,
        y * cos + (az * x - ax * z) * sin + ay * along,
        z * cos + (ax * y - ay * x) * sin + az * along,
    )


@kernel
def lay_course(world: World, state: State, i: int, t_s: float) -> None:
    """Make the course of object `i` that of the segment it flies at scenario time `t_s`.

    The Hermite polynomial of a segment with ends p, q and slopes v, r in powers of u = time / duration, d = q - p and v, r per duration:
    p + v u + (3 d - 2 v - r) u^2 + (v + r - 2 d) u^3. Before the first knot and after the last the end holds. At a shared time the later
    knot counts. The segment is a function of `t_s` alone, whatever was asked before.
    """
    obj, now = world.objects[i], state.objects[i]
    first = obj["knot_first"]
    last = first + obj["knot_count"] - 1
    k = now["segment"]
    while k < last - 1 and t_s >= now["origin_s"] + now["scale"] * world.knots[k + 1]["time_s"]:
        k += 1
    while k > first and t_s < now["origin_s"] + now["scale"] * world.knots[k]["time_s"]:
        k -= 1
    a, b = world.knots[k], world.knots[k + 1]
    now["segment"], now["leg_end_s"] = k, now["origin_s"] + now["scale"] * a["leg_end_s"]
    now["start_s"], now["stop_s"] = now["origin_s"] + now["scale"] * a["time_s"], now["origin_s"] + now["scale"] * b["time_s"]
    now["from_s"] = -NEVER if k == first else now["start_s"]
    now["to_s"] = NEVER if k == last - 1 else now["stop_s"]
    step_s, pace = b["time_s"] - a["time_s"], a["per_s"] * now["rate"]
    p, q, v, r, aim, course = a["pos_ecef_m"], b["pos_ecef_m"], a["vel_ecef_mps"], b["vel_ecef_mps"], obj["aim_ecef_m"], now["course"]
    cos, sin, axis = now["cos_rotation"], now["sin_rotation"], obj["aim_up"]
    px, py, pz = rotated(p[0] - aim[0], p[1] - aim[1], p[2] - aim[2], axis, cos, sin)
    dx, dy, dz = rotated(q[0] - p[0], q[1] - p[1], q[2] - p[2], axis, cos, sin)
    vx, vy, vz = rotated(step_s * v[0], step_s * v[1], step_s * v[2], axis, cos, sin)
    rx, ry, rz = rotated(step_s * r[0], step_s * r[1], step_s * r[2], axis, cos, sin)
    dh, vh, rh = b["alt_m"] - a["alt_m"], step_s * a["climb_mps"], step_s * b["climb_mps"]
    course[0], course[1], course[2], course[3] = aim[0] + px, aim[1] + py, aim[2] + pz, a["alt_m"]
    course[4], course[5], course[6], course[7] = vx * pace, vy * pace, vz * pace, vh * pace
    pace2, pace3 = pace * pace, pace * pace * pace
    course[8], course[9] = (3.0 * dx - 2.0 * vx - rx) * pace2, (3.0 * dy - 2.0 * vy - ry) * pace2
    course[10], course[11] = (3.0 * dz - 2.0 * vz - rz) * pace2, (3.0 * dh - 2.0 * vh - rh) * pace2
    course[12], course[13] = (vx + rx - 2.0 * dx) * pace3, (vy + ry - 2.0 * dy) * pace3
    course[14], course[15] = (vz + rz - 2.0 * dz) * pace3, (vh + rh - 2.0 * dh) * pace3


@inlined
def on_course(now: Any, t_s: float) -> tuple[float, float, float, float]:
    """Position (m) and height (m) at `t_s` on the course of a row of OBJECT_STATE, or at its nearest end."""
    c, t = now["course"], min(max(t_s, now["start_s"]), now["stop_s"]) - now["start_s"]
    return (
        c[0] + t * (c[4] + t * (c[8] + t * c[12])),
        c[1] + t * (c[5] + t * (c[9] + t * c[13])),
        c[2] + t * (c[6] + t * (c[10] + t * c[14])),
        c[3] + t * (c[7] + t * (c[11] + t * c[15])),
    )


@inlined
def object_position(world: World, state: State, i: int, t_s: float) -> tuple[float, float, float, float]:
    """ECEF position (m) and height above mean sea level (m) of object `i` at scenario time `t_s`."""
    now = state.objects[i]
    if t_s < now["from_s"] or t_s >= now["to_s"]:
        lay_course(world, state, i, t_s)
    return on_course(now, t_s)


@kernel
def object_velocity(world: World, state: State, i: int, t_s: float) -> tuple[float, float, float]:
    """ECEF velocity (m/s) of object `i` at scenario time `t_s`."""
    now = state.objects[i]
    if t_s < now["from_s"] or t_s >= now["to_s"]:
        lay_course(world, state, i, t_s)
    c, t = now["course"], min(max(t_s, now["start_s"]), now["stop_s"]) - now["start_s"]
    return (
        c[4] + t * (2.0 * c[8] + t * 3.0 * c[12]),
        c[5] + t * (2.0 * c[9] + t * 3.0 * c[13]),
        c[6] + t * (2.0 * c[10] + t * 3.0 * c[14]),
    )


@inlined
def leg_end_s(world: World, state: State, i: int, t_s: float) -> float:
    """Scenario time at which the leg flown at `t_s` ends."""
    now = state.objects[i]
    if t_s < now["from_s"] or t_s >= now["to_s"]:
        lay_course(world, state, i, t_s)
    return float(now["leg_end_s"])
