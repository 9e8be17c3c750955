"""The least height at which a radar sees anything over points of the map: horizon or terrain, sector and instrumented range."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openiads.geodesy.ellipsoid import geodetic_to_ecef
from openiads.models.propagation.horizon import arc_to_horizon_m, least_visible_height_m
from openiads.models.propagation.mask import HIDDEN_M
from openiads.simulation.lower.environment import local_axes
from openiads.simulation.lower.plan import HORIZON_RADIUS_M, Plan, SensorPlan
from openiads.terrain.viewshed import Eye, mask_heights_m, masks_of, reach_of_mask_m

Floats = NDArray[np.float64]
_PROFILE = 2_000


def least_heights_m(plan: Plan, sensor: SensorPlan, east_m: ArrayLike, north_m: ArrayLike) -> Floats:
    """Least visible heights above the sea of air-breathing targets over points of the plane of the map, of the broadcast shape of both.

    NaN outside the instrumented range (over the ground), the sector, and where no height is high enough. Limits of elevation,
    which a height may exceed above, and the size of the target play no part.
    """
    conditions = plan.conditions
    azimuth, arc_m = _seen_from(plan, sensor, np.asarray(east_m, float), np.asarray(north_m, float))
    radius_m = HORIZON_RADIUS_M * conditions.effective_earth_air
    antenna_m = sensor.at.alt_m + sensor.radar.antenna_height_m
    if conditions.ground is None:
        arcs = np.linspace(0.0, float(arc_m.max()) + arc_to_horizon_m(antenna_m, radius_m), _PROFILE)
        least = np.interp(arc_m, arcs, [least_visible_height_m(antenna_m, arc, radius_m) for arc in arcs.tolist()])
    else:
        earth = conditions.earth
        foot = geodetic_to_ecef(sensor.at.lat_rad, sensor.at.lon_rad, 0.0, earth.a_m, earth.e2)
        reach_m = reach_of_mask_m(sensor.radar.range_max_m)
        radii_m = (radius_m, HORIZON_RADIUS_M * conditions.effective_earth_ballistic)
        eye = Eye(np.array([foot, *local_axes(sensor.at)]), antenna_m, reach_m, radii_m)
        least = mask_heights_m(masks_of(conditions.ground, eye)[0], reach_m, azimuth, arc_m)
    off = np.abs(np.mod(azimuth - sensor.facing_rad + math.pi, 2.0 * math.pi) - math.pi)
    outside = (arc_m > sensor.radar.range_max_m) | (off > max(sensor.radar.azimuth_half_width_rad, 1e-9)) | (least >= 0.1 * HIDDEN_M)
    return np.where(outside, np.nan, least)


def _seen_from(plan: Plan, sensor: SensorPlan, east_m: Floats, north_m: Floats) -> tuple[Floats, Floats]:
    """Azimuth and ground range of points of the plane of the map, whose origin is at 0 N 0 E, from a radar."""
    earth = plan.conditions.earth
    mean_m = earth.a_m * (1.0 - earth.f / 3.0)
    range_m = np.hypot(east_m, north_m)
    spread = np.divide(mean_m * np.sin(range_m / mean_m), range_m, out=np.ones_like(range_m), where=range_m > 0.0)
    point = np.stack([earth.a_m - 2.0 * mean_m * np.sin(0.5 * range_m / mean_m) ** 2, east_m * spread, north_m * spread], axis=-1)
    foot = np.array(geodetic_to_ecef(sensor.at.lat_rad, sensor.at.lon_rad, 0.0, earth.a_m, earth.e2))
    east, north, _ = (np.array(axis) for axis in local_axes(sensor.at))
    off = point - foot
    chord = np.sqrt((off * off).sum(axis=-1))
    return np.arctan2(off @ east, off @ north), 2.0 * mean_m * np.arcsin(np.minimum(chord / (2.0 * mean_m), 1.0))
