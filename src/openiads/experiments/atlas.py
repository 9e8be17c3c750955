"""What ``openiads coverage`` computes: least visible heights of every radar and the areas of the defence, on the scenario's own grid.

The grid is the plane of the map: kilometres east and north of the origin, azimuthal equidistant. The folder gets

- `areas.parquet`: one row a probe (class and height) and grid point: ground, visible, detectable, engageable;
- `rays.parquet`: one row a probe and bearing: the ranges and areas of `simulation.coverage` (the table coverage of a record);
- `least-height.parquet`: one row a radar and grid point: least visible height above the sea and above the ground;
- `coverage.json`: scenario, probes, radars, assets, units, and the totals.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.experiments.areas import coverage_summary, coverage_table
from openiads.geodesy.geodesics import geodesic_inverse
from openiads.models.motion.earth import Place
from openiads.records.folder import claim_output
from openiads.simulation import Lowered
from openiads.simulation.coverage import KINDS, PROBES, Coverage, coverage, coverage_task
from openiads.simulation.lower.plan import SensorPlan
from openiads.simulation.sight import least_heights_m

Floats = NDArray[np.float64]

#: Bearings all round unless some are asked for, and the least number of them.
BEARINGS: Final = 120
#: The grid has at most about this many points a side, and spacings are among these.
MOST_POINTS: Final = 620
SPACINGS_M: Final = (100.0, 200.0, 250.0, 500.0, 1_000.0, 2_000.0, 2_500.0, 5_000.0, 10_000.0, 20_000.0, 50_000.0)
VERSION: Final = 1

#: Says how far it is: (what is being done, done, of how many).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Asked:
    """What a user wants to see: probes (class, height, above the ground), bearings in radians (none: all round), spacing."""

    probes: tuple[tuple[str, float, bool], ...] = PROBES
    bearings_rad: tuple[float, ...] = ()
    spacing_m: float | None = None
    replicates: int = 5


@dataclass(frozen=True)
class Grid:
    """Points of the plane of the map, (north, east) in metres."""

    east_m: Floats
    north_m: Floats
    spacing_m: float

    @staticmethod
    def over(east_side_m: float, north_side_m: float, spacing_m: float | None) -> Grid:
        """Points over the extent of a place, the origin among them."""
        longest_m = max(east_side_m, north_side_m)
        step_m = spacing_m or next((s for s in SPACINGS_M if longest_m / s <= MOST_POINTS), longest_m / MOST_POINTS)
        if longest_m / step_m > 4.0 * MOST_POINTS:
            raise InputError(f"a spacing of {step_m:g} m is too fine for {longest_m / 1e3:g} km; allowed: {longest_m / 2480:.0f} m or more")
        halves = [math.floor(0.5 * side_m / step_m) for side_m in (east_side_m, north_side_m)]
        east, north = (step_m * np.arange(-half, half + 1).astype(np.float64) for half in halves)
        return Grid(east, north, step_m)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (north) and columns (east)."""
        return self.north_m.size, self.east_m.size


def draw_up(lowered: Lowered, out: Path, asked: Asked, progress: Progress = lambda _what, _done, _of: None) -> Path:
    """Compute everything that was asked for and write it into the folder `out`, which must not hold anything else."""
    claim(out)
    scenario = lowered.scenario
    grid = Grid.over(scenario.place.extent.east_m, scenario.place.extent.north_m, asked.spacing_m)
    ground_m = np.zeros(grid.shape)
    if lowered.places.ground is not None:
        ground_m = lowered.places.ground.relief.at(grid.east_m[None, :], grid.north_m[:, None])
    task = coverage_task(lowered, asked.probes)
    flights = len(task.probes) * (len(asked.bearings_rad) or BEARINGS)
    done = 0

    def flown() -> None:
        nonlocal done
        done += 1
        progress("inbounds", done, flights)

    progress("inbounds", 0, flights)
    seen = coverage(task, BEARINGS, asked.replicates, asked.bearings_rad, flown)
    _write(coverage_table(seen), out / "rays.parquet")
    _write(_areas(seen, grid, ground_m, _plane(lowered, task.centre.at)), out / "areas.parquet")
    sensors = _sensors(lowered)
    parts = []
    progress("radars", 0, len(sensors))
    for k, sensor in enumerate(sensors):
        parts.append(_least(lowered, sensor, grid, ground_m))
        progress("radars", k + 1, len(sensors))
    _write(pa.concat_tables(parts), out / "least-height.parquet")
    _write_json(_description(lowered, seen, grid, sensors, asked), out / "coverage.json")
    return out


def claim(out: Path) -> None:
    """Make the folder; an `InputError` if something else lives there."""
    ours = {"coverage.json", "areas.parquet", "rays.parquet", "least-height.parquet"}
    claim_output(out, lambda name: name in ours or name.endswith((".svg", ".png")), "openiads coverage")
    if (out / "coverage.json").exists():
        for old in (*out.glob("*.svg"), *out.glob("*.png")):
            old.unlink()  # of an earlier coverage here, perhaps with other probes


def _sensors(lowered: Lowered) -> list[SensorPlan]:
    """Every radar once."""
    found: list[SensorPlan] = []
    for post in lowered.plan.posts:
        for sensor in (*post.sensors, *(unit.fire_control for unit in post.units if unit.fire_control is not None)):
            if sensor not in found:
                found.append(sensor)
    return found


