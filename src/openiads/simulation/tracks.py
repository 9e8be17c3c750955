"""Where everything was during one replicate, on the plane of the map, for pictures and replays.

The plane is azimuthal equidistant about the origin at 0 N 0 E: true bearing and ground range. Rounds fly on a straight line at constant
speed from launch to the end of the flight; their true path is not modelled. A round without intercept is not drawn.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openiads.state.layout import FATE_INTERCEPT, State, World

Floats = NDArray[np.float64]

#: Steps that a time step may have, and about how many rows a replicate may get.
_STEPS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_MOST_ROWS = 60_000

OBJECT, SHOT = 0, 1


class Positions(NamedTuple):
    """Rows (n,): which entity (OBJECT or SHOT), its number, when, and where on the plane and above the sea."""

    entity: NDArray[np.int32]
    number: NDArray[np.int32]
    time_s: Floats
    east_m: Floats
    north_m: Floats
    alt_m: Floats


def track_step_s(world: World) -> float:
    """The shortest round time step with which the paths of all objects stay a table of reasonable length."""
    flight_s = float(world.objects["duration_s"].sum())
    return next((step for step in _STEPS_S if flight_s / step <= _MOST_ROWS), _STEPS_S[-1])


def plane_positions(world: World, ecef_m: Floats, alt_m: Floats) -> tuple[Floats, Floats]:
    """Metres east and north, each (n,), of ECEF points (n, 3) whose heights above the ellipsoid (n,) are known."""
    settings = world.settings[0]
    a_m, e2 = settings["a_m"], settings["e2"]
    x, y, z = ecef_m.T
    steeper = z * (a_m + alt_m) / (a_m * (1.0 - e2) + alt_m)  # the same foot as geodesy.ground.surface_point
    share = alt_m / np.sqrt(x * x + y * y + steeper * steeper)
    x, y, z = x - share * x, y - share * y, z - share * steeper
    half_sine = np.sqrt((x - a_m) ** 2 + y * y + z * z) / (2.0 * settings["mean_radius_m"])
    range_m = 2.0 * settings["mean_radius_m"] * np.arcsin(np.minimum(half_sine, 1.0))
    bearing = np.arctan2(y, z)
    return range_m * np.sin(bearing), range_m * np.cos(bearing)


def replicate_positions(world: World, state: State, step_s: float) -> Positions:
    """Positions of all objects and rounds of the replicate in `state`, at multiples of `step_s`, at their start and at their end."""
    parts = [_object_positions(world, state, i, step_s) for i in range(len(world.objects))]
    shots = state.shots[: state.cursor[0]["shot_count"]]
    parts += [_shot_positions(world, state, int(k), step_s) for k in np.flatnonzero(shots["fate"] == FATE_INTERCEPT)]
    entity = np.concatenate([np.full(len(p), OBJECT if k < len(world.objects) else SHOT, np.int32) for k, (_, p, _, _) in enumerate(parts)])
    number = np.concatenate([np.full(len(p), n, np.int32) for n, p, _, _ in parts])
    time_s, ecef_m, alt_m = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3))
    return Positions(entity, number, time_s, *plane_positions(world, ecef_m, alt_m), alt_m)


_Part = tuple[int, Floats, Floats, Floats]


def _object_positions(world: World, state: State, i: int, step_s: float) -> _Part:
    now = state.objects[i]
    times = _times(float(now["origin_s"]), float(now["end_s"]), step_s)
    ecef_m, alt_m = object_positions(world, state, i, times)
    return i, times, ecef_m, alt_m


def object_positions(world: World, state: State, i: int, times_s: Floats) -> tuple[Floats, Floats]:
    """ECEF positions (n, 3) and heights (n,) of object `i` at scenario times (n,): `models.motion` on whole arrays."""
    obj, now = world.objects[i], state.objects[i]
    knots = world.knots[obj["knot_first"] : obj["knot_first"] + obj["knot_count"]]
    own_s = (times_s - now["origin_s"]) / now["scale"]
    k = np.clip(np.searchsorted(knots["time_s"], own_s, side="right") - 1, 0, knots.size - 2)
    a, b = knots[k], knots[k + 1]
    step = b["time_s"] - a["time_s"]
    u = np.clip((own_s - a["time_s"]) / step, 0.0, 1.0)
    ecef_m = _hermite(u[:, None], step[:, None], (a["pos_ecef_m"], b["pos_ecef_m"]), (a["vel_ecef_mps"], b["vel_ecef_mps"]))
    alt_m = _hermite(u, step, (a["alt_m"], b["alt_m"]), (a["climb_mps"], b["climb_mps"]))
    return _rotated(ecef_m, obj["aim_ecef_m"], obj["aim_up"], float(now["cos_rotation"]), float(now["sin_rotation"])), alt_m


def _hermite(u: Floats, step: Floats, values: tuple[Floats, Floats], slopes: tuple[Floats, Floats]) -> Floats:
    towards = u * u * (3.0 - 2.0 * u)
    start, end = values
    return np.asarray(start + towards * (end - start) + step * u * (1.0 - u) * ((1.0 - u) * slopes[0] - u * slopes[1]))


def _rotated(points_m: Floats, centre_m: Floats, axis: Floats, cos: float, sin: float) -> Floats:
    if sin == 0.0:
        return points_m
    d = points_m - centre_m
    return np.asarray(centre_m + d * cos + np.cross(axis, d) * sin + np.outer(d @ axis, axis) * (1.0 - cos))


def _shot_positions(world: World, state: State, k: int, step_s: float) -> _Part:
    shot = state.shots[k]
    engagement = state.engagements[shot["engagement"]]
    unit = world.units[engagement["unit"]]
    times = _times(float(shot["launch_s"]), float(shot["end_s"]), step_s)
    end_m, end_alt_m = object_positions(world, state, int(engagement["object"]), times[-1:])
    start_m = unit["pos_ecef_m"]
    start_alt_m = float(np.linalg.norm(start_m - unit["surface_m"]))
    share = ((times - times[0]) / max(times[-1] - times[0], 1e-9))[:, None]
    points_m = start_m + share * (end_m - start_m)
    return k, times, points_m, start_alt_m + share[:, 0] * (end_alt_m - start_alt_m)


def _times(start_s: float, end_s: float, step_s: float) -> Floats:
    """`start_s`, the multiples of `step_s` between, and `end_s`."""
    first, last = math.floor(start_s / step_s) + 1, math.ceil(end_s / step_s) - 1
    return np.array([start_s, *(step_s * np.arange(first, last + 1)), end_s]) if end_s > start_s else np.array([start_s])
