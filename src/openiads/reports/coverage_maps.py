"""Where the defence sees, detects and can engage a lone straight inbound: one small map a height, and the rows of the table beneath."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from openiads.records import Record
from openiads.reports.frame import Figure, figure
from openiads.reports.svg import ACCENT, ALARM, INK, MUTED, PAPER, draw
from openiads.reports.words import amount_of, class_title, height, km, listed

Floats = NDArray[np.float64]

_SIZE_IN = (7.2, 3.0)
#: Colour, dashes and weight of fill of each outline, widest first.
_LOOKS: dict[str, tuple[str, Any, float]] = {
    "visible": (MUTED, (0, (1, 1.6)), 0.08),
    "detectable": (ACCENT, (0, (5, 2.5)), 0.12),
    "engageable": (ALARM, "-", 0.18),
}
#: The widest outline takes up this share of half a map.
_FILL = 0.86
#: The scale bar is the longest of these that is no longer than this share of the map.
_BARS_KM = (5, 10, 20, 50, 100, 200, 500, 1000)
_BAR_SHARE = 0.35


@dataclass(frozen=True)
class Reach:
    """One line of the table: areas in m^2 and greatest ground ranges in m (None: nowhere) at one height."""

    height_m: float
    title: str
    speed_mps: float
    rcs_m2: tuple[float, float]
    firm_m: float | None
    areas: dict[str, dict[str, Any]]
    """`outer_m`, `inner_m` and `area_m2` of visible, detectable and engageable."""


def coverage_rows(record: Record) -> list[Reach]:
    """The lines of the table; none for a record of before coverage was computed."""
    found = record.summary.get("coverage") or {"heights": []}
    return [
        Reach(
            row["height_m"],
            class_title(row["class"]),
            row["speed_mps"],
            (row["rcs_least_m2"], row["rcs_greatest_m2"]),
            row["firm_m"],
            {kind: row[kind] for kind in _LOOKS},
        )
        for row in found["heights"]
    ]


def coverage_figure(record: Record) -> Figure | None:
    """The maps side by side; None for a record of before coverage was computed."""
    rows = coverage_rows(record)
    if not rows:
        return None
    table, description = record.table("coverage"), record.description
    name = record.summary["coverage"]["centre"]
    centre = next(a for a in description["assets"] if a["asset"] == name)

    def paint(canvas: Canvas) -> None:
        for axes, row in zip(np.atleast_1d(canvas.subplots(1, len(rows))), rows, strict=True):
            mine = table.filter(pc.equal(table["height_m"], row.height_m))
            _map(axes, row, {column: mine[column].to_numpy() for column in mine.column_names if column != "class"}, description, centre)
        canvas.legend(handles=_legend(), loc="outside lower left", ncols=6, fontsize=7.2, handlelength=2.6, columnspacing=1.2)

    alt = f"Maps around {name}, one a height, each at its own scale, north up. " + " ".join(_said(row) for row in rows)
    caption = "Each map has its own scale; north is up. A straight inbound comes alone over the centre; "
    caption += f"nominal values, {_over(description)}."
    title = "Visible, detectable and engageable areas"
    data = [table.column_names, *zip(*(table[column].to_pylist() for column in table.column_names), strict=True)]
    sources = "tables/coverage.parquet, summary.json (coverage), description.json"
    return figure("coverage", title, draw("coverage", title, alt, _SIZE_IN, paint), alt, data, sources, caption)


def _over(description: dict[str, Any]) -> str:
    flat = description["place"].get("terrain", "flat") == "flat"
    return "smooth earth" if flat else "over the terrain of the scenario, below 10 km at the stated height above the ground"


def _said(row: Reach) -> str:
    parts = []
    for kind, area in row.areas.items():
        reach = f"out to {km(area['outer_m'])}, {square_km(area['area_m2'])}" if area["area_m2"] else "nowhere"
        parts.append(f"{kind} {reach}")
    return f"At {height(row.height_m)}, {row.title}: {listed(parts)}."


def square_km(area_m2: float) -> str:
    """An area in km^2 with three digits."""
    value = area_m2 / 1e6
    return f"{float(f'{value:.3g}'):,.0f} km²" if value >= 99.5 else f"{value:.3g} km²"


def _map(axes: Axes, row: Reach, columns: dict[str, Floats], description: dict[str, Any], centre: dict[str, Any]) -> None:
    widest_m = max([area["outer_m"] or 0.0 for area in row.areas.values()] + [1e3])
    half_km = widest_m / 1e3 / _FILL
    axes.set_aspect("equal")
    axes.set_xlim(-half_km, half_km)
    axes.set_ylim(-half_km, half_km)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    axes.set_title(f"{height(row.height_m)}: {row.title}", fontsize=7.2)
    for kind, (colour, dashes, weight) in _LOOKS.items():
        outline = _outline(columns["bearing_rad"], columns[f"{kind}_outer_m"] / 1e3, columns[f"{kind}_inner_m"] / 1e3)
        if outline is not None:
            axes.add_patch(PathPatch(outline, facecolor=colour, alpha=weight, linewidth=0.0))
            axes.add_patch(PathPatch(outline, facecolor="none", edgecolor=colour, linestyle=dashes, linewidth=1.1))
    for places, shape, size, face in ((description["sensors"], "^", 4.0, PAPER), (description["assets"], "*", 6.5, INK)):
        east = [(p["east_m"] - centre["east_m"]) / 1e3 for p in places]
        north = [(p["north_m"] - centre["north_m"]) / 1e3 for p in places]
        axes.plot(east, north, shape, color=face, markersize=size, markeredgecolor=INK, markeredgewidth=0.7, zorder=5)
    _scale_bar(axes, half_km)


def _outline(bearing_rad: Floats, outer: Floats, inner: Floats) -> Path | None:
    """Closed outlines of the area: one for each run of bearings (n,) that have a range; two rings where all do. None without an area."""
    some = np.isfinite(outer)
    if not some.any():
        return None
    east, north = np.sin(bearing_rad), np.cos(bearing_rad)
    if some.all():
        rings = [np.column_stack((outer * east, outer * north)), np.column_stack((inner * east, inner * north))[::-1]]
        return Path.make_compound_path(*(_closed(ring) for ring in rings[: 2 if inner.any() else 1]))
    first = int(np.flatnonzero(some & ~np.roll(some, 1))[0])
    turned = np.roll(np.arange(some.size), -first)  # begins with the beginning of a run
    parts = []
    for run in np.split(turned, np.flatnonzero(np.diff(some[turned].astype(int))) + 1):
        if some[run[0]]:
            half_rad = math.pi / some.size  # each bearing stands for the sector around it
            ends = np.concatenate(([bearing_rad[run[0]] - half_rad], bearing_rad[run], [bearing_rad[run[-1]] + half_rad]))
            far, near = (np.concatenate(([r[run[0]]], r[run], [r[run[-1]]])) for r in (outer, inner))
            out = np.column_stack((far * np.sin(ends), far * np.cos(ends)))
            back = np.column_stack((near * np.sin(ends), near * np.cos(ends)))[::-1]
            parts.append(_closed(np.concatenate((out, back))))
    return Path.make_compound_path(*parts)


def _closed(points: Floats) -> Path:
    return Path(np.concatenate((points, points[:1])), closed=True)


def _scale_bar(axes: Axes, half_km: float) -> None:
    length = max([bar for bar in _BARS_KM if bar <= _BAR_SHARE * 2.0 * half_km], default=_BARS_KM[0])
    left, low = -0.93 * half_km, -0.9 * half_km
    axes.plot([left, left + length], [low, low], color=INK, linewidth=1.6, solid_capstyle="butt", zorder=6)
    axes.annotate(f"{length:,} km", (left, low), textcoords="offset points", xytext=(0, 3), fontsize=7.2)
    axes.annotate("N", (0.9 * half_km, 0.84 * half_km), fontsize=7.2, ha="center", va="bottom")
    axes.annotate(
        "", (0.9 * half_km, 0.86 * half_km), (0.9 * half_km, 0.62 * half_km), arrowprops={"arrowstyle": "->", "color": INK, "lw": 0.8}
    )


def _legend() -> list[Line2D]:
    outlines = [Line2D([], [], color=colour, linestyle=dashes, linewidth=1.1, label=kind) for kind, (colour, dashes, _) in _LOOKS.items()]
    marks = (("*", 6.5, INK, "asset"), ("^", 4.0, PAPER, "radar"))
    return outlines + [
        Line2D([], [], color="none", marker=shape, markersize=size, markerfacecolor=face, markeredgecolor=INK, label=label)
        for shape, size, face, label in marks
    ]


def centre_words(record: Record) -> str:
    """The centre of the maps and how the ranges were found, in words; nothing for a record of before coverage was computed."""
    found = record.summary.get("coverage")
    if not found:
        return ""
    return f"{found['centre']}, from {amount_of(found['bearings'], 'bearing')} in {amount_of(found['replicates'], 'replicate')} each"
