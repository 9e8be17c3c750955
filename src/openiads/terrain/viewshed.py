"""The polar masks of a radar: the ground is looked over once, when lowering, and never again.

From the foot of the antenna a ray runs out in every direction of the mask, in the vertical plane of that azimuth, and the ground is
sampled at the ranges of the mask and between them at half the distance of grid points (far out at a thousandth of the range, which is
nearer than two rays lie to each other). The highest tangent so far gives the least visible height (`models.propagation.mask`). Two
masks are made from one walk: for the effective earth of air-breathing targets and for that of ballistic ones.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openiads.kernel import kernel
from openiads.models.propagation.mask import (
    AZIMUTHS,
    COLUMNS,
    HIDDEN_M,
    RANGES,
    fill_ceiling,
    least_visible_alt_m,
    range_of_column_m,
    sight_tangent,
)
from openiads.terrain.relief import Ground, foot_height_m

#: Masks reach to multiples of this, so that radars whose ranges are nearly alike share one.
_ROUND_M = 25_000.0
#: A ground range is hardly longer than the slant range at which a radar ends.
_BEYOND = 1.01
_FAR_SHARE = 1e-3
_LEAST_STEP_M = 10.0
#: Masks that are kept with a ground: 4 MB each.
_MOST_KEPT = 64
Floats = NDArray[np.float64]
#: Rows of a site: its foot, east, north and up in ECEF.
Site = NDArray[np.float64]  # (4, 3)


class Eye(NamedTuple):
    """An antenna over the ground: its frame, its height above the sea, how far it sees, and the two effective radii."""

    site: Site
    alt_m: float
    reach_m: float
    radii_m: tuple[float, float]


def reach_of_mask_m(range_max_m: float) -> float:
    """How far the mask of a radar with this instrumented range reaches."""
    return _ROUND_M * math.ceil(_BEYOND * range_max_m / _ROUND_M)


def polar_masks(ground: Ground, eye: Eye) -> NDArray[np.float32]:
    """Least visible heights (2, AZIMUTHS + 2, COLUMNS) for the two effective earths, rounded up to 32 bits."""
    masks = np.empty((2, AZIMUTHS + 2, COLUMNS))
    walk(ground.relief.heights_m, ground.raster, eye.site, (eye.alt_m, eye.reach_m, *eye.radii_m), masks)
    for mask in masks:
        fill_ceiling(mask)
    return np.nextafter(masks.astype(np.float32), np.float32(np.inf))


def masks_of(ground: Ground, eye: Eye) -> NDArray[np.float32]:
    """The same, kept with the ground: many draws of a catalogue see from the same antennas."""
    key = (eye.site.tobytes(), eye.alt_m, eye.reach_m, eye.radii_m)
    if key not in ground.kept:
        while len(ground.kept) >= _MOST_KEPT:
            ground.kept.pop(next(iter(ground.kept)))
        ground.kept[key] = polar_masks(ground, eye)
    return ground.kept[key]


def mask_heights_m(mask: NDArray[np.float32], reach_m: float, azimuth_rad: ArrayLike, arc_m: ArrayLike) -> Floats:
    """Least visible heights at azimuths and ground ranges, of the broadcast shape of both: the look-up of the engine on whole arrays."""
    azimuth, arc = np.broadcast_arrays(np.asarray(azimuth_rad, np.float64), np.asarray(arc_m, np.float64))
    inside = arc < reach_m
    k = np.floor(RANGES * np.sqrt(np.where(inside, arc, 0.0) / reach_m)).astype(np.int64)
    near_m, far_m = reach_m * (k / RANGES) ** 2, reach_m * ((k + 1) / RANGES) ** 2
    u = (np.where(inside, arc, 0.0) - near_m) / (far_m - near_m)
    turn = np.mod(azimuth / (2.0 * math.pi), 1.0) * AZIMUTHS
    a = np.minimum(np.floor(turn).astype(np.int64), AZIMUTHS - 1)
    w, cells = turn - a, mask.astype(np.float64)
    here = (1.0 - u) * cells[a, k] + u * cells[a, k + 1]
    beside = (1.0 - u) * cells[a + 1, k] + u * cells[a + 1, k + 1]
    return np.where(inside, (1.0 - w) * here + w * beside, HIDDEN_M)


@kernel
def walk(heights_m: Any, rasters: Any, site: Any, eye: tuple[float, float, float, float], masks: Any) -> None:
    """Fill the directions of both masks (2, directions + 2, COLUMNS). `eye`: height of the antenna, reach, effective radii (m)."""
    antenna_m, reach_m, radius_m, other_m = eye
    raster = rasters[0]
    earth_m, step_m = raster["mean_radius_m"], max(0.5 * min(raster["step_east_m"], raster["step_north_m"]), _LEAST_STEP_M)
    azimuths = masks.shape[1] - 2
    for a in range(azimuths):
        azimuth = 2.0 * math.pi * a / azimuths
        sine, cosine = math.sin(azimuth), math.cos(azimuth)
        ax, ay = site[1, 0] * sine + site[2, 0] * cosine, site[1, 1] * sine + site[2, 1] * cosine
        az = site[1, 2] * sine + site[2, 2] * cosine
        highest, other = -1e9, -1e9
        last_m = 0.0
        for k in range(1, COLUMNS):
            end_m = range_of_column_m(k, reach_m)
            parts = math.floor((end_m - last_m) / max(step_m, _FAR_SHARE * end_m)) + 1
            for part in range(1, parts + 1):
                arc_m = end_m if part == parts else last_m + (end_m - last_m) * part / parts
                along_m = earth_m * math.sin(arc_m / earth_m)
                half_sine = math.sin(0.5 * arc_m / earth_m)
                drop_m = 2.0 * earth_m * half_sine * half_sine
                x = site[0, 0] + along_m * ax - drop_m * site[3, 0]
                y = site[0, 1] + along_m * ay - drop_m * site[3, 1]
                z = site[0, 2] + along_m * az - drop_m * site[3, 2]
                ground_m = foot_height_m(heights_m, raster, x, y, z)
                highest = max(highest, sight_tangent(antenna_m, ground_m, arc_m, radius_m))
                other = max(other, sight_tangent(antenna_m, ground_m, arc_m, other_m))
            masks[0, a, k] = least_visible_alt_m(antenna_m, highest, end_m, radius_m)
            masks[1, a, k] = least_visible_alt_m(antenna_m, other, end_m, other_m)
            last_m = end_m
        masks[0, a, 0], masks[1, a, 0] = masks[0, a, 1], masks[1, a, 1]
