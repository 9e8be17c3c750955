"""Maps of the page in kilometres of the scenario's own grid: units, assets, coverage rings and the tracks of one kept replicate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from openiads.codes import ObjectStatus
from openiads.metrics.words import STATUS_WORDS
from openiads.records import Record
from openiads.reports.coverage import RING_HEIGHTS_M, inside_m, reach_m
from openiads.reports.frame import Figure, Rows, figure
from openiads.reports.svg import CLASS_COLOURS, INK, MUTED, PAPER, RULE, draw
from openiads.reports.words import amount_of, class_title, first_up, height, km, listed

Floats = NDArray[np.float64]

_WIDTH_IN = 7.2
_PLOT_IN = 6.6
_LEGEND_IN = 1.15
_GRID = 241
#: Objects of one class drawn at most; they are taken evenly over the group.
MOST_TRACKS = 120
#: The close map shows at least this much around what is defended.
_LEAST_HALF_WIDTH_M = 30_000.0
#: Room for the label of a ring in the frame, in widths of the map, and the bearings where it is tried.
_LABEL_MARGIN = 0.07
_LABEL_BEARINGS_DEG = (315, 0, 225, 180, 135, 270, 45, 90, *range(15, 360, 15))
#: Names of places: size of their letters, width of one, half a mark, and where the text may begin or end beside its place, best first.
_NAME_PT, _LETTER_PT, _MARK_PT = 7.2, 4.2, 4.0
_NAME_OFFSETS_PT = ((8.0, 3.0), (8.0, -10.0), (-8.0, -10.0), (-8.0, 3.0))

_SHAPES = ("o", "^", "s", "D", "v", "P", "X")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 2)), (0, (2, 3)))
_RING_DASHES: tuple[Any, ...] = ((0, (1, 2)), (0, (5, 3)), "-")
_LEAKED, _KILLED = STATUS_WORDS[ObjectStatus.LEAKED], STATUS_WORDS[ObjectStatus.KILLED]


@dataclass(frozen=True)
class Path:
    """Where one object of the kept replicate was, and how it ended."""

    class_name: str
    east_m: Floats
    north_m: Floats
    end: str


@dataclass(frozen=True)
class Scene:
    """What both maps show."""

    description: dict[str, Any]
    classes: tuple[str, ...]
    paths: tuple[Path, ...]
    left_out: int
    leaked_at: dict[str, int]
    """Leakers of the kept replicate by the asset they were aimed at."""

    @property
    def radars(self) -> list[dict[str, Any]]:
        """The search radars, or all radars where none searches."""
        sensors = self.description["sensors"]
        return [s for s in sensors if s["role"] == "search"] or list(sensors)

    def look(self, class_name: str) -> tuple[str, Any, str]:
        """Colour, dashes and shape of a class."""
        i = self.classes.index(class_name)
        return CLASS_COLOURS[i % len(CLASS_COLOURS)], _DASHES[i % len(_DASHES)], _SHAPES[i % len(_SHAPES)]


def maps(record: Record) -> list[Figure]:
    """The whole place, and the defended part of it."""
    kept = _shown(record.summary["kept"])
    scene = _scene(record, kept)
    place = record.description["place"]
    whole = (-0.5 * place["east_m"], 0.5 * place["east_m"], -0.5 * place["north_m"], 0.5 * place["north_m"])
    story = "no replicate was kept, so no tracks are drawn"
    if kept is not None:
        story = f"tracks of replicate {kept['replication']} ({kept['why']}; {amount_of(kept['leakers'], 'leaker')})"
    if scene.left_out:
        story += f", {scene.left_out:,} objects left out for legibility"
    return [
        _map(record, scene, "map", f"Map of {place['name']}{', an invented country' if place['notional'] else ''}", whole, story),
        _map(record, scene, "close", "The defended part of the map", _close(scene, whole), story),
    ]


def _shown(kept: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The median replicate if it was kept, else the first."""
    return next((k for k in kept if "median" in k["why"]), kept[0] if kept else None)


