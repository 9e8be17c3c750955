"""Oracle topics of line of sight over terrain: a knife edge in closed form, and the viewshed of real ground by other software."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openiads.geodesy.ellipsoid import SPHERE_6371_M
from openiads.models.motion.earth import SPHERE
from openiads.models.propagation.horizon import least_visible_height_m
from openiads.models.propagation.mask import height_at_tangent_m, least_visible_alt_m, sight_tangent
from openiads.terrain.relief import Relief, clean
from openiads.terrain.viewshed import Eye, mask_heights_m, polar_masks
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError, compare

Floats = NDArray[np.float64]

_EFFECTIVE_RADIUS_M = 4.0 / 3.0 * SPHERE_6371_M
_KNIFE_EARTH = re.compile(r"R_e=4/3\*6371000, otherwise smooth at 0 m")
_DEM, _DEM_SHA256 = "jacksboro_fault_dem.npz", "0c7e9f894eb7c8d444ca4475e64249e060d96c90ab63fdf439a0381c590ed502"
_CELL_M = 90.0


def _knife_edge(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    if not _KNIFE_EARTH.search(given["earth"]):
        raise UncoveredError(f"an earth other than that of the law: {given['earth']}")
    antenna_m, arc_m = float(given["antenna_height_m"]), float(given["target_ground_range_m"])
    ridge_m, ridge_at_m, radius_m = float(given["ridge_height_m"]), float(given["ridge_distance_m"]), _EFFECTIVE_RADIUS_M
    tangent = sight_tangent(antenna_m, ridge_m, ridge_at_m, radius_m)
    got = {
        "min_visible_height_m": least_visible_alt_m(antenna_m, tangent, arc_m, radius_m),
        "by_ridge_m": height_at_tangent_m(antenna_m, tangent, arc_m, radius_m),
        "by_smooth_earth_m": least_visible_height_m(antenna_m, arc_m, radius_m),
        "mask_elevation_deg": math.degrees(math.atan(tangent)),
    }
    return compare(case["expected"], got, case["tolerance"]["abs_m"], "abs")


@lru_cache(maxsize=1)
def _dem() -> NDArray[np.float32]:
    """Heights of the sample data of matplotlib, row 0 in the north as there."""
    from matplotlib.cbook import get_sample_data

    try:
        with np.load(get_sample_data(_DEM, asfileobj=False)) as file:
            heights = file["elevation"]
    except OSError as error:
        raise UncoveredError(f"matplotlib's sample data {_DEM} are not installed") from error
    if hashlib.sha256(np.ascontiguousarray(heights).tobytes()).hexdigest() != _DEM_SHA256:
        raise UncoveredError(f"matplotlib's sample data {_DEM} are not those of the case")
    return clean(heights, _DEM)


@lru_cache(maxsize=8)
def _view(row: int, column: int, height_m: float, factor: float) -> tuple[NDArray[np.float32], float]:
    """The mask of an observer who stands on a point of the raster, which lies on the origin, and how far it reaches."""
    heights = _dem()
    rows, columns = heights.shape
    south = -(rows - 1 - row) * _CELL_M
    relief = Relief(np.ascontiguousarray(heights[::-1]), -column * _CELL_M, south, _CELL_M, _CELL_M)
    at_origin = np.array([[SPHERE_6371_M, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    reach_m = 1.01 * math.hypot(rows * _CELL_M, columns * _CELL_M)
    radius_m = factor * SPHERE_6371_M
    eye = Eye(at_origin, float(heights[row, column]) + height_m, reach_m, (radius_m, radius_m))
    return polar_masks(relief.on(SPHERE), eye)[0], reach_m


def _least_above_ground_m(given: Mapping[str, Any], rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
    """Least visible heights above the ground at points of the raster."""
    row, column = given["observer_row"], given["observer_col"]
    mask, reach_m = _view(row, column, float(given["observer_height_above_ground_m"]), 1.0 / given["curvature_cc"])
    east, north = (columns - column) * _CELL_M, (row - rows) * _CELL_M
    return mask_heights_m(mask, reach_m, np.arctan2(east, north), np.hypot(east, north)) - _dem()[rows, columns]


def _viewshed(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    if given["cell_m"] != _CELL_M:
        raise UncoveredError(f"cells of {given['cell_m']} m: those of the raster are {_CELL_M:g} m")
    least_m = float(_least_above_ground_m(given, np.array([given["target_row"]]), np.array([given["target_col"]]))[0])
    return compare(case["expected"], dict.fromkeys(case["expected"], least_m), case["tolerance"]["abs_m"], "abs")


def _visible_fraction(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    rows, columns = (part.ravel() for part in np.indices(_dem().shape))
    seen = _least_above_ground_m(given, rows, columns) <= given["target_height_above_ground_m"]
    return compare(case["expected"], {"fraction": float(seen.mean())}, case["tolerance"]["abs"], "abs")


_OBSERVER = "observer_row observer_col observer_height_above_ground_m curvature_cc"

LAWS: dict[tuple[str, str], Law] = {
    ("terrain_knife_edge", "knife_edge_min_visible_height"): Law(
        _knife_edge,
        "antenna_height_m ridge_height_m ridge_distance_m target_ground_range_m earth",
        "min_visible_height_m? by_ridge_m? by_smooth_earth_m? mask_elevation_deg?",
        "abs_m",
    ),
    ("terrain_viewshed_real_dem", "min_visible_height_above_ground"): Law(
        _viewshed, f"{_OBSERVER} target_row target_col cell_m", "gdal_viewshed_m? own_raymarch_m?", "abs_m"
    ),
    ("terrain_viewshed_real_dem", "visible_fraction_of_tile"): Law(
        _visible_fraction, f"{_OBSERVER} target_height_above_ground_m", "fraction", "abs"
    ),
}
