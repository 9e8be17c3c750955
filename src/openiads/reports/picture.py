"""The page of ``openiads track``: the picture as a map, what it was over time, and how well it fits the truth; from its folder alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure as Canvas

from openiads.errors import InputError
from openiads.records.tables import write_text
from openiads.reports.svg import ACCENT, ALARM, INK, MUTED, draw
from openiads.reports.words import amount_of

PAGE = "picture.html"
#: More lines than this are not told apart on a page; the longest are drawn.
_MOST_LINES = 3_000
#: Plots are dots of one image; more than this blacken it. Points of all lines together.
_MOST_DOTS, _MOST_POINTS = 60_000, 400_000
#: A grey that is read on light and dark ground.
_DOT = "#8a939c"

#: Scores: key, name, unit, what it says.
SCORES = (
    ("gospa_m", "GOSPA, mean", "m", "distance of picture and truth (alpha 2, p 2): localisation, missed and false in one"),
    ("ospa_m", "OSPA, mean", "m", "the same per target (p 2)"),
    ("localisation_m", "localisation, rms", "m", "of pairs nearer than the cut-off"),
    ("missed", "missed targets, mean", "", "truths without a track, a scan"),
    ("false", "false tracks, mean", "", "tracks without a truth, a scan"),
    ("completeness", "completeness", "%", "truths that have a track"),
    ("ambiguity", "ambiguity", "", "tracks for each truth that has any; 1 is right"),
    ("spuriousness", "spuriousness", "%", "tracks that belong to nobody"),
    ("position_error_m", "position error, mean", "m", "of tracks that belong to a truth"),
    ("velocity_error_mps", "velocity error, mean", "m/s", "of tracks that belong to a truth"),
    ("track_changes_per_s", "changes of track number", "1/h", "for a target that is tracked"),
    ("longest_segment", "longest segment", "%", "of a target's time under its longest track"),
    ("purity", "purity", "%", "of a track's time with the target it follows most"),
    ("continuity", "continuity", "%", "tracked targets that keep their track until the next scan"),
)
_FACTORS = {"%": 100.0, "1/h": 3600.0}


def score_words(key: str, unit: str, value: float | None) -> str:
    """A score as people read it."""
    if value is None:
        return "not judged"
    shown = value * _FACTORS.get(unit, 1.0)
    return f"{shown:,.{0 if abs(shown) >= 100 else 1 if abs(shown) >= 10 else 2}f}{f' {unit}' if unit else ''}"


def write_picture(folder: Path) -> Path:
    """Write `picture.html` into a folder of ``openiads track``; returns its path."""
    try:
        about = json.loads((folder / "picture.json").read_text(encoding="utf-8"))
        judged = "scores" in about
        tracks = _thinned(folder / "tracks.parquet", ["radar", "track", "time_s", "x_m", "y_m"], _MOST_POINTS)
        plots = _thinned(folder / "plots.parquet", ["radar", "time_s", "x_m", "y_m"], _MOST_DOTS)
        truth = _thinned(folder / "truth.parquet", ["radar", "target", "time_s", "x_m", "y_m"], _MOST_POINTS) if judged else None
        scores = _thinned(folder / "scores.parquet", None, _MOST_POINTS) if judged else None
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: is no folder of 'openiads track': {error}") from None
    figures = [_map(radar, tracks, plots, truth, about) for radar in about["radars"]]
    courses = [_course(radar, scores) for radar in about["radars"]] if scores is not None else []
    environment = Environment(
        loader=PackageLoader("openiads.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("picture.html.j2").render(
        about=about, maps=figures, courses=courses, scores=SCORES, score_words=score_words, amount_of=amount_of
    )
    write_text(page, folder / PAGE)
    return folder / PAGE


def _thinned(path: Path, columns: list[str] | None, most: int) -> pa.Table:
    """At most about `most` rows of a table, every n-th, batch by batch, so that a long recording needs no more memory than a short one."""
    with pq.ParquetFile(path) as file:
        every = -(-file.metadata.num_rows // most) or 1
        taken, row = [], 0
        for batch in file.iter_batches(columns=columns):
            if every == 1:
                taken.append(batch)
            elif (picked := np.arange(-row % every, batch.num_rows, every)).size:
                taken.append(batch.take(pa.array(picked)))
            row += batch.num_rows
        return pa.Table.from_batches(taken, None if taken else file.schema_arrow)


def _of(table: pa.Table | None, radar: str) -> dict[str, Any]:
    if table is None:
        return {}
    mine = table.filter(pc.equal(table["radar"], radar))
    return {name: mine[name].to_numpy(zero_copy_only=False) for name in mine.column_names if name != "radar"}


def _lines(columns: dict[str, Any], key: str) -> list[Any]:
    """One (n, 2) line in km for each track or target, the longest first."""
    order = np.lexsort((columns["time_s"], columns[key]))
    points = np.column_stack([columns["x_m"][order], columns["y_m"][order]]) / 1e3
    pieces = np.split(points, np.flatnonzero(np.diff(columns[key][order])) + 1) if len(points) else []
    return sorted(pieces, key=len, reverse=True)


def _map(radar: str, tracks: pa.Table, plots: pa.Table, truth: pa.Table | None, about: dict[str, Any]) -> dict[str, str]:
    mine, dots, real = _of(tracks, radar), _of(plots, radar), _of(truth, radar)
    lines, paths = _lines(mine, "track"), _lines(real, "target") if real else []

    def paint(canvas: Canvas) -> None:
        axes = canvas.subplots()
        axes.plot(dots["x_m"] / 1e3, dots["y_m"] / 1e3, ".", color=_DOT, markersize=1.4, rasterized=True)
        axes.add_collection(LineCollection(paths[:_MOST_LINES], colors=INK, linewidths=2.6, alpha=0.22))
        axes.add_collection(LineCollection(lines[:_MOST_LINES], colors=ACCENT, linewidths=1.0))
        ends = np.array([line[-1] for line in lines[:_MOST_LINES]]).reshape(-1, 2)
        axes.plot(ends[:, 0], ends[:, 1], "o", color=ACCENT, markersize=1.6)
        axes.plot([0.0], [0.0], "^", color=INK, markersize=6)
        axes.set_aspect("equal")
        axes.autoscale_view()
        axes.set_xlabel("km east of the radar")
        axes.set_ylabel("km north of the radar")

    name = f" of radar {radar}" if radar else ""
    drawn = amount_of(min(len(lines), _MOST_LINES), "longest track" if len(lines) > _MOST_LINES else "track")
    alt = f"Map{name}: {len(dots['x_m']):,} plots as dots, {drawn} as lines" + (
        f" over the paths of {len(paths):,} targets." if paths else "."
    )
    share = f", {plots.num_rows / about['plots']:.0%} of them" if plots.num_rows < about["plots"] else ""
    caption = f"Dots: plots{share}. Lines: {drawn}, with a dot where they end."
    caption += " Broad grey: the truth." if paths else ""
    svg = draw(f"map-{_slug(radar)}", f"The picture{name}", alt, (7.2, 6.6), paint)
    return {"radar": radar, "svg": svg, "caption": caption}


def _course(radar: str, scores: pa.Table | None) -> dict[str, str]:
    at = _of(scores, radar)

    def paint(canvas: Canvas) -> None:
        upper, lower = canvas.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        styles: dict[str, dict[str, Any]] = {
            "targets": {"color": INK, "linewidth": 2.4, "alpha": 0.4},
            "tracks": {"color": ACCENT},
            "missed": {"color": ALARM},
            "false": {"color": ALARM, "linestyle": (0, (4, 2))},
        }
        for words, style in styles.items():
            upper.plot(at["time_s"], at["truths" if words == "targets" else words], label=words, **({"linewidth": 1.2} | style))
        upper.legend(ncols=4, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.1)
        upper.set_ylim(bottom=0.0)
        upper.set_ylabel("number")
        lower.plot(at["time_s"], at["gospa_m"], color=ACCENT, linewidth=1.2)
        lower.set_ylim(bottom=0.0)
        lower.set_ylabel("GOSPA, m")
        lower.set_xlabel("s")
        for axes in (upper, lower):
            axes.grid(axis="y", color=MUTED, alpha=0.25, linewidth=0.5)

    name = f" of radar {radar}" if radar else ""
    alt = f"Targets, tracks, missed targets and false tracks{name} over time, and GOSPA below."
    return {"radar": radar, "svg": draw(f"course-{_slug(radar)}", f"The picture{name} over time", alt, (7.2, 3.8), paint)}


def _slug(radar: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in radar) or "one"
