"""Charts of the page: leakers, leakage by class, causes, kill chain."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill
from typing import Any

import numpy as np
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from openiads.metrics.words import change_words, error_words, plain, rounded
from openiads.records import Record
from openiads.records.schema import FUNNEL, NOMINAL
from openiads.reports.frame import Figure, Part, Rows, figure
from openiads.reports.svg import ACCENT, ALARM, INK, MUTED, RULE, draw
from openiads.reports.words import amount_of, class_title, first_up, share_text, span, unknown_span

_WIDTH_IN = 7.2
#: Bars of the histogram at most; above that, counts are grouped.
_MOST_BARS = 40
#: Leakers that the axis of the histogram spans at least.
_LEAST_AXIS = 10
_PANELS_A_ROW = 4
_TITLE_LETTERS = 20

FUNNEL_WORDS = {
    "threats": "in the raid",
    "seen": "could be seen",
    "detected": "detected",
    "firm": "firm track",
    "identified": "identified",
    "designated": "designated",
    "ready": "reaction over",
    "in_reach": "in reach",
    "launched_at": "launched at",
    "killed": "killed",
}


def figures(record: Record) -> list[Figure]:
    """All charts that this record has something for."""
    made = [leakers(record)]
    if record.summary["lifted"]:
        made.append(lifted(record))
    if record.summary["classes"]:
        made += [by_class(record), kill_chain(record)]
    if record.summary["causes"]:
        made.append(causes(record))
    return made


def leakers(record: Record) -> Figure:
    """Histogram of leakers over nominal replicates, above the three spreads on the same axis."""
    answer, table = record.summary["outcomes"]["leakers"], record.table("replicate")
    values = table.filter(pc.equal(table["draw"], NOMINAL))["leakers"].to_numpy()
    width = max(1, -(-(int(values.max()) - int(values.min()) + 1) // _MOST_BARS))
    edges = np.arange(int(values.min()), int(values.max()) + width + 1, width) - 0.5
    counts, _ = np.histogram(values, edges)
    bars = _spread_bars(answer)

    def paint(canvas: Canvas) -> None:
        top, low = canvas.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        top.bar(edges[:-1] + 0.5 * width, counts / values.size * 100.0, 0.88 * width, color=ACCENT, linewidth=0)
        top.axvline(answer["mean"], color=INK, linewidth=1.0)
        top.annotate(
            f"mean {rounded(answer['mean'], answer['simulation_error'])}",
            (answer["mean"], 1.0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            xytext=(4, -2),
            va="top",
        )
        top.set_ylabel("% of nights")
        top.margins(y=0.18)
        left = min(edges[0], *(ends[0] for _, ends, _ in bars))
        right = max(edges[-1], *(ends[1] for _, ends, _ in bars), left + _LEAST_AXIS)
        top.set_xlim(left - 0.02 * (right - left), right)
        top.xaxis.set_major_locator(MaxNLocator(integer=True))
        top.tick_params(axis="x", labelbottom=False, length=0)
        for y, (name, ends, colour) in enumerate(bars):
            _bar(low, y, ends, colour)
            _label(low, name, ends[1], y, 7.2)
        low.set_ylim(len(bars) - 0.4, -0.6)
        low.set_yticks([])
        low.spines["left"].set_visible(False)
        low.set_xlabel("leakers")

    alt = (
        f"Histogram of leakers over {values.size:,} nominal nights, from {values.min()} to {values.max()}; mean {plain(answer['mean'])}. "
        f"Below it the spreads: night to night {span(answer['night_to_night'])}; not publicly known {unknown_span(answer)}."
    )
    nights = [("nights", round(edges[k] + 0.5), round(edges[k + 1] - 0.5), int(counts[k])) for k in range(counts.size)]
    rows = [("what", "leakers_low", "leakers_high", "nights"), *nights, *_spread_rows(answer)]
    sources = "tables/replicate.parquet (leakers where draw is -1), summary.json (outcomes.leakers)"
    return _figure("leakers", f"Leakers over {amount_of(values.size, 'nominal night')}", alt, (_WIDTH_IN, 3.1), paint, rows, sources)


def _spread_rows(answer: dict[str, Any]) -> Rows:
    mean, error = answer["mean"], answer["simulation_error"] or 0.0
    unknown = answer["not_publicly_known"] or (None, None)
    return [
        ("mean with simulation error", mean - error, mean + error, None),
        ("night to night", *answer["night_to_night"], None),
        ("not publicly known", *unknown, None),
    ]


def _spread_bars(answer: dict[str, Any]) -> list[tuple[str, list[float], str]]:
    mean, error = answer["mean"], answer["simulation_error"]
    bars = []
    if error:
        bars.append((f"simulation error {error_words(error)}", [mean - error, mean + error], MUTED))
    bars.append((f"night to night {span(answer['night_to_night'])}", answer["night_to_night"], ACCENT))
    if answer["not_publicly_known"] is not None:
        bars.append((f"not publicly known {unknown_span(answer)}", answer["not_publicly_known"], ALARM))
    return bars


def by_class(record: Record) -> Figure:
    """Share that leaks: mean with its interval, night to night, not publicly known; of each class, and of its groups if it has several."""
    rows = list(_leaking(record.summary))

    def paint(canvas: Canvas) -> None:
        axes = canvas.subplots()
        for y, (_, _, row) in enumerate(rows):
            scale = 100.0 / row["threats"]
            leaked, leakage = row["leaked"], row["leakage"]
            _bar(axes, y - 0.16, [scale * x for x in leaked["night_to_night"]], ACCENT)
            if leaked["not_publicly_known"] is not None:
                _bar(axes, y + 0.16, [scale * x for x in leaked["not_publicly_known"]], ALARM)
            if leakage["low"] is not None:
                axes.plot([100.0 * leakage["low"], 100.0 * leakage["high"]], [y, y], color=INK, linewidth=1.4, clip_on=False)
            axes.plot([scale * leaked["mean"]], [y], "o", color=INK, markersize=5.5, clip_on=False)
            text = f"{rounded(leaked['mean'], leaked['simulation_error'])} of {row['threats']:,} ({share_text(leakage)})"
            axes.annotate(text, (103, y), va="center", annotation_clip=False)
        axes.set_xlim(0, 100)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(range(len(rows)), [group or first_up(class_title(name)) for name, group, _ in rows])
        axes.tick_params(axis="y", pad=8)  # room for the dot of a class that never leaks
        axes.set_xlabel("% that leaks")
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)

    said = "; ".join(f"{group or class_title(name)} {share_text(row['leakage'])} of {row['threats']:,}" for name, group, row in rows)
    groups = any(group for _, group, _ in rows)
    alt = f"Share of each class{' and group' if groups else ''} that leaks: {said}. The table below has the ranges."
    caption = "Dot and line: mean and its 95\u00a0% interval. Upper bar: night to night. Lower bar: not publicly known."
    if groups:
        caption += " Groups stand under their class."
    title = f"Share of each class{' and group' if groups else ''} that leaks"
    table = [(*_LEAKING, "night_low", "night_high", "unknown_low", "unknown_high"), *(_leaking_row(*row) for row in rows)]
    return _figure("classes", title, alt, (_WIDTH_IN, 0.9 + 0.42 * len(rows)), paint, table, "summary.json (classes, groups)", caption)


_LEAKING = ("class", "group", "threats", "mean_leakers", "simulation_error", "leakage", "leakage_low", "leakage_high")


def _leaking(summary: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Class, group and answers: every class, each followed by its groups where there are several."""
    for row in summary["classes"]:
        yield row["class"], "", row
        groups = [g for g in summary["groups"] if g["lethal"] and g["class"] == row["class"]]
        if len(groups) > 1:
            yield from ((row["class"], g["group"], g) for g in groups)


