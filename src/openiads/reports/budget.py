"""Where the time of leakers went: the mean of each group as a bar of segments, and every leaker of the worst night."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from openiads.metrics.budget import SEGMENTS, STEPS, segments_s
from openiads.metrics.words import plain, rounded
from openiads.records import Record
from openiads.records.schema import NOMINAL
from openiads.reports.frame import Figure, Part, figure
from openiads.reports.svg import CLASS_COLOURS, INK, MUTED, PAPER, RULE, css, draw
from openiads.reports.words import first_up

_WIDTH_IN = 7.2
_BLUE, _ORANGE, _GREEN, _PINK, _OCHRE, _SKY, _ = CLASS_COLOURS
COLOURS = (RULE, _SKY, _GREEN, _OCHRE, _PINK, _BLUE, _ORANGE, INK, MUTED)
"""One for each of `SEGMENTS`."""
#: Leakers of the worst night that the page lists at most.
_MOST_LEAKERS = 40
_WAY = ("cause", "why_no_more", "unit", *STEPS)


def budget(record: Record) -> list[Figure]:
    """Mean segments of the leakers of each group, as parts of their flight; nothing without a leaker."""
    found = record.summary["time_budget"]
    if found is None:
        return []
    bars = [*((g["group"], g) for g in found["groups"]), *([("all", found["all"])] if len(found["groups"]) > 1 else [])]

    def paint(canvas: Canvas) -> None:
        axes = canvas.subplots()
        for y, (_, row) in enumerate(bars):
            left = 0.0
            for segment, colour in zip(row["segments"], COLOURS, strict=True):
                share = 100.0 * segment["mean_s"] / row["flight"]["mean_s"]
                axes.barh(y, share, 0.62, left, color=colour, edgecolor=PAPER, linewidth=0.6)
                left += share
            axes.annotate(f"{plain(row['flight']['mean_s'] / 60.0)} min", (101, y), va="center", annotation_clip=False)
        axes.set_xlim(0, 100)
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.set_yticks(range(len(bars)), [name for name, _ in bars])
        axes.set_xlabel("% of the flight of a leaker, in the order in which it passed")
        patches = [Patch(facecolor=colour, label=name) for name, colour in zip(SEGMENTS, COLOURS, strict=True)]
        canvas.legend(handles=patches, loc="outside lower center", ncols=3, handlelength=1.2)

    said = "; ".join(f"{name}: {_listed(row['segments'])}" for name, row in bars)
    alt = f"Mean seconds of a leaker from start to end. {said}."
    size_in = (_WIDTH_IN, 1.5 + 0.34 * len(bars))
    title = "Where the time of leakers went, on average"
    rows = [
        ("group", "leakers", "segment", "mean_s", "simulation_error_s"),
        *(
            (name, row["leakers"], s["name"], s["mean_s"], s["simulation_error_s"])
            for name, row in bars
            for s in (*row["segments"], {"name": "flight", **row["flight"]})
        ),
    ]
    svg = draw("budget", title, alt, size_in, paint)
    return [figure("budget", title, svg, alt, rows, "summary.json (time_budget.groups, time_budget.all)", "At the right: the mean flight.")]


def budget_parts(record: Record) -> list[Part]:
    """The table of mean segments, by group and by cause, and that of the worst night; nothing without a leaker."""
    found = record.summary["time_budget"]
    if found is None:
        return []
    columns = [*((g["group"], g) for g in found["groups"]), ("all", found["all"]), *((f"cause: {c['name']}", c) for c in found["causes"])]
    means = [[name, *(b["segments"][k]["mean_s"] for _, b in columns)] for k, name in enumerate(SEGMENTS)]
    flight = ["flight", *(b["flight"]["mean_s"] for _, b in columns)]
    night, table = _worst(record)
    segments = [("segment", *(n for n, _ in columns)), *means, flight]
    ways = [("leaker", *_WAY), *zip(_names(record, table), *(table[c].to_pylist() for c in _WAY), strict=True)]
    return [
        Part("budget-by-group", "Mean seconds of a leaker", segments, "summary.json (time_budget)"),
        Part("worst-night-leakers", "The leakers of the worst night", ways, f"tables/leaker.parquet where replication is {night}"),
    ]


def _listed(segments: list[dict[str, Any]]) -> str:
    parts = (f"{s['name']} {rounded(s['mean_s'], s['simulation_error_s'])}" for s in segments if s["mean_s"] > 0.0)
    return ", ".join(parts)


def worst_night(record: Record) -> dict[str, Any]:
    """The night with the most leakers: `replication`, `leakers` in order of their end, each with a bar, and how many `more` there are."""
    worst, table = _worst(record)
    names = _names(record, table)
    seconds = segments_s({step: table[step].to_numpy() for step in STEPS})
    texts = {name: table[name].to_pylist() for name in ("cause", "why_no_more", "unit", "end_s")}
    rows = [
        {"name": names[k], "bar": _bar(seconds[k]), **{name: column[k] for name, column in texts.items()}}
        for k in range(min(table.num_rows, _MOST_LEAKERS))
    ]
    return {"replication": worst, "leakers": rows, "more": table.num_rows - len(rows)}


def _worst(record: Record) -> tuple[int, pa.Table]:
    """The first nominal night with the most leakers, and its rows of the table leaker in order of their end."""
    replicate = record.table("replicate")
    night = int(np.argmax(replicate.filter(pc.equal(replicate["draw"], NOMINAL))["leakers"].to_numpy()))
    table = record.table("leaker")
    return night, table.filter(pc.equal(table["replication"], night)).sort_by([("end_s", "ascending"), ("object", "ascending")])


def _names(record: Record, table: pa.Table) -> list[str]:
    return list(pc.take(record.table("object")["name"], table["object"]).to_pylist())


def _bar(seconds: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    """One flight as a small SVG element with its segments in words."""
    edges = np.concatenate(([0.0], 100.0 * np.cumsum(seconds) / seconds.sum()))
    said = ", ".join(f"{name} {s:,.0f} s" for name, s in zip(SEGMENTS, seconds, strict=True) if s > 0.0)
    parts = "".join(
        f'<rect x="{edges[k]:.2f}" width="{edges[k + 1] - edges[k]:.2f}" height="10" fill="{css(colour)}"/>'
        for k, colour in enumerate(COLOURS)
        if edges[k + 1] > edges[k]
    )
    label = escape(first_up(said), quote=True)
    return f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{label}">{parts}</svg>'
