"""The ground as a raster on the scenario's own grid: metres east and north of the origin, azimuthal equidistant.

Heights are metres above mean sea level, one a grid point, and bilinear between points. Below the sea and outside the raster the ground
is at sea level: 0 m. The grid is that of the maps: true bearing and ground range from the origin at 0 N 0 E.

Not modelled: the shape of the geoid, vegetation, buildings, the error of the elevation data.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.geodesy.ground import ground_range_m
from openiads.kernel import inlined, kernel
from openiads.models.motion.earth import Earth

Floats = NDArray[np.float64]

#: A raster as kernels read it, beside its heights: south-western point, distances between points, and the earth it lies on.
RASTER = np.dtype([(name, "f8") for name in ("west_m", "south_m", "step_east_m", "step_north_m", "a_m", "mean_radius_m")])
#: More points than this are refused: 256 MB of heights.
MOST_POINTS = 64_000_000
#: Lower than the lowest and higher than the highest ground of the earth: what exceeds them is no elevation in metres.
LEAST_M, MOST_M = -12_000.0, 9_500.0


@dataclass(frozen=True, eq=False)
class Relief:
    """Heights (rows, columns) from south to north and from west to east, and where the south-western point lies."""

    heights_m: NDArray[np.float32]
    west_m: float
    south_m: float
    step_east_m: float
    step_north_m: float
    name: str = field(default="relief")

    def __post_init__(self) -> None:
        rows, columns = self.heights_m.shape
        if rows < 2 or columns < 2:
            raise InputError(f"{self.name}: a raster needs at least 2 x 2 points, not {columns} x {rows}")
        if rows * columns > MOST_POINTS:
            raise InputError(f"{self.name}: {rows * columns:,} points are too many; allowed: at most {MOST_POINTS:,}")
        if not (self.step_east_m > 0.0 and self.step_north_m > 0.0):
            raise InputError(f"{self.name}: the distance between points must be more than 0 m")

    @property
    def step_m(self) -> float:
        """The smaller distance between points."""
        return min(self.step_east_m, self.step_north_m)

    @property
    def highest_m(self) -> float:
        """The highest ground."""
        return float(self.heights_m.max())

    @property
    def box_m(self) -> tuple[float, float, float, float]:
        """West, east, south and north edge."""
        rows, columns = self.heights_m.shape
        return (
            self.west_m,
            self.west_m + (columns - 1) * self.step_east_m,
            self.south_m,
            self.south_m + (rows - 1) * self.step_north_m,
        )

    @cached_property
    def digest(self) -> str:
        """Hex digest of heights and placing: what a record needs to say which ground it was."""
        place = np.array([self.west_m, self.south_m, self.step_east_m, self.step_north_m])
        return hashlib.sha256(place.tobytes() + np.ascontiguousarray(self.heights_m).tobytes()).hexdigest()

    def on(self, earth: Earth) -> Ground:
        """This relief laid on an earth."""
        return Ground(self, earth)

    def at(self, east_m: Floats, north_m: Floats) -> Floats:
        """Heights at points of the grid, of the broadcast shape of both."""
        east, north = (np.ascontiguousarray(part, dtype=np.float64).ravel() for part in np.broadcast_arrays(east_m, north_m))
        found = np.empty(east.size)
        heights_on_plane(self.heights_m, self._raster(0.0, 1.0), east, north, found)
        return found.reshape(np.broadcast(east_m, north_m).shape)

    def _raster(self, a_m: float, mean_radius_m: float) -> Any:
        raster = np.zeros(1, RASTER)
        raster[0] = (self.west_m, self.south_m, self.step_east_m, self.step_north_m, a_m, mean_radius_m)
        return raster


def clean(heights_m: NDArray[Any], name: str, missing: float | None = None) -> NDArray[np.float32]:
    """Heights as a raster keeps them: voids and sea floor at sea level; an `InputError` for what is no elevation in metres."""
    heights = np.array(heights_m, dtype=np.float32)
    if heights.ndim != 2:
        raise InputError(f"{name}: an elevation raster has rows and columns, not {heights.ndim} dimensions")
    void = ~np.isfinite(heights)
    if missing is not None:
        void |= heights == np.float32(missing)
    heights[void] = 0.0
    if heights.size and not (float(heights.min()) >= LEAST_M and float(heights.max()) <= MOST_M):
        raise InputError(f"{name}: heights from {heights.min():g} to {heights.max():g} are no elevations in metres")
    return np.maximum(heights, np.float32(0.0))


class Ground:
    """A relief on an earth: heights at geodetic positions and at points of space."""

    def __init__(self, relief: Relief, earth: Earth) -> None:
        self.relief, self.earth = relief, earth
        self.kept: dict[Any, NDArray[np.float32]] = {}
        self.raster = relief._raster(earth.a_m, earth.a_m * (1.0 - earth.f / 3.0))

    def alt_m(self, lat_rad: Floats | float, lon_rad: Floats | float) -> Floats:
        """Heights (n,) of the ground at latitudes and longitudes (n,)."""
        lat, lon = np.atleast_1d(np.asarray(lat_rad, float)), np.atleast_1d(np.asarray(lon_rad, float))
        prime_m = self.earth.a_m / np.sqrt(1.0 - self.earth.e2 * np.sin(lat) ** 2)
        feet = np.column_stack(
            [prime_m * np.cos(lat) * np.cos(lon), prime_m * np.cos(lat) * np.sin(lon), prime_m * (1.0 - self.earth.e2) * np.sin(lat)]
        )
        found = np.empty(lat.size)
        heights_on_earth(self.relief.heights_m, self.raster, feet, found)
        return found


@inlined
def height_m(heights_m: Any, raster: Any, east_m: float, north_m: float) -> float:
    """Height of the ground at a point of the grid, bilinear between its neighbours; 0 outside."""
    column, row = (east_m - raster["west_m"]) / raster["step_east_m"], (north_m - raster["south_m"]) / raster["step_north_m"]
    rows, columns = heights_m.shape
    if not (0.0 <= column <= columns - 1.0 and 0.0 <= row <= rows - 1.0):
        return 0.0
    j, i = min(math.floor(column), columns - 2), min(math.floor(row), rows - 2)
    u, v = column - j, row - i
    low = (1.0 - u) * float(heights_m[i, j]) + u * float(heights_m[i, j + 1])
    high = (1.0 - u) * float(heights_m[i + 1, j]) + u * float(heights_m[i + 1, j + 1])
    return (1.0 - v) * low + v * high


@inlined
def foot_height_m(heights_m: Any, raster: Any, x_m: float, y_m: float, z_m: float) -> float:
    """Height of the ground at an ECEF point of the surface: on the grid at its bearing and ground range from the origin."""
    range_m = ground_range_m(raster["a_m"], 0.0, 0.0, x_m, y_m, z_m, raster["mean_radius_m"])
    across_m = math.sqrt(y_m * y_m + z_m * z_m)
    stretch = range_m / across_m if across_m > 0.0 else 1.0
    return height_m(heights_m, raster, y_m * stretch, z_m * stretch)


@kernel
def heights_on_plane(heights_m: Any, rasters: Any, east_m: Any, north_m: Any, found_m: Any) -> None:
    """Heights of the ground at points of the grid: `found_m` (n,)."""
    for k in range(found_m.shape[0]):
        found_m[k] = height_m(heights_m, rasters[0], east_m[k], north_m[k])


@kernel
def heights_on_earth(heights_m: Any, rasters: Any, feet_m: Any, found_m: Any) -> None:
    """Heights of the ground at ECEF points of the surface (n, 3): `found_m` (n,)."""
    for k in range(found_m.shape[0]):
        found_m[k] = foot_height_m(heights_m, rasters[0], feet_m[k, 0], feet_m[k, 1], feet_m[k, 2])
