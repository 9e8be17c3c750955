"""The maps of ``openiads coverage``, drawn from its folder: areas at each height, and the least height that each radar sees.

Each map is an SVG and a PNG of its own, on light ground, in kilometres of the scenario's own grid: relief shading, places with their
names, a scale, a legend that states areas and ranges. Two runs of the same coverage draw the same SVG byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, LightSource, ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.reports.words import class_title, first_up, height, km

Floats = NDArray[np.float64]

_INK, _MUTED, _PAPER, _SEA = "#1c2733", "#5d6b78", "#ffffff", "#e6edf2"
#: Low ground, high ground: what relief is coloured in before it is shaded.
_LAND = ("#edf0e6", "#cfc7b4")
#: Fill and outline of each area, widest first, and the dashes of its outline.
_AREAS: dict[str, tuple[str, str, float, Any]] = {
    "visible": ("#7d94a8", "#5f7688", 0.16, (0, (1, 1.5))),
    "detectable": ("#2f78b7", "#1f5f99", 0.22, (0, (6, 2.2))),
    "engageable": ("#d1493f", "#a92f26", 0.34, "-"),
}
#: Edges of the classes of least visible height above the ground, in m, and their colours: dark green sees to the ground.
_LEVELS_M = (0.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0)
_LEVEL_COLOURS = ("#1b6b55", "#4d9a6f", "#8fc08a", "#d3dca0", "#f2d28b", "#e39b62", "#b9573f")
_WORDS = {
    "visible": "in line of sight of a search radar",
    "detectable": "one look detects with 50 % or more",
    "engageable": "a round can meet it",
}

#: Width, what a map and what head and legend take of it; dots of the PNG.
_WIDE_IN, _MAP_IN, _FRAME_IN, _DPI = 7.6, 6.6, 2.0, 160
#: What lies under names on the map.
_LABEL = {"boxstyle": "round,pad=0.12", "facecolor": _PAPER, "edgecolor": "none", "alpha": 0.72}
_BARS_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_BAR_SHARE = 0.3
#: A map shows the widest area with this much around it, and no less than this half width.
_AROUND, _LEAST_HALF_KM = 1.12, 20.0

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "coverage",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.edgecolor": _MUTED,
    "axes.labelcolor": _MUTED,
    "axes.linewidth": 0.7,
    "figure.facecolor": _PAPER,
    "axes.facecolor": _PAPER,
    "savefig.facecolor": _PAPER,
    "legend.frameon": False,
    "text.color": _INK,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "text.parse_math": False,
}


#: The box of a map in km (west, east, south, north), and who paints it.
_Job = tuple[tuple[float, float, float, float], Callable[[Figure], None]]


@dataclass(frozen=True)
class _Atlas:
    """The folder as it was read: the description, and fields on the grid (north, east) with its points in km."""

    about: dict[str, Any]
    east_km: Floats
    north_km: Floats
    ground_m: Floats

    @property
    def edges_km(self) -> tuple[float, float, float, float]:
        half = 0.5 * self.about["spacing_m"] / 1e3
        return self.east_km[0] - half, self.east_km[-1] + half, self.north_km[0] - half, self.north_km[-1] + half


def draw_atlas(folder: Path, advance: Callable[[str, int, int], None] = lambda _what, _done, _of: None) -> list[Path]:
    """Draw all maps of a coverage folder into it; returns the files, SVG and PNG of each map."""
    about, areas, least = _read(folder)
    shape = tuple(about["shape"])
    first = areas.slice(0, shape[0] * shape[1])
    east, north = (first[name].to_numpy().reshape(shape) for name in ("east_km", "north_km"))
    atlas = _Atlas(about, east[0], north[:, 0], first["ground_m"].to_numpy().reshape(shape).astype(float))
    jobs: list[tuple[str, _Job]] = []
    for k, row in enumerate(about["heights"]):
        mine = areas.slice(k * shape[0] * shape[1], shape[0] * shape[1])
        fields = {kind: mine[kind].to_numpy(zero_copy_only=False).reshape(shape) for kind in _AREAS}
        jobs.append((f"areas-{k + 1}-{_slug(row['class'])}-{row['height_m']:.0f}m", _areas_painter(atlas, row, fields)))
    for sensor in about["sensors"]:
        values = least.filter(pc.equal(least["radar"], sensor["name"]))["least_above_ground_m"].to_numpy().reshape(shape).astype(float)
        jobs.append((f"least-height-{_slug(sensor['name'])}", _least_painter(atlas, sensor, values)))
    files: list[Path] = []
    advance("maps", 0, len(jobs))
    for n, (name, job) in enumerate(jobs, start=1):
        files += _save(folder / name, job)
        advance("maps", n, len(jobs))
    return files


def _read(folder: Path) -> tuple[dict[str, Any], Any, Any]:
    try:
        about = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
        return about, pq.read_table(folder / "areas.parquet"), pq.read_table(folder / "least-height.parquet")
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: is no folder of 'openiads coverage': {error}") from None


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _save(stem: Path, job: _Job) -> list[Path]:
    box, paint = job
    tall_in = _MAP_IN * (box[3] - box[2]) / (box[1] - box[0]) + _FRAME_IN
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=(_WIDE_IN, tall_in), layout="constrained")
        FigureCanvasAgg(figure)
        paint(figure)
        files = [stem.with_name(f"{stem.name}.{ending}") for ending in ("svg", "png")]
        figure.savefig(files[0], format="svg", metadata={"Date": None, "Creator": "OpenIADS"})
        figure.savefig(files[1], format="png", dpi=_DPI, metadata={"Software": "OpenIADS"})
    return files


def _areas_painter(atlas: _Atlas, row: dict[str, Any], fields: dict[str, NDArray[np.bool_]]) -> _Job:
    over = "above the ground" if row["above_ground"] and atlas.about["terrain"] != "flat" else "above the sea"
    title = f"{first_up(class_title(row['class']))} at {height(row['height_m'])} {over}"

    box = _box(atlas, max(row[kind]["outer_m"] or 0.0 for kind in _AREAS) / 1e3)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        _ground(axes, atlas, box)
        handles = []
        for kind, (fill, line, weight, dashes) in _AREAS.items():
            if fields[kind].any():
                field = _smoothed(fields[kind])
                axes.contourf(atlas.east_km, atlas.north_km, field, levels=[0.5, 2.0], colors=[fill], alpha=weight, zorder=2)
                axes.contour(atlas.east_km, atlas.north_km, field, [0.5], colors=[line], linewidths=1.2, linestyles=[dashes], zorder=3)
            handles.append(Line2D([], [], color=line, linestyle=dashes, linewidth=1.4, label=_area_words(kind, row[kind])))
        _places(axes, atlas, box)
        _scale(axes, box)
        _head(axes, title, f"{atlas.about['title']}: a lone straight inbound over {atlas.about['centre']} at {row['speed_mps']:.0f} m/s")
        _legend(figure, [*handles, *_marks()], 2)

    return box, paint


def _smoothed(field: NDArray[np.bool_]) -> Floats:
    """Share of the nine points around each at which it holds: its outline at one half has no steps."""
    padded = np.pad(field.astype(float), 1, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).mean(axis=(-1, -2)))


def _area_words(kind: str, area: dict[str, Any]) -> str:
    if not area["area_m2"]:
        return f"{kind}: nowhere"
    return f"{kind} ({_WORDS[kind]}): {_square_km(area['area_m2'])}, out to {km(area['outer_m'])}"


def _square_km(area_m2: float) -> str:
    return f"{float(f'{area_m2 / 1e6:.3g}'):,.0f} km²" if area_m2 >= 1e8 else f"{area_m2 / 1e6:.3g} km²"


def _least_painter(atlas: _Atlas, sensor: dict[str, Any], values_m: Floats) -> _Job:
    seen = np.isfinite(values_m) & (values_m < _LEVELS_M[-1])
    off_km = np.hypot(atlas.east_km[None, :] - sensor["east_m"] / 1e3, atlas.north_km[:, None] - sensor["north_m"] / 1e3)
    box = _box(atlas, float(off_km[seen].max(initial=_LEAST_HALF_KM)), (sensor["east_m"] / 1e3, sensor["north_m"] / 1e3))

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        _ground(axes, atlas, box)
        colours = ListedColormap(list(_LEVEL_COLOURS))
        rgba = colours(BoundaryNorm(_LEVELS_M, colours.N)(np.where(seen, values_m, 0.0)))
        rgba[..., :3] *= _shade(atlas)[..., None]
        rgba[..., 3] = np.where(seen, 0.78, 0.0)
        axes.imshow(np.clip(rgba, 0.0, 1.0), origin="lower", extent=atlas.edges_km, interpolation="nearest", zorder=2)
        _places(axes, atlas, box, sensor)
        _scale(axes, box)
        relief = f", which is {sensor['ground_m']:,.0f} m above the sea" if atlas.about["terrain"] != "flat" else ""
        under = f"{atlas.about['title']}: antenna {sensor['antenna_height_m']:g} m above its ground{relief}"
        _head(axes, f"How high a target must fly above the ground to be seen by {sensor['name']}", under)
        handles = [
            Patch(facecolor=colour, alpha=0.85, label=f"{_level(low)} to {_level(high)}" if low else f"below {_level(high)}")
            for colour, low, high in zip(_LEVEL_COLOURS, _LEVELS_M, _LEVELS_M[1:], strict=False)
        ]
        _legend(figure, [*handles, *_marks()], 4)

    return box, paint


def _level(value_m: float) -> str:
    return f"{value_m / 1e3:g} km" if value_m >= 1e3 else f"{value_m:g} m"


def _box(atlas: _Atlas, reach_km: float, middle_km: tuple[float, float] | None = None) -> tuple[float, float, float, float]:
    """A square about the centre (or a radar) with the widest area and all places of the defence, kept to the place."""
    about = atlas.about
    centre = next(a for a in about["assets"] if a["name"] == about["centre"])
    east, north = middle_km or (centre["east_m"] / 1e3, centre["north_m"] / 1e3)
    places = [*about["assets"], *about["units"], *about["sensors"]]
    out_km = max(max(abs(p["east_m"] / 1e3 - east), abs(p["north_m"] / 1e3 - north)) for p in places)
    half = _AROUND * max(reach_km, out_km, _LEAST_HALF_KM)
    west, far_east, south, far_north = atlas.edges_km
    return max(east - half, west), min(east + half, far_east), max(north - half, south), min(north + half, far_north)


def _shade(atlas: _Atlas) -> Floats:
    """Light from the north-west on the relief, about 1; all 1 where it is flat."""
    if not atlas.ground_m.any():
        return np.ones_like(atlas.ground_m)
    step_m = atlas.about["spacing_m"]
    steep = max(0.2 * step_m / max(float(np.abs(np.gradient(atlas.ground_m)).max()), 1e-9), 1.0)
    light = LightSource(azdeg=315.0, altdeg=45.0).hillshade(atlas.ground_m[::-1], vert_exag=min(steep, 8.0), dx=step_m, dy=step_m)[::-1]
    return np.asarray(0.72 + 0.4 * light)


def _ground(axes: Axes, atlas: _Atlas, box: tuple[float, float, float, float]) -> None:
    axes.set_aspect("equal")
    axes.set_xlim(box[0], box[1])
    axes.set_ylim(box[2], box[3])
    axes.set_xlabel("km east of the origin")
    axes.set_ylabel("km north of the origin")
    axes.tick_params(length=3.0, width=0.6)
    if not atlas.ground_m.any():
        axes.grid(color="#e3e8ec", linewidth=0.5, zorder=0)
        axes.set_axisbelow(True)
        return
    high = np.clip(atlas.ground_m / atlas.ground_m.max(), 0.0, 1.0)[..., None]
    low_rgb, high_rgb, sea_rgb = (np.array(to_rgb(colour)) for colour in (*_LAND, _SEA))
    rgb = np.where(high > 0.0, (1.0 - high) * low_rgb + high * high_rgb, sea_rgb if (atlas.ground_m > 0.0).mean() > 0.3 else low_rgb)
    shaded = np.clip(rgb * _shade(atlas)[..., None], 0.0, 1.0)
    axes.imshow(shaded, origin="lower", extent=atlas.edges_km, interpolation="bilinear", zorder=1)


def _places(axes: Axes, atlas: _Atlas, box: tuple[float, float, float, float], own: dict[str, Any] | None = None) -> None:
    """Assets and fire units with their names, radars as small triangles; a radar whose map this is stands out."""
    about, named = atlas.about, []
    for sensor in about["sensors"]:
        at_km = sensor["east_m"] / 1e3, sensor["north_m"] / 1e3
        axes.plot(*at_km, "^", color=_PAPER, markersize=8.5, markeredgecolor=_INK, mew=0.8, zorder=5)
    for unit in about["units"]:
        named.append((unit["name"].rpartition("-")[0] or unit["name"], unit["east_m"] / 1e3, unit["north_m"] / 1e3))
        axes.plot(unit["east_m"] / 1e3, unit["north_m"] / 1e3, "h", color=_PAPER, markersize=6.0, markeredgecolor=_INK, mew=0.9, zorder=6)
    sets = dict.fromkeys(name for name, *_ in named)
    middles = [(name, *(float(np.mean([row[k] for row in named if row[0] == name])) for k in (1, 2))) for name in sets]
    for asset in about["assets"]:
        axes.plot(asset["east_m"] / 1e3, asset["north_m"] / 1e3, "*", color=_INK, markersize=11, zorder=6)
        middles.append((asset["name"], asset["east_m"] / 1e3, asset["north_m"] / 1e3))
    if own is not None:
        axes.plot(own["east_m"] / 1e3, own["north_m"] / 1e3, "^", color="#e8b400", markersize=9, markeredgecolor=_INK, mew=1.0, zorder=7)
    _names(axes, middles, box)


def _names(axes: Axes, places: Sequence[tuple[str, float, float]], box: tuple[float, float, float, float]) -> None:
    """A name right of its place, or left, above or below where another name or place is in the way."""
    per_km = 72.0 * 6.2 / (box[1] - box[0])
    taken = [(east * per_km - 5.0, north * per_km - 5.0, 10.0, 10.0) for _, east, north in places]
    for text, east, north in places:
        if not (box[0] <= east <= box[1] and box[2] <= north <= box[3]):
            continue
        wide, tall = 5.0 * len(text), 9.0
        spots = [(right, up, side) for right, side in ((7.0, "left"), (-7.0, "right")) for up in (-3.0, 6.0, -13.0)]
        rated: list[tuple[float, int, tuple[float, float, float, float], tuple[float, float, str]]] = []
        for right, up, side in spots:
            left_pt = east * per_km + right - (wide if side == "right" else 0.0)
            area = (left_pt, north * per_km + up, wide, tall)
            clash = sum(_overlap(area, other) for other in taken)
            rated.append((clash, len(rated), area, (right, up, side)))
        _, _, area, (right, up, side) = min(rated, key=lambda spot: spot[:2])
        taken.append(area)
        axes.annotate(
            text,
            (east, north),
            textcoords="offset points",
            xytext=(right, up),
            ha=side,
            fontsize=8.0,
            zorder=8,
            bbox=_LABEL,
        )


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    tall = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(tall, 0.0)


def _scale(axes: Axes, box: tuple[float, float, float, float]) -> None:
    """A bar of round length in the lower left, and north in the upper right."""
    wide, tall = box[1] - box[0], box[3] - box[2]
    length = max([bar for bar in _BARS_KM if bar <= _BAR_SHARE * wide], default=_BARS_KM[0])
    left, low = box[0] + 0.04 * wide, box[2] + 0.045 * tall
    axes.plot([left, left + length], [low, low], color=_PAPER, linewidth=4.5, solid_capstyle="projecting", zorder=8)
    axes.plot([left, left + length], [low, low], color=_INK, linewidth=2.0, solid_capstyle="butt", zorder=9)
    axes.annotate(f"{length:,} km", (left, low), textcoords="offset points", xytext=(0, 5), fontsize=8.0, zorder=9, bbox=_LABEL)
    tip, tail = (box[1] - 0.05 * wide, box[3] - 0.045 * tall), (box[1] - 0.05 * wide, box[3] - 0.12 * tall)
    axes.annotate("", tip, tail, arrowprops={"arrowstyle": "-|>", "color": _INK, "lw": 1.0}, zorder=9)
    axes.annotate("N", tail, textcoords="offset points", xytext=(0, -10), ha="center", fontsize=8.5, zorder=9, bbox=_LABEL)


def _head(axes: Axes, title: str, under: str) -> None:
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", pad=20.0)
    axes.annotate(under, (0.0, 1.0), xycoords="axes fraction", textcoords="offset points", xytext=(0, 6), fontsize=8.5, color=_MUTED)


def _marks() -> list[Line2D]:
    kinds: list[tuple[str, str, float, str]] = [("*", _INK, 9.0, "asset"), ("h", _PAPER, 6.5, "fire unit"), ("^", _PAPER, 8.0, "radar")]
    return [
        Line2D([], [], color="none", marker=shape, markerfacecolor=face, markeredgecolor=_INK, markersize=size, label=label)
        for shape, face, size, label in kinds
    ]


def _legend(figure: Figure, handles: Sequence[Any], columns: int) -> None:
    figure.legend(handles=list(handles), loc="outside lower left", ncols=columns, fontsize=8.0, handlelength=2.4, columnspacing=1.4)
