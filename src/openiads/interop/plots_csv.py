"""Recorded plots as CSV, scan by scan, and the truth they may be judged by.

Columns are named by quantity and unit: `time_s`; `range_km`, `azimuth_deg` and perhaps `elevation_deg`, or `x_m`, `y_m` and perhaps `z_m`;
errors as `range_sd_m`, `azimuth_sd_deg`, `elevation_sd_deg` or `sd_m`; `radial_mps` with `radial_sd_mps`. Azimuths are clockwise from
north, which is y; `bearing_rad_from_x` counts the other way from x. A column `radar` tells radars apart, `scan` tells scans apart; without
one a scan is a period.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.interop.columns import Row, Table
from openiads.records.scans import CARTESIAN, EITHER, POLAR, Floats, Rejects, Scan

_QUANTITIES = {
    "time": "time", "range": "length", "azimuth": "angle", "elevation": "angle", "x": "length", "y": "length", "z": "length",
    "range_sd": "length", "azimuth_sd": "angle", "elevation_sd": "angle", "sd": "length", "radial": "speed", "radial_sd": "speed",
}  # fmt: skip
_FROM_X = "bearing_rad_from_x"
_UNITS = {"time": "s", "range": "m", "azimuth": "rad", "elevation": "rad", "x": "m", "y": "m", "z": "m", "sd": "m", "radial": "mps"}


def _si(quantity: str) -> str:
    """The name of the column in a `Scan`: range_sd -> range_sd_m."""
    return f"{quantity}_{_UNITS.get(quantity) or _UNITS[quantity.removesuffix('_sd')]}"


class CsvPlots:
    """Scans of a CSV file; iterate over it once."""

    def __init__(self, path: Path, errors: Mapping[str, float], period_s: float | None) -> None:
        """`errors` are standard deviations by column (`range_sd_m`, ...) where the file has none; without `scan`, a period is needed."""
        self.rejects = Rejects()
        self._period_s = period_s
        self._table = Table(path, _QUANTITIES, ("radar", "scan", _FROM_X), self.rejects)
        self._columns, self._stated = self._choose(path, errors)
        if period_s is None and "scan" not in self._table:
            raise InputError(f"{path}: has no column scan; say how long a scan lasts with --period, such as --period '4 s'")

    def _choose(self, path: Path, errors: Mapping[str, float]) -> tuple[tuple[str, ...], dict[str, float]]:
        """Quantities that every plot must have, and errors by column where the file has none."""
        table = self._table
        if "time" not in table:
            raise InputError(f"{path}: line 1: a column time_s is needed")
        if "range" in table and ("azimuth" in table or _FROM_X in table):
            needed = ["time", "range", *(["azimuth"] if "azimuth" in table else []), *(["elevation"] if "elevation" in table else [])]
            wanted = ["range_sd", "azimuth_sd", *(["elevation_sd"] if "elevation" in table else [])]
            self.dimensions = 3 if "elevation" in table else 2
        elif "x" in table and "y" in table:
            needed, wanted = ["time", "x", "y", *(["z"] if "z" in table else [])], ["sd"]
            self.dimensions = 3 if "z" in table else 2
        else:
            raise InputError(f"{path}: line 1: columns for a position are needed: range_m and azimuth_deg, or x_m and y_m")
        stated = {}
        if "radial" in table:
            wanted.append("radial_sd")
        for quantity in wanted:
            if quantity in table:
                needed += [quantity] if quantity != "radial_sd" else []
            elif (value := errors.get(_si(quantity))) is not None:
                stated[_si(quantity)] = value
            else:
                option = "--" + quantity.replace("_", "-")
                raise InputError(f"{path}: how large are the errors? It has no column {_si(quantity)}; state it with {option}")
        return tuple(needed), stated

    def __iter__(self) -> Iterator[Scan]:
        """Scans in the order of their ends; each radar has its own. Rows must be in the order of scans."""
        open_scans: dict[str, tuple[object, list[dict[str, float]]]] = {}
        ended_s: dict[str, float] = {}
        for row in self._table.rows():
            plot = self._plot(row)
            if plot is None:
                continue
            radar = row.texts.get("radar", "")
            key = row.texts["scan"] if self._period_s is None else math.floor(plot["time_s"] / self._period_s)
            if plot["time_s"] <= ended_s.get(radar, -math.inf):
                self.rejects.add("older than the scan before", f"line {row.line}")
                continue
            now = open_scans.get(radar)
            if now is not None and now[0] != key:
                scan = self._scan(radar, now[1])
                ended_s[radar] = scan.time_s
                yield scan
                if plot["time_s"] <= scan.time_s:
                    self.rejects.add("older than the scan before", f"line {row.line}")
                    open_scans[radar] = (key, [])
                    continue
                yield from self._empty(radar, scan.time_s, plot["time_s"])
                now = None
            open_scans[radar] = now if now is not None else (key, [])
            open_scans[radar][1].append(plot)
        yield from (self._scan(radar, plots) for radar, (_, plots) in open_scans.items() if plots)

    def _empty(self, radar: str, last_s: float, next_s: float) -> Iterator[Scan]:
        """Periods without a plot: the radar turned and saw nothing."""
        if self._period_s is not None:
            first, last = (math.floor(t / self._period_s) for t in (last_s, next_s))
            for k in range(first + 1, min(last, first + 1 + _MOST_EMPTY)):
                yield Scan(radar, (k + 1) * self._period_s - 1e-9, {"time_s": np.zeros(0)})

    def _plot(self, row: Row) -> dict[str, float] | None:
        numbers = dict(row.numbers)
        if _FROM_X in self._table and "azimuth" not in self._table:
            try:
                numbers["azimuth"] = 0.5 * math.pi - float(row.texts[_FROM_X])
            except ValueError:
                self.rejects.add(f"{_FROM_X} is not a number", f"line {row.line}")
                return None
        if missing := [q for q in self._columns if q not in numbers]:
            self.rejects.add(f"no {missing[0]}", f"line {row.line}")
            return None
        if bad := [q for q in numbers if (q.endswith("sd") or q == "range") and numbers[q] <= 0.0]:
            self.rejects.add(f"{bad[0]} is not above 0", f"line {row.line}")
            return None
        return {_si(quantity): value for quantity, value in numbers.items()}

    def _scan(self, radar: str, plots: list[dict[str, float]]) -> Scan:
        columns = {}
        known = {name for plot in plots for name in plot} | self._stated.keys()
        for name in (*EITHER, *POLAR, *CARTESIAN):
            if name in known:
                columns[name] = np.array([plot.get(name, self._stated.get(name, math.nan)) for plot in plots])
        return Scan(radar, float(columns["time_s"].max()), columns)


#: A gap of more periods than this is a break of the recording; every track has ended long before.
_MOST_EMPTY = 100


class Truth(NamedTuple):
    """Where every target was at one instant."""

    ids: NDArray[np.int64]
    pos_m: Floats
    """(n, 2) or (n, 3)"""
    vel_mps: Floats | None


class CsvTruth:
    """Positions of targets over time, from `time_s`, `id` (or `target`), `x_m`, `y_m`, perhaps `z_m`, `vx_mps`, `vy_mps`, `vz_mps`."""

    def __init__(self, path: Path, dimensions: int) -> None:
        """Read all of it; a row that cannot be read is a fault of the file, for truth must not have gaps."""
        axes = "xyz"[:dimensions]
        quantities = {"time": "time"} | dict.fromkeys("xyz", "length") | {f"v{a}": "speed" for a in "xyz"}
        rejects = Rejects()
        table = Table(path, quantities, ("id", "target"), rejects)
        name = next((name for name in ("id", "target") if name in table), None)
        if name is None or any(q not in table for q in ("time", *axes)):
            raise InputError(f"{path}: line 1: truth needs the columns time_s, id, {', '.join(f'{a}_m' for a in axes)}")
        self._speeds = all(f"v{a}" in table for a in axes)
        wanted = ["time", *axes, *([f"v{a}" for a in axes] if self._speeds else [])]
        found: dict[str, list[list[float]]] = {}
        for row in table.rows():
            if missing := [q for q in wanted if q not in row.numbers]:
                rejects.add(f"no {missing[0]}", f"line {row.line}")
                continue
            found.setdefault(row.texts[name], []).append([row.numbers[q] for q in wanted])
        if rejects.counts:
            raise InputError(f"{path}: {rejects.lines()[0]}")
        if not found:
            raise InputError(f"{path}: holds no row")
        self.names = tuple(found)
        self._paths = []
        for rows in found.values():
            sheet = np.array(sorted(rows))
            self._paths.append(sheet[np.append(np.diff(sheet[:, 0]) > 0.0, True)])
        self._axes = dimensions

    def at(self, time_s: float) -> Truth:
        """Every target whose rows reach from before `time_s` to after it, on the line between its two nearest rows."""
        ids, found = [], []
        for k, path in enumerate(self._paths):
            if path[0, 0] <= time_s <= path[-1, 0]:
                ids.append(k)
                found.append([np.interp(time_s, path[:, 0], path[:, c]) for c in range(1, path.shape[1])])
        sheet = np.array(found).reshape(len(ids), -1) if ids else np.zeros((0, 2 * self._axes))
        return Truth(np.array(ids, np.int64), sheet[:, : self._axes], sheet[:, self._axes :] if self._speeds else None)

    def lines(self) -> list[Floats]:
        """The path of each target, (n, dimensions)."""
        return [path[:, 1 : 1 + self._axes] for path in self._paths]
