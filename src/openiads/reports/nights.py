"""The median and the worst night as they went: launches, kills, leaks and busy channels over time, from the kept replicates.

A channel is busy from the first launch of its engagement to the end of its assessment; an engagement that had not ended keeps it to the
end of its night.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from openiads.codes import ObjectStatus
from openiads.metrics.words import STATUS_WORDS
from openiads.records import Record
from openiads.reports.frame import Figure, figure
from openiads.reports.svg import ACCENT, ALARM, INK, MUTED, RULE, draw
from openiads.reports.words import amount_of, class_title, first_up

Floats = NDArray[np.float64]

_WIDTH_IN = 7.2
#: Ticks of one lane at most: marks closer than this share of the axis fall together.
_FINEST = 800
_KILLED, _LEAKED = STATUS_WORDS[ObjectStatus.KILLED], STATUS_WORDS[ObjectStatus.LEAKED]


@dataclass(frozen=True)
class Night:
    """One kept replicate: what happened when."""

    replication: int
    name: str
    leakers: int
    rounds: dict[str, Floats]
    """Launches by weapon, s."""
    kills: dict[str, Floats]
    leaks: dict[str, Floats]
    """Ends of lethal and harmless objects of the raid by class, s."""
    busy_s: Floats
    busy: NDArray[np.int64]
    """Channels busy from each time on; both (n,)."""
    channels: int
    rows: tuple[tuple[Any, ...], ...]

    @property
    def lanes(self) -> list[tuple[str, Floats, str]]:
        """Name, times and colour of each lane."""
        found = [(f"{weapon} launched", times, ACCENT) for weapon, times in self.rounds.items()]
        found += [(f"{first_up(class_title(name))} killed", times, INK) for name, times in self.kills.items()]
        return found + [(f"{first_up(class_title(name))} leaked", times, ALARM) for name, times in self.leaks.items()]


def nights(record: Record) -> list[Figure]:
    """A figure for the median and one for the worst night, on one time axis; fewer where they were not kept or are the same."""
    shown = [_night(record, kept) for kept in record.summary["kept"] if {"the median", "the worst"} & set(kept["why"].split(", "))]
    shown = [night for night in shown if night.lanes]
    if not shown:
        return []
    times = np.concatenate([times for night in shown for times in (night.busy_s, *(t for _, t, _ in night.lanes))])
    ends = float(times.min()), float(times.max())
    return [_figure(night, ends) for night in sorted(shown, key=lambda n: "median" not in n.name)]


def _night(record: Record, kept: dict[str, Any]) -> Night:
    def mine(name: str) -> pa.Table:
        table = record.table(name)
        return table.filter(pc.equal(table["replication"], kept["replication"]))

    shots, engagements, timeline, objects = mine("shot"), mine("engagement"), mine("timeline"), record.table("object")
    classes = pc.take(objects["class"], timeline["object"]).to_pylist()
    ends, end_s = timeline["end"].to_pylist(), timeline["end_s"].to_numpy()
    last_s = float(end_s.max(initial=0.0))
    launch_s = engagements["launch_s"].to_numpy()
    free_s = pc.fill_null(engagements["end_s"], max(last_s, float(launch_s.max(initial=0.0)))).to_numpy()
    rows = [("round", w, a, b) for w, a, b in zip(*(shots[c].to_pylist() for c in ("weapon", "launch_s", "end_s")), strict=True)]
    rows += [("channel busy", u, a, b) for u, a, b in zip(engagements["unit"].to_pylist(), launch_s, free_s, strict=True)]
    rows += [(end, name, t, t) for end, name, t in zip(ends, classes, end_s, strict=True) if end in {_KILLED, _LEAKED}]
    return Night(
        kept["replication"],
        " and ".join(why for why in kept["why"].split(", ") if why in {"the median", "the worst"}),
        kept["leakers"],
        _by_name(shots["weapon"].to_pylist(), shots["launch_s"].to_numpy()),
        _by_name([name if end == _KILLED else None for name, end in zip(classes, ends, strict=True)], end_s),
        _by_name([name if end == _LEAKED else None for name, end in zip(classes, ends, strict=True)], end_s),
        *busy(launch_s, free_s),
        sum(unit["channels"] for unit in record.description["units"]),
        tuple((what, name, float(a), float(b)) for what, name, a, b in rows),
    )


def _by_name(names: list[str | None], times_s: Floats) -> dict[str, Floats]:
    index = np.array(["" if name is None else name for name in names])
    return {name: times_s[index == name] for name in dict.fromkeys(names) if name is not None}


def busy(start_s: Floats, end_s: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """How many of the intervals start_s to end_s (n,) hold, from each time (at most 2 n,) on.

    One that ends frees its place for one that starts; one without a length, such as a failed launch, takes none.
    """
    long = end_s > start_s
    times = np.concatenate([end_s[long], start_s[long]])
    steps = np.repeat(np.array([-1, 1]), long.sum())
    order = np.lexsort((steps, times))
    return times[order], np.cumsum(steps[order])


def _figure(night: Night, ends_s: tuple[float, float]) -> Figure:
    lanes, step = night.lanes, (ends_s[1] - ends_s[0]) / _FINEST or 1.0

    def paint(canvas: Canvas) -> None:
        top, low = canvas.subplots(2, 1, sharex=True, height_ratios=[0.24 * len(lanes), 1.0])
        for y, (_, times, colour) in enumerate(lanes):
            top.vlines(np.unique(np.round(times / step)) * step / 60.0, y - 0.36, y + 0.36, color=colour, linewidth=1.1)
        top.set_ylim(len(lanes) - 0.5, -0.5)
        top.set_yticks(range(len(lanes)), [f"{name} ({times.size:,})" for name, times, _ in lanes])
        top.hlines(np.arange(len(lanes)) + 0.5, ends_s[0] / 60.0, ends_s[1] / 60.0, color=RULE, linewidth=0.5)
        top.tick_params(axis="x", labelbottom=False, length=0)
        for side in ("left", "bottom"):
            top.spines[side].set_visible(False)
        low.fill_between(night.busy_s / 60.0, night.busy, step="post", color=ACCENT, alpha=0.35, linewidth=0)
        low.step(night.busy_s / 60.0, night.busy, where="post", color=ACCENT, linewidth=1.0)
        low.axhline(night.channels, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
        low.annotate(f"all {night.channels}", (ends_s[0] / 60.0, night.channels), textcoords="offset points", xytext=(2, -8), color=MUTED)
        low.set_ylim(0, 1.12 * max(night.channels, 1))
        low.set_ylabel("channels busy")
        low.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        room = 0.01 * (ends_s[1] - ends_s[0]) / 60.0 or 0.5  # all at one instant, such as one leaker at which nobody fired
        low.set_xlim(ends_s[0] / 60.0 - room, ends_s[1] / 60.0 + room)
        low.set_xlabel("minute")

    key = "night-median" if "median" in night.name else "night-worst"
    title = f"{first_up(night.name)} night, number {night.replication}: {amount_of(night.leakers, 'leaker')}"
    said = [f"{name} {times.size:,}, minute {times.min() / 60:.0f} to {times.max() / 60:.0f}" for name, times, _ in lanes]
    alt = f"{title}. {'; '.join(said)}. At most {night.busy.max(initial=0)} of {night.channels} channels busy at once."
    caption = (
        "One tick is one round, kill or leak (ticks that would touch fall together); number in brackets. Below: targets engaged at once."
    )
    rows = [("what", "name", "start_s", "end_s"), *night.rows]
    sources = f"tables/shot, engagement and timeline.parquet where replication is {night.replication}, description.json (units.channels)"
    return figure(key, title, draw(key, title, alt, (_WIDTH_IN, 1.9 + 0.24 * len(lanes)), paint), alt, rows, sources, caption)
