"""When a ballistic object is surely inside an envelope, and when surely outside: a hint that saves most of the search for its edges.

The times are found on the unvaried path and hold for every replicate: the turn about the aim point moves an object by at most
angle x distance from the aim, and nothing of it moves faster than the object flies. An arc that enters an envelope twice, or only
grazes it, gets no hint but where it is surely still outside.
"""

from __future__ import annotations

import math

from openiads.codes import Motion
from openiads.kernel import kernel
from openiads.models.interceptor.envelope import EDGE_M, inside_m, measured_m
from openiads.models.motion.evaluate import position_at, segment_index
from openiads.simulation.lower.windows import MOST_SIGMAS
from openiads.state.arrays import World
from openiads.state.layout import NEVER

_BALLISTIC = int(Motion.BALLISTIC)
_STEPS = 4000
#: A ground range changes by hardly more than the object moves, up to the greatest heights.
_MOVE_MARGIN = 1.01
#: The slack and the room for variation together change by less than this times the speed.
_FASTEST = 2.0 * _MOVE_MARGIN


@kernel
def edge_windows(world: World) -> None:
    """Fill `world.edge_windows` [object, magazine] with times on the object's own clock."""
    for i in range(world.objects.shape[0]):
        if world.objects[i]["motion"] != _BALLISTIC:
            continue
        duration_s = world.objects[i]["duration_s"]
        for m in range(world.magazines.shape[0]):
            row = world.edge_windows[i, m]
            row["outside_to_s"], may_s = until(world, i, m, 0.0, 1.0, True)
            _, row["inside_from_s"] = until(world, i, m, may_s, -1.0, True)
            row["inside_to_s"] = row["outside_from_s"] = duration_s
            if row["inside_from_s"] >= NEVER:
                continue
            row["inside_to_s"], leaves_s = until(world, i, m, row["inside_from_s"], -1.0, False)
            _, row["outside_from_s"] = until(world, i, m, row["inside_to_s"], 1.0, False)
            if leaves_s < NEVER and until(world, i, m, leaves_s, -1.0, True)[1] < NEVER:
                row["inside_from_s"] = NEVER  # it comes back


@kernel
def until(world: World, i: int, m: int, own_s: float, sign: float, inside: bool) -> tuple[float, float]:
    """When, from `own_s` on, the slack plus `sign` times what the variation may add becomes positive (`inside`), or ceases to be.

    (Last time before, first time after); (end of the path, NEVER) if that does not happen.
    """
    obj = world.objects[i]
    least_s = obj["duration_s"] / _STEPS
    first, last = obj["knot_first"], obj["knot_first"] + obj["knot_count"] - 1
    k, before_s = first, own_s
    while True:
        k = segment_index(world.knots, first, last, k, own_s)
        x, y, z, alt_m = position_at(world.knots, k, own_s)
        aim = obj["aim_ecef_m"]
        ax, ay, az = x - aim[0], y - aim[1], z - aim[2]
        moved_m = _MOVE_MARGIN * MOST_SIGMAS * obj["rotation_sd_rad"] * math.sqrt(ax * ax + ay * ay + az * az) + 2.0 * EDGE_M
        slack_m = inside_m(world, i, m, measured_m(world, world.magazines[m]["unit"], x, y, z, alt_m), alt_m) + sign * moved_m
        if (slack_m > 0.0) == inside:
            return before_s, own_s
        if own_s >= obj["duration_s"]:
            return obj["duration_s"], NEVER
        before_s = own_s
        own_s = min(own_s + max(abs(slack_m) / (_FASTEST * obj["speed_max_mps"]), least_s), obj["duration_s"])