def _leaking_row(name: str, group: str, row: dict[str, Any]) -> tuple[Any, ...]:
    leaked, leakage = row["leaked"], row["leakage"]
    unknown = leaked["not_publicly_known"] or (None, None)
    shares = (leakage[key] for key in ("value", "low", "high"))
    return name, group, row["threats"], leaked["mean"], leaked["simulation_error"], *shares, *leaked["night_to_night"], *unknown


def _bar(axes: Axes, y: float, ends: list[float], colour: str) -> None:
    """A thick line from low to high; equal ends are a tick."""
    axes.plot(ends, [y, y], color=colour, linewidth=4.0, solid_capstyle="butt", marker="|", markersize=7, clip_on=False)


def _label(axes: Axes, text: str, x: float, y: float, size_pt: float) -> None:
    """Text to the right of the end of a bar."""
    axes.annotate(text, (x, y), textcoords="offset points", xytext=(5, 0), va="center", fontsize=size_pt, annotation_clip=False)


def causes(record: Record) -> Figure:
    """Why leakers leaked: mean leakers a night by the first broken step."""
    rows = record.summary["causes"]

    def paint(canvas: Canvas) -> None:
        axes = canvas.subplots()
        axes.barh(range(len(rows)), [r["mean"] for r in rows], 0.62, color=ALARM, linewidth=0)
        for y, row in enumerate(rows):
            _label(axes, rounded(row["mean"], row["simulation_error"]), row["mean"], y, 8.0)
        axes.set_yticks(range(len(rows)), [first_up(r["name"]) for r in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, None)
        axes.margins(x=0.12)
        axes.set_xlabel("mean leakers a night")

    said = ", ".join(f"{r['name']} {rounded(r['mean'], r['simulation_error'])}" for r in rows)
    alt = f"Mean leakers a night by first broken step: {said}; together {plain(record.summary['outcomes']['leakers']['mean'])}."
    part = causes_part(record)
    title = "Mean leakers a night by first broken step"
    return _figure("causes", title, alt, (_WIDTH_IN, 0.7 + 0.34 * len(rows)), paint, part.rows, part.sources)


def causes_part(record: Record) -> Part:
    """The table of causes, by group."""
    rows = record.summary["causes"]
    groups = [g["group"] for g in record.summary["groups"] if g["lethal"]]
    table = [(r["name"], *(r["groups"][g] for g in groups), r["mean"], r["simulation_error"]) for r in rows]
    return Part("causes-by-group", "Causes by group", [("cause", *groups, "all", "simulation_error"), *table], "summary.json (causes)")


def cost_part(record: Record) -> Part:
    """The table of costs; money in US dollars."""
    names = ("value_of_assets_saved", "value_of_assets_hit", "interceptors_usd", "killed_usd")
    found = {name: record.summary["outcomes"][name] for name in names if name in record.summary["outcomes"]}
    table = [
        (name, a["mean"], a["simulation_error"], *a["night_to_night"], *(a["not_publicly_known"] or (None, None)))
        for name, a in found.items()
    ]
    head = ("what", "mean", "simulation_error", "night_low", "night_high", "unknown_low", "unknown_high")
    return Part("cost", "Cost beside what it saves", [head, *table], "summary.json (outcomes, cost_exchange)")


def components_part(record: Record) -> Part:
    """The table of what the raid did to the defence; no rows where nobody aims at it."""
    table = [
        (
            c["component"],
            c["kind"],
            *(x for name in ("hit", "killed") for x in (c[name]["value"], *(c[name]["not_publicly_known"] or (None, None)))),
            c["launchers_lost"],
        )
        for c in record.summary["components"]
    ]
    shares = (f"{name}{end}" for name in ("hit", "killed") for end in ("", "_unknown_low", "_unknown_high"))
    return Part(
        "components",
        "What the raid did to the defence",
        [("component", "kind", *shares, "launchers_lost"), *table],
        "summary.json (components)",
    )


def lifted(record: Record) -> Figure:
    """What lifting one limit does under the same luck: change in leakers with its interval."""
    rows = record.summary["lifted"]
    changes = [row["change"] for row in rows]
    ends = [end for c in changes for end in (c["mean"], c["low"], c["high"]) if end is not None]
    left, right = min(0.0, *ends), max(0.0, *ends)
    width = right - left or 1.0
    said = [row["absent"] or change_words(row["change"]) for row in rows]

    def paint(canvas: Canvas) -> None:
        axes = canvas.subplots()
        for y, (row, change, text) in enumerate(zip(rows, changes, said, strict=True)):
            if row["absent"] is None:
                axes.barh(y, change["mean"], 0.62, color=ACCENT if change["mean"] < 0.0 else ALARM, linewidth=0)
                if change["simulation_error"]:
                    axes.plot([change["low"], change["high"]], [y, y], color=INK, linewidth=1.2, marker="|", markersize=6)
            _label(axes, text, max(0.0, change["mean"], change["high"] or 0.0), y, 8.0)
        axes.axvline(0.0, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(rows)), [first_up(r["words"]) for r in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(left - 0.04 * width, right + 0.4 * width)
        axes.set_xlabel("change in mean leakers a night; line: 95 % interval")

    alt = "Change in leakers a night: " + "; ".join(f"{r['words']}: {text}" for r, text in zip(rows, said, strict=True)) + "."
    factors = [(r["words"], r["variance_reduction"]) for r in rows if r["variance_reduction"] is not None]
    gains = [f"{words} {factor:.{1 if factor < 10.0 else 0}f}" for words, factor in factors]
    caption = "Each limit is lifted alone, on the same nights with the same luck; effects do not add up."
    if any((c["low"] or 0.0) > 0.0 for c in changes):
        caption += " More of one thing can do harm: what it lets be fired at one target is missing against a later one."
    if gains:
        caption += f" The same luck cuts the variance of the change by a factor of: {', '.join(gains)}."
    table = [
        ("limit", "absent", "nights", "leakers", "change", "change_low", "change_high", "variance_reduction"),
        *(
            (
                r["words"],
                r["absent"],
                r["replicates"],
                r["leakers"],
                *(r["change"][k] for k in ("mean", "low", "high")),
                r["variance_reduction"],
            )
            for r in rows
        ),
    ]
    title = "Same luck, one limit lifted: change in leakers"
    sources = "summary.json (lifted), tables/lifted.parquet"
    return _figure("lifted", title, alt, (_WIDTH_IN, 0.7 + 0.34 * len(rows)), paint, table, sources, caption)


def chain(record: Record) -> dict[str, dict[str, float]]:
    """Mean lethal threats at each step of the kill chain, by class."""
    found: dict[str, dict[str, float]] = {}
    for group in (g for g in record.summary["groups"] if g["lethal"]):
        steps = found.setdefault(group["class"], dict.fromkeys(FUNNEL_WORDS, 0.0))
        steps["threats"] += group["threats"]
        steps["killed"] += group["killed"]["mean"]
        for name, _ in FUNNEL:
            steps[name] += group["funnel"][name]
    return found


def kill_chain(record: Record) -> Figure:
    """One panel a class: how many get how far along the kill chain."""
    panels = chain(record)
    rows = -(-len(panels) // _PANELS_A_ROW)
    columns = min(len(panels), _PANELS_A_ROW)

    def paint(canvas: Canvas) -> None:
        grid = canvas.subplots(rows, columns, sharey=True, squeeze=False)
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_visible(False)
        for axes, (name, steps) in zip(grid.flat, panels.items(), strict=False):
            colours = [ACCENT] * (len(steps) - 1) + [INK]
            axes.barh(range(len(steps)), list(steps.values()), 0.68, color=colours, linewidth=0)
            for y, mean in enumerate(steps.values()):
                _label(axes, plain(mean), mean, y, 7.2)
            axes.set_title(fill(first_up(class_title(name)), _TITLE_LETTERS))
            axes.set_ylim(len(steps) - 0.4, -0.6)
            axes.set_yticks(range(len(steps)), [FUNNEL_WORDS[s] for s in steps])
            axes.set_xlim(0, 1.25 * steps["threats"])
            axes.set_xticks([])
            axes.spines["bottom"].set_visible(False)

    alt = "Mean number at each step of the kill chain. " + " ".join(
        f"{first_up(class_title(name))}: " + ", ".join(f"{FUNNEL_WORDS[s]} {plain(mean)}" for s, mean in steps.items()) + "."
        for name, steps in panels.items()
    )
    table = [("class", "step", "mean"), *((name, step, mean) for name, steps in panels.items() for step, mean in steps.items())]
    title = "How many lethal threats get how far, means a night"
    return _figure("chain", title, alt, (_WIDTH_IN, 2.5 * rows), paint, table, "summary.json (groups.funnel, groups.killed)")


def _figure(
    name: str, title: str, alt: str, size_in: tuple[float, float], paint: Any, rows: Rows, sources: str, caption: str = ""
) -> Figure:
    return figure(name, title, draw(name, title, alt, size_in, paint), alt, rows, sources, caption)
