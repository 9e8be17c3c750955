"""The direction in which a radar sees an object.

Not modelled: errors of bearing, and bending of the ray sideways.
Reference: local axes of east, north and up, P. Groves, Principles of GNSS, Inertial, and Multisensor Integrated Navigation Systems (2nd
ed., 2013), chapter 2.
"""

from __future__ import annotations

import math

from openiads.kernel import kernel
from openiads.models.motion.objects import object_position
from openiads.state.arrays import State, World

_TWO_PI = 2.0 * math.pi
#: Straight overhead: whoever ends its path at the radar has an azimuth that only rounding would decide, differently on each machine.
_OVERHEAD_M2 = 1.0


@kernel
def azimuth_rad(world: World, state: State, s: int, i: int, t_s: float) -> float:
    """Azimuth of object `i` from sensor `s`, in [0, 2 pi), at `t_s` or at the nearest end of its path; 0 straight overhead."""
    now = state.objects[i]
    sensor = world.sensors[s]
    x, y, z, _ = object_position(world, state, i, min(max(t_s, now["origin_s"]), now["path_end_s"]))
    pos, east, north = sensor["pos_ecef_m"], sensor["east"], sensor["north"]
    dx, dy, dz = x - pos[0], y - pos[1], z - pos[2]
    to_east_m, to_north_m = dx * east[0] + dy * east[1] + dz * east[2], dx * north[0] + dy * north[1] + dz * north[2]
    if to_east_m * to_east_m + to_north_m * to_north_m < _OVERHEAD_M2:
        return 0.0
    az = math.atan2(to_east_m, to_north_m)
    return az if az >= 0.0 else az + _TWO_PI
