"""How far radars see over a smooth earth: what the rings on the map are.

Effective earth of 4/3 of a 6,371 km radius, as in the model for air-breathing targets: the arc from a height h to its horizon is
R arccos(R / (R + h)); a radar at height a sees a target at height h out to the sum of both arcs (L. Blake, Radar Range-Performance
Analysis (1980), chapter 5). A ring is the least of that and of the instrumented range.

Not modelled here: terrain, the size of the target (`rings` of the record, which the table under the map prints, has it), elevation
limits, minimum ranges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

EFFECTIVE_RADIUS_M = 4.0 / 3.0 * 6_371_000.0
#: Heights of the rings: a low cruise missile, a drone, an aircraft.
RING_HEIGHTS_M = (50.0, 1_500.0, 10_000.0)

Floats = NDArray[np.float64]


def horizon_m(height_m: float) -> float:
    """Ground range from a height to its own horizon."""
    return EFFECTIVE_RADIUS_M * math.acos(EFFECTIVE_RADIUS_M / (EFFECTIVE_RADIUS_M + height_m))


def reach_m(sensor: dict[str, Any], height_m: float) -> float:
    """Ground range out to which a radar of the record can see the height: horizon or instrumented range, the least of them."""
    return float(min(horizon_m(sensor["alt_m"]) + horizon_m(height_m), sensor["range_max_m"]))


def inside_m(sensors: Sequence[dict[str, Any]], height_m: float, east_m: Floats, north_m: Floats) -> Floats:
    """How deep points lie in the union of the radars' coverage at a height, in m; negative outside. Shapes broadcast."""
    depth = np.full(np.broadcast(east_m, north_m).shape, -np.inf)
    for sensor in sensors:
        east, north = east_m - sensor["east_m"], north_m - sensor["north_m"]
        range_m = np.hypot(east, north)
        depth = np.maximum(depth, np.minimum(reach_m(sensor, height_m) - range_m, _inside_sector_m(sensor, east, north, range_m)))
    return depth


def _inside_sector_m(sensor: dict[str, Any], east: Floats, north: Floats, range_m: Floats) -> Floats | float:
    half_rad = sensor["azimuth_half_width_rad"]
    if half_rad >= math.pi:
        return math.inf
    off_rad = np.abs((np.arctan2(east, north) - sensor["facing_rad"] + math.pi) % (2.0 * math.pi) - math.pi)
    return np.asarray(range_m * np.sin(np.clip(half_rad - off_rad, -0.5 * math.pi, 0.5 * math.pi)))
