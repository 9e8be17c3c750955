"""Elevation files: NPZ and HGT read directly, GeoTIFF and DTED through the extra `terrain` (rasterio, which brings GDAL).

Where a file lies on the real earth is read only to know how far its points are apart, and then forgotten: the middle of the raster is
laid on a point of the scenario's grid, its columns along east and its rows along north.

- NPZ: an array of heights (rows from north to south), named `elevation` or the only one with two dimensions; `step_m` in the file or
  stated with the scenario;
- HGT (SRTM): 16-bit big-endian heights, 1201 or 3601 points a side of one degree, -32768 is a void; the name gives the latitude (N36W084);
- GeoTIFF, DTED: as georeferenced, in degrees or metres.

Reference: NASA SRTM Collection User Guide (2015), section 2.1; MIL-PRF-89020B (DTED).
"""

from __future__ import annotations

import math
import re
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.geodesy.ellipsoid import WGS84_A_M, WGS84_E2
from openiads.terrain.relief import Relief, clean

EXTRA: Final = "terrain"
_HGT_VOID: Final = -32768.0
_HGT_SIDES: Final = (1201, 3601)
_GDAL: Final = (".tif", ".tiff", ".dt0", ".dt1", ".dt2")
READS: Final = (".npz", ".hgt", *_GDAL)


def read_relief(file: Path, middle_m: tuple[float, float] = (0.0, 0.0), step_m: float | None = None) -> Relief:
    """The raster of a file with its middle at a point (east, north) of the grid; `step_m` replaces what the file says."""
    kind = file.suffix.lower()
    if kind not in READS:
        raise InputError(f"{file}: {kind or 'no ending'} is no elevation file; allowed: {', '.join(READS)}")
    if not file.is_file():
        raise InputError(f"{file}: no such file")
    try:
        if kind == ".npz":
            heights, steps = _npz(file)
        elif kind == ".hgt":
            heights, steps = _hgt(file)
        else:
            heights, steps = _georeferenced(file)
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None
    if step_m is not None:
        steps = (step_m, step_m)
    if steps is None:
        raise InputError(f"{file}: does not say how far its points are apart; state 'step', such as 'step: 90 m'")
    rows, columns = heights.shape
    west_m = middle_m[0] - 0.5 * (columns - 1) * steps[0]
    south_m = middle_m[1] - 0.5 * (rows - 1) * steps[1]
    return Relief(np.ascontiguousarray(heights[::-1]), west_m, south_m, steps[0], steps[1], file.name)


_Read = tuple[NDArray[np.float32], tuple[float, float] | None]


def _npz(file: Path) -> _Read:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{file}: not an NPZ file of arrays: {error}") from None
    rasters = [name for name, array in found.items() if array.ndim == 2 and array.dtype.kind in "iuf"]
    name = "elevation" if "elevation" in rasters else rasters[0] if len(rasters) == 1 else None
    if name is None:
        raise InputError(f"{file}: needs one array of heights named 'elevation'; found: {', '.join(found) or 'none'}")
    steps = None
    if "step_m" in found and found["step_m"].dtype.kind in "iuf" and found["step_m"].size in (1, 2):
        step = np.broadcast_to(found["step_m"].ravel(), 2)
        steps = (float(step[0]), float(step[1]))
    return clean(found[name], str(file)), steps


def _hgt(file: Path) -> _Read:
    heights = np.fromfile(file, dtype=">i2")
    side = math.isqrt(heights.size)
    if side not in _HGT_SIDES or side * side != heights.size:
        raise InputError(f"{file}: {heights.size:,} heights are no SRTM tile; allowed: 1201 x 1201 or 3601 x 3601")
    named = re.match(r"([NS])(\d{1,2})[EW]\d{1,3}", file.stem, re.IGNORECASE)
    steps = None
    if named:
        south_deg = int(named[2]) * (1 if named[1] in "Nn" else -1)
        steps = degree_steps_m(south_deg + 0.5, 1.0 / (side - 1), 1.0 / (side - 1))
    return clean(heights.reshape(side, side), str(file), _HGT_VOID), steps


def degree_steps_m(middle_lat_deg: float, lon_deg: float, lat_deg: float) -> tuple[float, float]:
    """Metres east and north of steps in longitude and latitude at a latitude of WGS-84."""
    sine = math.sin(math.radians(middle_lat_deg))
    squeeze = 1.0 - WGS84_E2 * sine * sine
    prime_m = WGS84_A_M / math.sqrt(squeeze)
    meridian_m = prime_m * (1.0 - WGS84_E2) / squeeze
    return math.radians(lon_deg) * prime_m * math.sqrt(1.0 - sine * sine), math.radians(lat_deg) * meridian_m


def _georeferenced(file: Path) -> _Read:
    try:
        import rasterio
        from rasterio.errors import RasterioIOError
    except ImportError:
        raise InputError(
            f"{file}: reading {file.suffix} needs the extra '{EXTRA}'; install it with: pip install 'openiads[{EXTRA}]'"
        ) from None
    try:
        with rasterio.open(file) as source:
            heights: NDArray[Any] = source.read(1)
            void, transform, crs = source.nodata, source.transform, source.crs
            middle_lat_deg = 0.5 * (source.bounds.bottom + source.bounds.top)
    except RasterioIOError as error:
        raise InputError(f"{file}: cannot be read: {error}") from None
    if transform.b or transform.d or transform.e >= 0.0 or transform.a <= 0.0:
        return clean(heights, str(file), void), None  # turned, or without a georeference
    if crs is not None and crs.is_geographic:
        steps = degree_steps_m(middle_lat_deg, transform.a, -transform.e)
    elif crs is not None and crs.is_projected:
        factor = float(crs.linear_units_factor[1])
        steps = (transform.a * factor, -transform.e * factor)
    else:
        return clean(heights, str(file), void), None
    return clean(heights, str(file), void), steps
