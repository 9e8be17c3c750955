"""What lies between radars and targets: the masks of the terrain, made once for each radar, and its losses by rain and gases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from openiads.geodesy.ellipsoid import geodetic_to_ecef
from openiads.models.motion.earth import Place
from openiads.models.propagation.gas import sea_level_db_per_km
from openiads.models.propagation.mask import CELLS
from openiads.models.propagation.rain import rain_db_per_km
from openiads.simulation.lower.plan import HORIZON_RADIUS_M, Plan, SensorPlan, Weather
from openiads.state import layout
from openiads.terrain.viewshed import Eye, masks_of, reach_of_mask_m

_THERE_AND_BACK = 2.0


def lay_masks(plan: Plan, sensors: Sequence[SensorPlan], table: layout.Table) -> layout.Table:
    """The masks of all sensors one after another, and in `table` where each begins; none on a smooth earth."""
    conditions = plan.conditions
    if conditions.ground is None:
        return np.zeros(0, layout.MASKS)
    masks = np.empty((len(sensors), 2 * CELLS), np.float32)
    radii_m = (HORIZON_RADIUS_M * conditions.effective_earth_air, HORIZON_RADIUS_M * conditions.effective_earth_ballistic)
    for k, (sensor, row) in enumerate(zip(sensors, table, strict=True)):
        foot = geodetic_to_ecef(sensor.at.lat_rad, sensor.at.lon_rad, 0.0, conditions.earth.a_m, conditions.earth.e2)
        reach_m = reach_of_mask_m(sensor.radar.range_max_m)
        eye = Eye(np.array([foot, *local_axes(sensor.at)]), float(row["alt_m"]), reach_m, radii_m)
        masks[k] = masks_of(conditions.ground, eye).ravel()
        row["mask_offset"], row["mask_reach_m"] = k * 2 * CELLS, reach_m
    return masks.reshape(-1).view(layout.MASKS)


def set_losses(row: Any, frequency_hz: float, weather: Weather) -> None:
    """Set what rain and gases take from the signal of a row of SENSORS, in dB per metre there and back."""
    if frequency_hz <= 0.0:
        return
    row["rain_db_per_m"] = _THERE_AND_BACK * rain_db_per_km(frequency_hz / 1e9, weather.rain_mm_h) / 1e3
    if weather.gas:
        oxygen, water = _gases(frequency_hz)
        row["oxygen_db_per_m"], row["water_db_per_m"] = _THERE_AND_BACK * oxygen / 1e3, _THERE_AND_BACK * water / 1e3
    row["lossy"] = row["rain_db_per_m"] > 0.0 or row["oxygen_db_per_m"] > 0.0


@lru_cache(maxsize=64)
def _gases(frequency_hz: float) -> tuple[float, float]:
    return sea_level_db_per_km(frequency_hz / 1e9)


def local_axes(place: Place) -> tuple[tuple[float, float, float], ...]:
    """Unit vectors east, north and up at `place`, in ECEF."""
    sin_lat, cos_lat = math.sin(place.lat_rad), math.cos(place.lat_rad)
    sin_lon, cos_lon = math.sin(place.lon_rad), math.cos(place.lon_rad)
    return (
        (-sin_lon, cos_lon, 0.0),
        (-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat),
        (cos_lat * cos_lon, cos_lat * sin_lon, sin_lat),
    )
