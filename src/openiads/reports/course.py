"""The defence over time: busy channels and rounds, as medians and bands over nominal nights, and in words when they run low."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from openiads.metrics.course import BANDS, CHANNELS, READY, STORE
from openiads.records import Record
from openiads.reports.frame import Figure, figure
from openiads.reports.svg import ACCENT, ALARM, INK, draw
from openiads.reports.words import amount_of, minute

_WIDTH_IN, _ROW_IN = 7.2, 1.6
_PANELS_A_ROW = 3
#: Fire units that get a panel of their own at most; of more, only all together are drawn.
_MOST_UNITS = 8
#: Part of the rounds ready at the start at which a weapon is said to run low.
_LOW = 0.25

Line = dict[str, NDArray[Any]]
_BANDS_CAPTION = "Line: median night at each time. Dark band: half of the nights. Light band: 5 to 95 % of nights."


def course_lines(record: Record) -> dict[tuple[str, str | None], Line]:
    """The numeric columns of the table course by quantity and name."""
    table = record.table("course")
    keys = list(zip(table["quantity"].to_pylist(), table["name"].to_pylist(), strict=True))
    columns = {name: table[name].to_numpy() for name in ("time_s", "mean", *BANDS)}
    places = {key: [k for k, other in enumerate(keys) if other == key] for key in dict.fromkeys(keys)}
    return {key: {name: column[rows] for name, column in columns.items()} for key, rows in places.items()}


def course(record: Record) -> list[Figure]:
    """Channel use and magazines over time."""
    lines, units, weapons = course_lines(record), record.summary["units"], _loaded(record)
    busy = [("all fire units", lines[CHANNELS, None], sum(u["channels"] for u in units))]
    if 1 < len(units) <= _MOST_UNITS:
        busy += [(u["unit"], lines[CHANNELS, u["unit"]], u["channels"]) for u in units]
    rounds = [(w["weapon"], lines[READY, w["weapon"]], w["ready"]) for w in weapons]
    if any(w["held"] for w in weapons):
        rounds.append(("all in store", lines[STORE, None], sum(w["held"] for w in weapons)))
    alt = f"Busy channels over time. {channel_words(record)} The dashed line is the number of channels."
    made = [_figure("busy", "Channel use over time", alt, busy, f"{CHANNELS} by fire unit", "Dashed: all there are.")]
    if rounds:
        alt = f"Ready rounds over time, medians over nights. {' '.join(magazine_words(record))} The dashed line is the number at the start."
        made.append(_figure("magazines", "Magazines over time", alt, rounds, f"{READY} by weapon, {STORE}", "Dashed: at the start."))
    return made


def _figure(name: str, title: str, alt: str, panels: list[tuple[str, Line, int]], said: str, caption: str) -> Figure:
    columns = ("time_s", "mean", *BANDS)
    rows = [
        ("of", "all", *columns),
        *((panel, most, *row) for panel, line, most in panels for row in zip(*(line[c].tolist() for c in columns), strict=True)),
    ]
    svg = _panels(name, title, alt, panels)
    return figure(name, title, svg, alt, rows, f"tables/course.parquet ({said})", f"{_BANDS_CAPTION} {caption}")


def _loaded(record: Record) -> list[dict[str, Any]]:
    return [w for w in record.summary["weapons"] if w["ready"]]


def _panels(name: str, title: str, alt: str, panels: list[tuple[str, Line, int]]) -> str:
    """One panel a line, each with the level (a number) at which there are all."""
    columns = min(len(panels), _PANELS_A_ROW)
    rows = -(-len(panels) // _PANELS_A_ROW)

    def paint(canvas: Canvas) -> None:
        grid = canvas.subplots(rows, columns, squeeze=False)
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_visible(False)
        for axes, (panel, line, most) in zip(grid.flat, panels, strict=False):
            minutes = line["time_s"] / 60.0
            axes.fill_between(minutes, line["q05"], line["q95"], color=ACCENT, alpha=0.2, linewidth=0)
            axes.fill_between(minutes, line["q25"], line["q75"], color=ACCENT, alpha=0.45, linewidth=0)
            axes.plot(minutes, line["q50"], color=INK, linewidth=1.1)
            axes.axhline(most, color=ALARM, linewidth=0.9, linestyle=(0, (4, 3)), clip_on=False)
            axes.set_title(panel)
            axes.set_xlim(0, minutes[-1])
            axes.set_ylim(0, max(1.06 * most, 1.0))
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        canvas.supxlabel("minute", fontsize=8.0)

    return draw(name, title, alt, (_WIDTH_IN, 0.45 + _ROW_IN * rows), paint)


def channel_words(record: Record) -> str:
    """How near the defence comes to having no free channel, in a sentence."""
    line, channels = course_lines(record)[CHANNELS, None], sum(u["channels"] for u in record.summary["units"])
    median, times = line["q50"], line["time_s"]
    full = times[median >= channels]
    if full.size:
        when = f"at minute {minute(full[0])}" if full.size == 1 else f"at times from minute {minute(full[0])} to {minute(full[-1])}"
        return f"On half of the nights or more, {_all(channels)} busy {when}."
    most = int(np.argmax(median))
    if median[most] == 0:
        return "At no time is a channel busy on half of the nights."
    return f"The median of busy channels is highest at minute {minute(times[most])}, with {median[most]} of {channels:,}."


def _all(channels: int) -> str:
    return "the one channel is" if channels == 1 else f"all {channels:,} channels are"


def magazine_words(record: Record) -> list[str]:
    """When each weapon runs low, a sentence each: medians over nights."""
    lines = course_lines(record)
    return [_runs_low(w["weapon"], w["ready"], lines[READY, w["weapon"]]) for w in _loaded(record)]


def _runs_low(weapon: str, ready: int, line: Line) -> str:
    median, times = line["q50"], line["time_s"]
    low, gone = times[median <= _LOW * ready], times[median == 0]
    rounds = amount_of(ready, "ready round")
    if gone.size and low[0] == gone[0]:
        return f"{weapon}: its {rounds} are used up at minute {minute(gone[0])}."
    if low.size:
        then = f", used up at minute {minute(gone[0])}" if gone.size else f"; least {median.min()}"
        return f"{weapon}: down to a quarter of its {rounds} at minute {minute(low[0])}{then}."
    least = int(np.argmin(median))
    if median[least] >= ready:
        return f"{weapon}: all of its {rounds} are left at every time."
    return f"{weapon}: never down to a quarter of its {rounds}; least {median[least]}, at minute {minute(times[least])}."