def _scene(record: Record, kept: dict[str, Any] | None) -> Scene:
    classes = tuple(dict.fromkeys(g["class"] for g in record.description["groups"]))
    if kept is None:
        return Scene(record.description, classes, (), 0, {})
    objects, timeline, track = record.table("object"), record.table("timeline"), record.table("track")
    timeline = timeline.filter(pc.equal(timeline["replication"], kept["replication"]))
    ends = dict(zip(timeline["object"].to_pylist(), timeline["end"].to_pylist(), strict=True))
    names = dict(zip(objects["object"].to_pylist(), objects["class"].to_pylist(), strict=True))
    aims = objects["aim"].to_pylist()
    leaked_at = Counter(aims[i] for i, end in ends.items() if end == _LEAKED and aims[i] is not None)
    drawn = set(_picked(names))
    mine = pc.and_(pc.equal(track["replication"], kept["replication"]), pc.equal(track["entity"].cast("string"), "object"))
    track = track.filter(mine)
    number, east, north = (track[name].to_numpy() for name in ("number", "east_m", "north_m"))
    order = np.lexsort((track["time_s"].to_numpy(), number))
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    paths = []
    for rows in np.split(order, starts[1:]):
        if rows.size and (i := int(number[rows[0]])) in drawn:
            paths.append(Path(names[i], east[rows].astype(float), north[rows].astype(float), ends.get(i, "")))
    return Scene(record.description, classes, tuple(paths), len(names) - len(drawn), leaked_at)


def _picked(names: dict[int, str]) -> Iterator[int]:
    """At most `MOST_TRACKS` objects of each class, evenly spread."""
    for name in dict.fromkeys(names.values()):
        members = [i for i, other in names.items() if other == name]
        yield from (members[round(k)] for k in np.linspace(0, len(members) - 1, min(len(members), MOST_TRACKS)))