def _areas(seen: Coverage, grid: Grid, ground_m: Floats, centre_m: tuple[float, float]) -> pa.Table:
    """Every grid point takes what holds in the cell of the nearest bearing; points beyond all cells or beside all bearings hold nothing."""
    east, north = grid.east_m[None, :] - centre_m[0], grid.north_m[:, None] - centre_m[1]
    cell = np.floor(np.hypot(east, north) / seen.cell_m).astype(np.int64)
    bearing = np.arctan2(east, north)
    parts = []
    for k, probe in enumerate(seen.task.probes):
        rows = np.flatnonzero(seen.rows["probe"] == k)
        off = np.abs(np.mod(bearing[..., None] - seen.rows["bearing_rad"][rows] + math.pi, 2.0 * math.pi) - math.pi)
        nearest = off.argmin(axis=-1)
        inside = (off.min(axis=-1) <= math.pi / BEARINGS + 1e-9) & (cell < seen.cells.shape[2])
        holds = seen.cells[rows[nearest], :, np.where(inside, cell, 0)] & inside[..., None]
        columns: dict[str, Any] = {
            "class": pa.array([probe.name] * ground_m.size).dictionary_encode(),
            "height_m": np.full(ground_m.size, probe.height_m),
            "above_ground": np.full(ground_m.size, probe.above_ground),
            **_points(grid),
            "ground_m": ground_m.ravel().astype(np.float32),
        }
        parts.append(pa.table(columns | {kind: holds[..., j].ravel() for j, kind in enumerate(KINDS)}))
    return pa.concat_tables(parts, promote_options="permissive")


def _least(lowered: Lowered, sensor: SensorPlan, grid: Grid, ground_m: Floats) -> pa.Table:
    """Least visible heights of a radar; null where it sees nothing, whatever the height."""
    least_m = least_heights_m(lowered.plan, sensor, grid.east_m[None, :], grid.north_m[:, None]).ravel()
    name = pa.array([sensor.name] * least_m.size).dictionary_encode()
    above_m = np.maximum(least_m - ground_m.ravel(), 0.0)
    values = {"least_alt_m": pa.array(least_m.astype(np.float32), from_pandas=True), "least_above_ground_m": above_m.astype(np.float32)}
    values["least_above_ground_m"] = pa.array(values["least_above_ground_m"], from_pandas=True)
    return pa.table({"radar": name, **_points(grid), **values})


def _points(grid: Grid) -> dict[str, Any]:
    east, north = np.broadcast_arrays(grid.east_m[None, :] / 1e3, grid.north_m[:, None] / 1e3)
    return {"east_km": east.ravel(), "north_km": north.ravel()}


def _description(lowered: Lowered, seen: Coverage, grid: Grid, sensors: Sequence[SensorPlan], asked: Asked) -> dict[str, Any]:
    scenario, plan, ground = lowered.scenario, lowered.plan, lowered.places.ground
    summary = coverage_summary(seen)
    for row, probe in zip(summary["heights"], seen.task.probes, strict=True):
        row["above_ground"] = probe.above_ground
    weather = scenario.world.weather
    search = {sensor.name for post in plan.posts for sensor in post.sensors}
    return {
        "openiads_coverage": VERSION,
        "title": scenario.title,
        "place": {"name": scenario.place.name, "east_m": scenario.place.extent.east_m, "north_m": scenario.place.extent.north_m},
        "terrain": scenario.place.terrain.word,
        "relief_sha256": None if ground is None else ground.relief.digest,
        "weather": {"rain_mm_h": weather.rain_mm_h, "gas": weather.gas},
        "spacing_m": grid.spacing_m,
        "shape": list(grid.shape),
        "bearings_rad": list(asked.bearings_rad),
        "sector_rad": 2.0 * math.pi / BEARINGS,
        **summary,
        "assets": [{"name": a.name, "value": a.value, **_at(lowered, a.at)} for a in plan.assets],
        "units": [{"name": unit.name, **_at(lowered, unit.at)} for post in plan.posts for unit in post.units],
        "sensors": [
            {
                "name": s.name,
                "role": "search" if s.name in search else "engagement",
                "ground_m": s.at.alt_m,
                "antenna_height_m": s.radar.antenna_height_m,
                "range_max_m": s.radar.range_max_m,
                **_at(lowered, s.at),
            }
            for s in sensors
        ],
    }


def _plane(lowered: Lowered, place: Place) -> tuple[float, float]:
    at = _at(lowered, place)
    return at["east_m"], at["north_m"]


def _at(lowered: Lowered, place: Place) -> dict[str, float]:
    earth = lowered.plan.conditions.earth
    range_m, bearing_rad, _ = geodesic_inverse(0.0, 0.0, place.lat_rad, place.lon_rad, earth.a_m, earth.f)
    return {"east_m": range_m * math.sin(bearing_rad), "north_m": range_m * math.cos(bearing_rad)}


def _write(table: pa.Table, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    pq.write_table(table, part, compression="zstd")
    os.replace(part, path)


def _write_json(data: dict[str, Any], path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(part, path)
