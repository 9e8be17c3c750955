"""Exact geodesics on an ellipsoid or sphere, for lowering and for tests; plain Python, never called during a run.

Reference: C. F. F. Karney, "Algorithms for geodesics", Journal of Geodesy 87 (2013), 43-55, through his GeographicLib. A sphere is
the same law with flattening f = 0. Angles are radians; azimuths are clockwise from north, in (-pi, pi], along the direction of travel.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from geographiclib.geodesic import Geodesic
from numpy.typing import ArrayLike, NDArray


@lru_cache(maxsize=8)
def _ellipsoid(a_m: float, f: float) -> Any:
    return Geodesic(a_m, f)


def geodesic_inverse(
    lat1_rad: float, lon1_rad: float, lat2_rad: float, lon2_rad: float, a_m: float, f: float
) -> tuple[float, float, float]:
    """Distance in metres and azimuths in radians at point 1 and at point 2 of the shortest path between them."""
    line = _ellipsoid(a_m, f).Inverse(*map(math.degrees, (lat1_rad, lon1_rad, lat2_rad, lon2_rad)))
    return line["s12"], math.radians(line["azi1"]), math.radians(line["azi2"])


def geodesic_direct(
    lat1_rad: float, lon1_rad: float, az1_rad: float, distance_m: float, a_m: float, f: float
) -> tuple[float, float, float]:
    """Latitude, longitude and azimuth in radians after `distance_m` along the geodesic that leaves point 1 at azimuth `az1_rad`."""
    end = _ellipsoid(a_m, f).Direct(math.degrees(lat1_rad), math.degrees(lon1_rad), math.degrees(az1_rad), distance_m)
    return math.radians(end["lat2"]), math.radians(end["lon2"]), math.radians(end["azi2"])


def geodesic_line(
    lat1_rad: float, lon1_rad: float, lat2_rad: float, lon2_rad: float, distances_m: ArrayLike, a_m: float, f: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes, longitudes and azimuths in radians, each of shape (n,), at `distances_m` (n,) from point 1 towards point 2.

    Distances may be negative or reach past point 2: the geodesic goes on.
    """
    line = _ellipsoid(a_m, f).InverseLine(*map(math.degrees, (lat1_rad, lon1_rad, lat2_rad, lon2_rad)))
    distances = np.asarray(distances_m, dtype=np.float64)
    places = [line.Position(float(s)) for s in distances]
    lat, lon, az = (np.radians(np.array([place[key] for place in places], dtype=np.float64)) for key in ("lat2", "lon2", "azi2"))
    return lat, lon, az