def _close(scene: Scene, whole: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    places = [*scene.description["assets"], *scene.description["units"]]
    east, north = [p["east_m"] for p in places], [p["north_m"] for p in places]
    middle = 0.5 * (min(east) + max(east)), 0.5 * (min(north) + max(north))
    tall = max(_LEAST_HALF_WIDTH_M, 0.65 * (max(north) - min(north)), 0.5 * (max(east) - min(east)))
    wide = tall * (whole[1] - whole[0]) / (whole[3] - whole[2])
    return middle[0] - wide, middle[0] + wide, middle[1] - tall, middle[1] + tall


def _map(record: Record, scene: Scene, name: str, title: str, box: tuple[float, float, float, float], story: str) -> Figure:
    rings, outside = _rings(scene, box)

    def paint(canvas: Canvas) -> None:
        axes = canvas.subplots()
        _frame(axes, box)
        for height_m, dashes, depth_m, east_m, north_m in rings:
            axes.contour(east_m / 1e3, north_m / 1e3, depth_m / 1e3, levels=[0.0], colors=[MUTED], linewidths=1.0, linestyles=[dashes])
            _ring_label(axes, scene, height_m, box)
        _paths(axes, scene)
        _places(axes, scene, box)
        handles = _legend(scene, [ring[:2] for ring in rings])
        canvas.legend(handles=handles, loc="outside lower left", ncols=3, fontsize=7.2, handlelength=3.2)

    where = " and ".join(a["asset"] for a in record.description["assets"])
    alt = f"{title}: {amount_of(len(record.description['units']), 'fire unit')} defending {where or 'no asset'}; {story}. {_ends(scene)}"
    caption = f"{first_up(story)}. Rings: search radars, smooth earth, horizon or instrumented range, the least of both."
    if record.description["place"].get("terrain", "flat") != "flat":
        caption += " Terrain, which hides more, is not in the rings; the areas of the coverage have it."
    if outside:
        caption += f" Wholly outside this map or around it: the ring{'s' if len(outside) > 1 else ''} at {listed(outside)}."
    sources = "description.json (assets, units, sensors), tables/track.parquet, tables/timeline.parquet"
    return figure(name, title, draw(name, title, alt, (_WIDTH_IN, _tall_in(box)), paint), alt, _rows(scene, box), sources, caption)


def _rows(scene: Scene, box: tuple[float, float, float, float]) -> Rows:
    """Every place of the map, and where each drawn object ended on it."""
    places = [("asset", p["asset"], p["east_m"], p["north_m"]) for p in scene.description["assets"]]
    places += [("fire unit", p["unit"], p["east_m"], p["north_m"]) for p in scene.description["units"]]
    places += [(p.end, p.class_name, float(p.east_m[-1]), float(p.north_m[-1])) for p in scene.paths]
    inside = [row for row in places if box[0] <= row[2] <= box[1] and box[2] <= row[3] <= box[3]]
    return [("what", "name", "east_m", "north_m"), *inside]


def _tall_in(box: tuple[float, float, float, float]) -> float:
    return _LEGEND_IN + _PLOT_IN * (box[3] - box[2]) / (box[1] - box[0])


def _ends(scene: Scene) -> str:
    said = []
    for name in scene.classes:
        mine = [p for p in scene.paths if p.class_name == name]
        if mine:
            leaked, killed = (sum(p.end == end for p in mine) for end in (_LEAKED, _KILLED))
            said.append(f"{class_title(name)}: {leaked} leaked, {killed} killed of {len(mine)} drawn")
    return f"{'; '.join(said)}." if said else ""


def _rings(scene: Scene, box: tuple[float, float, float, float]) -> tuple[list[tuple[float, Any, Floats, Floats, Floats]], list[str]]:
    """Depth of the grid in the coverage at each height, and the heights whose ring does not cross the map."""
    east_m, north_m = np.meshgrid(np.linspace(box[0], box[1], _GRID), np.linspace(box[2], box[3], _GRID))
    rings, outside = [], []
    for height_m, dashes in zip(RING_HEIGHTS_M, _RING_DASHES, strict=True):
        depth_m = inside_m(scene.radars, height_m, east_m, north_m)
        if depth_m.min() < 0.0 < depth_m.max():
            rings.append((height_m, dashes, depth_m, east_m, north_m))
        elif scene.radars:
            outside.append(f"{height(height_m)} (out to {km(max(reach_m(s, height_m) for s in scene.radars))})")
    return rings, outside


def _ring_label(axes: Axes, scene: Scene, height_m: float, box: tuple[float, float, float, float]) -> None:
    """The height on the ring, up and left of the first point from the north-west on where the label stays in the frame."""
    radar = max(scene.radars, key=lambda s: reach_m(s, height_m))
    reach = reach_m(radar, height_m)
    margin_m = _LABEL_MARGIN * (box[1] - box[0])
    for degrees in _LABEL_BEARINGS_DEG:
        east = radar["east_m"] + reach * math.sin(math.radians(degrees))
        north = radar["north_m"] + reach * math.cos(math.radians(degrees))
        inside = box[0] + margin_m < east < box[1] and box[2] < north < box[3] - 0.5 * margin_m
        if inside and abs(float(inside_m(scene.radars, height_m, np.array(east), np.array(north)))) < 1.0:
            axes.annotate(height(height_m), (east / 1e3, north / 1e3), color=MUTED, fontsize=7.2, ha="right", va="bottom")
            return


def _frame(axes: Axes, box: tuple[float, float, float, float]) -> None:
    axes.set_aspect("equal")
    axes.set_xlim(box[0] / 1e3, box[1] / 1e3)
    axes.set_ylim(box[2] / 1e3, box[3] / 1e3)
    axes.set_xlabel("km east of the origin")
    axes.set_ylabel("km north of the origin")
    axes.tick_params(axis="y", labelcolor=MUTED)
    axes.grid(color=RULE, linewidth=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def _paths(axes: Axes, scene: Scene) -> None:
    for path in scene.paths:
        colour, dashes, shape = scene.look(path.class_name)
        axes.plot(path.east_m / 1e3, path.north_m / 1e3, color=colour, linewidth=0.7, linestyle=dashes, alpha=0.7)
    for end, filled in ((_KILLED, False), (_LEAKED, True)):
        for name in scene.classes:
            colour, _, shape = scene.look(name)
            last = [(p.east_m[-1] / 1e3, p.north_m[-1] / 1e3) for p in scene.paths if p.class_name == name and p.end == end]
            if last:
                east, north = zip(*last, strict=True)
                face, edge = (colour, INK) if filled else ("none", colour)
                size_pt = 6.0 if filled else 4.0
                axes.plot(east, north, shape, markersize=size_pt, color=face, markeredgecolor=edge, markeredgewidth=0.8, zorder=4)


def _places(axes: Axes, scene: Scene, box: tuple[float, float, float, float]) -> None:
    names = []
    for asset in scene.description["assets"]:
        axes.plot(asset["east_m"] / 1e3, asset["north_m"] / 1e3, "*", color=INK, markersize=13, zorder=3)
        leaked = scene.leaked_at.get(asset["asset"], 0)
        names.append((f"{asset['asset']} ({leaked} leaked)" if scene.paths else asset["asset"], *2 * [asset["east_m"]], asset["north_m"]))
    units = scene.description["units"]
    places = [u["east_m"] / 1e3 for u in units], [u["north_m"] / 1e3 for u in units]
    axes.plot(*places, "h", color=PAPER, markersize=6, markeredgecolor=INK, markeredgewidth=1.0, zorder=5)
    _names(axes, scene, [*names, *_sets(units)], box)


def _sets(units: list[dict[str, Any]]) -> Iterator[tuple[str, float, float, float]]:
    """Fire units of one set under one name, with its west and east end and its middle northing: s400-1 and s400-2 are s400."""
    names = dict.fromkeys(u["unit"].rpartition("-")[0] or u["unit"] for u in units)
    for name in names:
        mine = [u for u in units if (u["unit"].rpartition("-")[0] or u["unit"]) == name]
        size = f" ({len(mine)} units)" if len(mine) > 1 else ""
        east = [u["east_m"] for u in mine]
        yield f"{name}{size}", min(east), max(east), float(np.mean([u["north_m"] for u in mine]))


def _names(axes: Axes, scene: Scene, names: list[tuple[str, float, float, float]], box: tuple[float, float, float, float]) -> None:
    """Each name beside its place (west to east end), where it stays in the frame and covers least of tracks, marks and earlier names."""
    pt_per_m = 72.0 * _PLOT_IN / (box[1] - box[0])
    frame_pt = np.array(box).reshape(2, 2).T * pt_per_m
    places = [*scene.description["assets"], *scene.description["units"]]
    marks = np.array([(p["east_m"], p["north_m"]) for p in places]).reshape(-1, 2) * pt_per_m
    taken = [marks + np.array([east, north]) for east in (-_MARK_PT, 0.0, _MARK_PT) for north in (-_MARK_PT, 0.0, _MARK_PT)]
    for path in scene.paths:
        taken.append(_along(np.column_stack((path.east_m, path.north_m)) * pt_per_m))
    for text, west_m, east_m, north_m in names:
        size_pt = np.array([_LETTER_PT * len(text), _NAME_PT])
        crowd = np.concatenate(taken)
        spots: list[tuple[bool, int, int, Floats]] = []
        for right, up in _NAME_OFFSETS_PT:
            end = np.array([east_m if right > 0.0 else west_m, north_m]) * pt_per_m + (right, up)
            low = end - (0.0 if right > 0.0 else size_pt[0], 0.0)
            cut = bool(((low < frame_pt[0]) | (low + size_pt > frame_pt[1])).any())
            covered = int(((crowd > low - 2.0) & (crowd < low + size_pt + 2.0)).all(axis=1).sum())
            spots.append((cut, covered, len(spots), low))
        _, _, best, low = min(spots, key=lambda spot: spot[:3])
        right, up = _NAME_OFFSETS_PT[best]
        at, side = (east_m, "left") if right > 0.0 else (west_m, "right")
        place = at / 1e3, north_m / 1e3
        axes.annotate(
            text, place, textcoords="offset points", xytext=(right, up), ha=side, fontsize=_NAME_PT, zorder=7, annotation_clip=True
        )
        taken.append(_along(np.array([low, low + size_pt * (1.0, 0.5), low + size_pt * (0.0, 1.0), low + size_pt])))


def _along(points_pt: Floats) -> Floats:
    """Points (n, 2) along a line of corners (m, 2), no more than a point of print apart."""
    length = np.concatenate(([0.0], np.hypot(*np.diff(points_pt, axis=0).T).cumsum()))
    at = np.linspace(0.0, length[-1], int(length[-1]) + 2)
    return np.column_stack([np.interp(at, length, points_pt[:, k]) for k in range(2)])


def _legend(scene: Scene, rings: list[tuple[float, Any]]) -> list[Line2D]:
    handles = []
    for name in dict.fromkeys(p.class_name for p in scene.paths):
        colour, dashes, shape = scene.look(name)
        handles.append(Line2D([], [], color=colour, linestyle=dashes, marker=shape, markersize=4.5, label=first_up(class_title(name))))
    if scene.paths:
        handles.append(_mark("o", 6, MUTED, INK, "filled: leaked here"))
        handles.append(_mark("o", 4, "none", MUTED, "hollow: killed here"))
    handles.append(_mark("*", 9, INK, INK, "asset"))
    handles.append(_mark("h", 6, PAPER, INK, "fire unit"))
    return handles + [Line2D([], [], color=MUTED, linestyle=dashes, label=f"radars see {height(h)}") for h, dashes in rings]


def _mark(shape: str, size: float, face: str, edge: str, label: str) -> Line2D:
    return Line2D([], [], color="none", marker=shape, markersize=size, markerfacecolor=face, markeredgecolor=edge, label=label)


@dataclass(frozen=True)
class Reach:
    """Radars that reach equally far: at the ring heights, and against each group of the raid as the record has it."""

    radars: tuple[str, ...]
    role: str
    antenna_m: float
    instrumented_m: float
    sector: str
    rings_m: tuple[float, ...]
    groups: tuple[dict[str, Any], ...]


def reaches(description: dict[str, Any]) -> list[Reach]:
    """How far the radars reach, equal ones together."""
    found: dict[str, list[dict[str, Any]]] = {}
    for sensor in description["sensors"]:
        same = [sensor[key] for key in ("role", "alt_m", "range_max_m", "rings")]
        found.setdefault(repr([*same, _sector(sensor)]), []).append(sensor)
    return [_reach(sensors) for sensors in found.values()]


def _reach(sensors: list[dict[str, Any]]) -> Reach:
    first = sensors[0]
    return Reach(
        radars=tuple(s["sensor"] for s in sensors),
        role=first["role"],
        antenna_m=first["antenna_height_m"],
        instrumented_m=first["range_max_m"],
        sector=_sector(first),
        rings_m=tuple(reach_m(first, h) for h in RING_HEIGHTS_M),
        groups=tuple(first["rings"]),
    )


def _sector(sensor: dict[str, Any]) -> str:
    half_rad = sensor["azimuth_half_width_rad"]
    if half_rad >= math.pi:
        return "all round"
    return f"{math.degrees(2.0 * half_rad):.0f}° wide, facing {math.degrees(sensor['facing_rad']) % 360.0:03.0f}°"
