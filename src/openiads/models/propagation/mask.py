"""Line of sight over terrain: what a profile of the ground hides, and the polar mask in which a radar's view is kept.

On a sphere of effective radius k R rays are straight. From an antenna at height a the point at arc s and height h is seen at an
elevation whose tangent is

    ((R + h) cos p - (R + a)) / ((R + h) sin p),  p = s / R

and whatever stands lower than the highest tangent up to there is hidden. Turned round, the least visible height at arc s above a
highest tangent T is (R + a) / (cos p - T sin p) - R. A mask holds these heights for every half degree of azimuth and at ranges that lie
closer near the radar, R (k / RANGES)^2; between them a look-up is linear in range and in azimuth. Before the mask is read nothing of
the terrain is known to the engine: a line of sight is one look-up.

Not modelled: diffraction over the edge (a hidden target is not seen), ducting, the width of the beam, reflections, trees and buildings,
and ground between two half degrees (at 100 km, 0.9 km apart).

Reference: L. V. Blake, "Radar Range-Performance Analysis" (1986), chapter 5; ITU-R P.834, section on the effective earth radius; the
running greatest angle is the viewshed of W. R. Franklin and C. Ray, "Higher isn't necessarily better" (1994).
"""

from __future__ import annotations

import math
from typing import Any

from openiads.kernel import inlined, kernel
from openiads.models.propagation.horizon import least_visible_height_m
from openiads.state.arrays import World

AZIMUTHS = 720
"""Directions of a mask, evenly from north clockwise; the first stands again at the end."""
RANGES = 640
"""Steps in range; there is one more range than steps."""
COLUMNS = RANGES + 1
CELLS = (AZIMUTHS + 2) * COLUMNS
"""Of one mask: its directions, the first one again, and the ceiling: the highest of all directions up to each range."""
_PER_RAD = AZIMUTHS / (2.0 * math.pi)
_CEILING = (AZIMUTHS + 1) * COLUMNS
HIDDEN_M = 1e9
"""Stands for a height that nothing reaches."""


@inlined
def sight_tangent(antenna_alt_m: float, alt_m: float, arc_m: float, radius_m: float) -> float:
    """Tangent of the elevation at which a point is seen; the arc must be more than 0 and less than a quarter turn."""
    half_sine, sine = math.sin(0.5 * arc_m / radius_m), math.sin(arc_m / radius_m)
    return (alt_m - antenna_alt_m - 2.0 * (radius_m + alt_m) * half_sine * half_sine) / ((radius_m + alt_m) * sine)


@inlined
def height_at_tangent_m(antenna_alt_m: float, tangent: float, arc_m: float, radius_m: float) -> float:
    """Height of the ray that leaves the antenna with this tangent of elevation; HIDDEN_M where it never gets so far."""
    half_sine, sine = math.sin(0.5 * arc_m / radius_m), math.sin(arc_m / radius_m)
    ahead = 1.0 - 2.0 * half_sine * half_sine - tangent * sine
    if ahead <= 1e-3:
        return HIDDEN_M
    return (antenna_alt_m + radius_m * (2.0 * half_sine * half_sine + tangent * sine)) / ahead


@inlined
def least_visible_alt_m(antenna_alt_m: float, tangent: float, arc_m: float, radius_m: float) -> float:
    """Least visible height above a highest tangent; never less than over a smooth earth."""
    smooth_m = min(least_visible_height_m(antenna_alt_m, arc_m, radius_m), HIDDEN_M)
    return max(height_at_tangent_m(antenna_alt_m, tangent, arc_m, radius_m), smooth_m)


@inlined
def range_of_column_m(k: int, reach_m: float) -> float:
    """Ground range of column `k` of a mask."""
    share = k / RANGES
    return reach_m * share * share


@inlined
def mask_alt_m(world: World, first: int, reach_m: float, azimuth_rad: float, arc_m: float) -> float:
    """Least visible height (m) in the mask whose first cell is `first`, at an azimuth in [-pi, 2 pi] and a ground range."""
    if arc_m >= reach_m:
        return HIDDEN_M
    k = math.floor(RANGES * math.sqrt(arc_m / reach_m))
    near_m = range_of_column_m(k, reach_m)
    u = (arc_m - near_m) / (range_of_column_m(k + 1, reach_m) - near_m)
    turn = azimuth_rad * _PER_RAD
    if turn < 0.0:
        turn += AZIMUTHS
    a = min(math.floor(turn), AZIMUTHS - 1)
    w = turn - a
    cell = first + a * COLUMNS + k
    masks = world.masks
    here = (1.0 - u) * float(masks[cell]["least_visible_alt_m"]) + u * float(masks[cell + 1]["least_visible_alt_m"])
    cell += COLUMNS
    beside = (1.0 - u) * float(masks[cell]["least_visible_alt_m"]) + u * float(masks[cell + 1]["least_visible_alt_m"])
    return (1.0 - w) * here + w * beside


@inlined
def ceiling_alt_m(world: World, first: int, reach_m: float, arc_m: float) -> float:
    """A height above which everything up to a ground range is in sight, in all directions."""
    if arc_m >= reach_m:
        return HIDDEN_M
    k = math.floor(RANGES * math.sqrt(arc_m / reach_m))
    return float(world.masks[first + _CEILING + k + 1]["least_visible_alt_m"])


@kernel
def fill_ceiling(mask: Any) -> None:
    """Fill the last row of a mask (AZIMUTHS + 2, COLUMNS) from the others."""
    highest = 0.0
    for k in range(COLUMNS):
        for a in range(AZIMUTHS):
            highest = max(highest, mask[a, k])
        mask[AZIMUTHS, k], mask[AZIMUTHS + 1, k] = mask[0, k], highest
