"""What ``openiads track`` does: recorded scans become tracks in a folder, and with the truth they are judged.

Each radar has its own tracker and its own frame. The folder gets

- `tracks.parquet` and `tracks.csv`: a row for each firm track at the end of each scan;
- `plots.parquet`: every plot in the frame of its radar, with the track that it was given to (0: none);
- `tracks.geojson`: the line of each track, if the place of the radar is known;
- `scores.parquet` and `truth.parquet`: GOSPA and OSPA at each scan, and where the targets were then, with the truth;
- `picture.json`: counts, options, faults of the recording, and the scores over all scans.

Memory goes with the plots of a scan and the tracks that live, not with the length of the recording.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.geodesy.ellipsoid import WGS84_A_M, WGS84_F
from openiads.geodesy.geodesics import geodesic_direct
from openiads.metrics.pictures import gospa, ospa
from openiads.metrics.siap import SiapCounter
from openiads.records.folder import claim_output
from openiads.records.scans import Rejects, Scan
from openiads.simulation.tracker import Plots, Tracker, TrackerOptions, Tracks

Floats = NDArray[np.float64]

VERSION: Final = 1
FILES: Final = (
    "tracks.parquet",
    "tracks.csv",
    "plots.parquet",
    "tracks.geojson",
    "scores.parquet",
    "truth.parquet",
    "picture.json",
    "picture.html",
)
_SCAN_ROWS: Final = 20_000
"""Rows that are gathered before a piece of a table is written."""


class Judge(Protocol):
    """Truth at any time: `at(time_s)` gives ids, positions and velocities or None."""

    def at(self, time_s: float) -> Any:
        """What is there at `time_s`."""


@dataclass(frozen=True)
class Scoring:
    """How a picture is judged: what counts as near, and the ring about the radar in which truth and tracks count."""

    cutoff_m: float = 1000.0
    near_m: float = 0.0
    far_m: float = math.inf


class Folder:
    """Tables that grow piece by piece; they appear under their names when all are complete."""

    def __init__(self, out: Path) -> None:
        """An `InputError` if something else lives in `out`."""
        self._made = not out.exists()
        claim_output(out, lambda name: name.removesuffix(".part") in FILES, "openiads track")
        self.out, self._stack, self._writers = out, ExitStack(), dict[str, Any]()
        self._rows: dict[str, list[pa.Table]] = {}
        self._lines = 0

    def add(self, name: str, table: pa.Table) -> None:
        """More rows of a table."""
        waiting = self._rows.setdefault(name, [])
        waiting.append(table)
        if sum(piece.num_rows for piece in waiting) >= _SCAN_ROWS:
            self._write(name)

    def line(self, feature: dict[str, Any]) -> None:
        """One more line on the map."""
        if "tracks.geojson" not in self._writers:
            file = self._writers["tracks.geojson"] = self._stack.enter_context(self._part("tracks.geojson").open("w", encoding="utf-8"))
            file.write('{"type": "FeatureCollection", "features": [\n')
        self._writers["tracks.geojson"].write((",\n" if self._lines else "") + json.dumps(feature))
        self._lines += 1

    def finish(self, about: dict[str, Any]) -> None:
        """Write what is left, and give every file its name."""
        for name in list(self._rows):
            self._write(name)
        if "tracks.geojson" in self._writers:
            self._writers["tracks.geojson"].write("\n]}\n")
        self._stack.close()
        self._part("picture.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        for name in FILES:
            (self.out / name).unlink(missing_ok=True)
            if self._part(name).exists():
                os.replace(self._part(name), self.out / name)

    def abandon(self) -> None:
        """Leave nothing that is not complete."""
        self._stack.close()
        for name in FILES:
            self._part(name).unlink(missing_ok=True)
        if self._made:
            self.out.rmdir()

    def _part(self, name: str) -> Path:
        return self.out / f"{name}.part"

    def _write(self, name: str) -> None:
        if not (waiting := self._rows[name]):
            return
        table = pa.concat_tables(waiting)
        self._rows[name] = []
        if name not in self._writers:
            path = self._part(name)
            writer = (
                pq.ParquetWriter(path, table.schema, compression="zstd")
                if path.stem.endswith(".parquet")
                else pa_csv.CSVWriter(path, table.schema)
            )
            self._writers[name] = self._stack.enter_context(writer)
        self._writers[name].write_table(table)


def draw_picture(
    scans: Iterable[Scan],
    rejects: Rejects,
    out: Path,
    options: TrackerOptions,
    about: dict[str, Any],
    truth: Judge | None = None,
    scoring: Scoring | None = None,
    origins_rad: Mapping[str, tuple[float, float]] | None = None,
    progress: Callable[[int], None] = lambda _scans: None,
) -> dict[str, Any]:
    """Follow the targets through all scans and write the folder; returns what `picture.json` holds (`about` begins it).

    `origins_rad` are places (latitude, longitude) of radars by name; that of "" is for all others.
    """
    folder = Folder(out)
    try:
        picture = _Picture(folder, options, truth, scoring or Scoring(), origins_rad or {})
        for scan in scans:
            picture.take(scan)
            progress(picture.scans)
        if not picture.scans:
            raise InputError("no plot could be read" + "".join(f"; {line}" for line in rejects.lines()))
        found = {"openiads_picture": VERSION, **about, **picture.result(), "rejected": _faults(rejects), "options": asdict(options)}
        folder.finish(found)
    except BaseException:
        folder.abandon()
        raise
    return found


def _faults(rejects: Rejects) -> list[dict[str, Any]]:
    return [{"fault": fault, "records": n, "first": rejects.first[fault]} for fault, n in rejects.counts.most_common()]


class _Picture:
    """Trackers of all radars, and what is counted along the way."""

    def __init__(
        self, folder: Folder, options: TrackerOptions, truth: Judge | None, scoring: Scoring, origins_rad: Mapping[str, tuple[float, float]]
    ) -> None:
        self._folder, self._options, self._truth, self._scoring, self._origins = folder, options, truth, scoring, origins_rad
        self._trackers: dict[str, Tracker] = {}
        self._ids: dict[str, set[int]] = {}
        self._siap: dict[str, SiapCounter] = {}
        self._sums: dict[str, Floats] = {}
        self._lines: dict[tuple[str, int], list[tuple[float, Floats]]] = {}
        self.scans = self._plots = self._given = 0

    def take(self, scan: Scan) -> None:
        """One scan of one radar."""
        tracker = self._trackers.setdefault(scan.radar, Tracker(self._options))
        plots = plots_of(scan, self._options.dimensions)
        tracks = tracker.step(plots, scan.time_s)
        self.scans += 1
        self._plots += len(plots)
        self._ids.setdefault(scan.radar, set()).update(tracks.id.tolist())
        self._note(scan.radar, plots, tracks)
        if scan.radar in self._origins or "" in self._origins:
            self._draw(scan.radar, tracks)
        if self._truth is not None:
            self._judge(self._truth.at(scan.time_s), scan, tracks)

    def result(self) -> dict[str, Any]:
        """Counts, and the scores over all scans; the lines that are still open are drawn."""
        for key in list(self._lines):
            self._end_line(key)
        found: dict[str, Any] = {
            "radars": sorted(self._trackers),
            "scans": self.scans,
            "plots": self._plots,
            "plots_of_tracks": self._given,
            "tracks": sum(len(ids) for ids in self._ids.values()),
        }
        if self._siap:
            found["scoring"] = {k: (v if math.isfinite(v) else None) for k, v in asdict(self._scoring).items()}
            found["scores"] = {radar: self._scored(radar) for radar in sorted(self._siap)}
        return found

    def _scored(self, radar: str) -> dict[str, float | None]:
        total = self._sums[radar]
        means = dict(zip((*_SCORES, "truths", "tracks"), total[:-1] / total[-1], strict=True))
        numbers = {**means, **self._siap[radar].result()._asdict()}
        return {name: float(value) if math.isfinite(value) else None for name, value in numbers.items()}

    def _note(self, radar: str, plots: Plots, tracks: Tracks) -> None:
        axes = "xyz"[: self._options.dimensions]
        given = np.zeros(len(plots), np.int64)
        mine = tracks.plot >= 0
        given[tracks.plot[mine]] = tracks.id[mine]
        self._given += int(mine.sum())
        columns: dict[str, Any] = {"radar": pa.array([radar] * len(plots), pa.string()), "time_s": plots.table["time_s"]}
        columns |= {f"{axis}_m": np.ascontiguousarray(plots.table["pos_m"][:, a]) for a, axis in enumerate(axes)}
        self._folder.add("plots.parquet", pa.table(columns | {"track": given}))
        spread_m = np.sqrt(np.einsum("iaa->i", tracks.cov_m2[:, : len(axes), : len(axes)]) / len(axes))
        columns = {"radar": pa.array([radar] * len(tracks.id), pa.string()), "track": tracks.id, "time_s": tracks.time_s}
        columns |= {f"{axis}_m": np.ascontiguousarray(tracks.pos_m[:, a]) for a, axis in enumerate(axes)}
        columns |= {f"v{axis}_mps": np.ascontiguousarray(tracks.vel_mps[:, a]) for a, axis in enumerate(axes)}
        columns |= {"sd_m": spread_m, "last_plot_s": tracks.plot_s, "hits": tracks.hits, "misses": tracks.misses, "score": tracks.score}
        self._folder.add("tracks.parquet", pa.table(columns))
        rounded = {name: np.round(c, 3) if isinstance(c, np.ndarray) and c.dtype.kind == "f" else c for name, c in columns.items()}
        self._folder.add("tracks.csv", pa.table(rounded))

    def _judge(self, truth: Any, scan: Scan, tracks: Tracks) -> None:
        dims, rule = self._options.dimensions, self._scoring
        inside, there = (self._in_ring(pos) for pos in (truth.pos_m, tracks.pos_m[:, :dims]))
        real, shown = truth.pos_m[inside], tracks.pos_m[there, :dims]
        parts, half = gospa(real, shown, rule.cutoff_m), 0.5 * rule.cutoff_m**2
        rms_m = math.sqrt(parts.localisation_p / len(parts.pairs)) if len(parts.pairs) else 0.0
        scores = (parts.distance, ospa(real, shown, rule.cutoff_m), rms_m, parts.missed_p / half, parts.false_p / half)
        counts = (float(len(real)), float(len(shown)))
        self._sums[scan.radar] = self._sums.get(scan.radar, np.zeros(len(scores) + len(counts) + 1)) + np.array([*scores, *counts, 1.0])
        row: dict[str, Any] = dict(zip((*_SCORES, "truths", "tracks"), (*scores, *counts), strict=True))
        self._folder.add("scores.parquet", pa.Table.from_pylist([{"radar": scan.radar, "time_s": scan.time_s, **row}]))
        places = {f"{axis}_m": np.ascontiguousarray(real[:, a]) for a, axis in enumerate("xyz"[:dims])}
        about = {"radar": pa.array([scan.radar] * len(real), pa.string()), "time_s": np.full(len(real), scan.time_s)}
        self._folder.add("truth.parquet", pa.table({**about, "target": truth.ids[inside], **places}))
        counter = self._siap.setdefault(scan.radar, SiapCounter(rule.cutoff_m))
        speeds = None if truth.vel_mps is None else truth.vel_mps[inside]
        counter.note(scan.time_s, truth.ids[inside], real, speeds, tracks.id[there], shown, tracks.vel_mps[there, :dims])

    def _in_ring(self, pos_m: Floats) -> NDArray[np.bool_]:
        off = np.linalg.norm(pos_m[:, :2], axis=1)
        return np.asarray((self._scoring.near_m <= off) & (off <= self._scoring.far_m))

    def _draw(self, radar: str, tracks: Tracks) -> None:
        here = {(radar, int(name)) for name in tracks.id}
        for key in [key for key in self._lines if key[0] == radar and key not in here]:
            self._end_line(key)
        for k, name in enumerate(tracks.id):
            self._lines.setdefault((radar, int(name)), []).append((float(tracks.time_s[k]), tracks.pos_m[k].copy()))

    def _end_line(self, key: tuple[str, int]) -> None:
        points, origin = self._lines.pop(key), self._origins.get(key[0]) or self._origins[""]
        places = [_place(origin, pos) for _, pos in points]
        height = [[round(float(pos[2]), 1)] if self._options.dimensions == _SPACE else [] for _, pos in points]
        shape: dict[str, Any] = {"type": "LineString", "coordinates": [[*place, *h] for place, h in zip(places, height, strict=True)]}
        if len(points) == 1:
            shape = {"type": "Point", "coordinates": shape["coordinates"][0]}
        about = {"radar": key[0], "track": key[1], "times_s": [round(t, 3) for t, _ in points]}
        self._folder.line({"type": "Feature", "geometry": shape, "properties": about})


_SPACE = 3
_SCORES: Final = ("gospa_m", "ospa_m", "localisation_m", "missed", "false")


def _place(origin_rad: tuple[float, float], pos_m: Floats) -> tuple[float, float]:
    """Longitude and latitude in degrees of a point east and north of the origin (azimuthal equidistant)."""
    east, north = float(pos_m[0]), float(pos_m[1])
    lat, lon, _ = geodesic_direct(*origin_rad, math.atan2(east, north), math.hypot(east, north), WGS84_A_M, WGS84_F)
    return round(math.degrees(lon), 7), round(math.degrees(lat), 7)


def plots_of(scan: Scan, dimensions: int) -> Plots:
    """The plots of a scan as the tracker takes them, in the frame of their radar: x east, y north, z up."""
    p = scan.plots
    if not len(p["time_s"]):
        return Plots.together([])
    if "range_m" in p:
        plots = Plots.polar(
            p["time_s"],
            p["range_m"],
            p["azimuth_rad"],
            p["range_sd_m"],
            p["azimuth_sd_rad"],
            p.get("elevation_rad"),
            p.get("elevation_sd_rad", 0.0),
        )
    else:
        places = [p[f"{axis}_m"] for axis in "xyz"[:dimensions]]
        plots = Plots.cartesian(p["time_s"], np.column_stack(places), sd_m=p["sd_m"][:, None])
    if "radial_mps" in p:
        plots = plots.with_radial_speed(p["radial_mps"], np.nan_to_num(p["radial_sd_mps"], nan=1.0))
    return plots
