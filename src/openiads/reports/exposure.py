"""What the radars saw of friendly and neutral aircraft: hits by radar and aspect."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from openiads.metrics.words import plain
from openiads.records import Record
from openiads.reports.frame import Figure, figure
from openiads.reports.svg import ACCENT, ALARM, INK, MUTED, draw
from openiads.reports.words import class_title, listed

_WIDTH_IN, _ROW_IN = 7.2, 0.26
_COLOURS = {"nose": ACCENT, "side": ALARM, "tail": MUTED, "belly": INK}
_SPREADS = ("looks", "hits", "track_s")


def exposure_rows(record: Record) -> list[dict[str, Any]]:
    """The groups of the summary with their place in it, and the radars that ever had them in view; records of before have none."""
    groups = record.summary.get("exposure", ())
    return [
        {
            **group,
            "at": g,
            "title": f"{group['group']} ({group['aircraft']} x {class_title(group['class'])}, {_SIDES[group['side']]})",
            "seen": [{**row, "at": f"exposure.{g}.radars.{r}"} for r, row in enumerate(group["radars"]) if row["looks"]["mean"]],
        }
        for g, group in enumerate(groups)
    ]


_SIDES = {"blue": "friendly", "neutral": "neutral"}


def exposure_figure(record: Record) -> Figure | None:
    """Mean hits a night of every group by radar, one bar each, split by aspect; nothing where no such aircraft fly."""
    groups = exposure_rows(record)
    if not groups:
        return None
    bars = [(group["group"], row) for group in groups for row in group["radars"]]

    def paint(canvas: Canvas) -> None:
        axes = canvas.subplots()
        for y, (_, row) in enumerate(bars):
            left = 0.0
            for aspect, colour in _COLOURS.items():
                hits = row["hits_by_aspect"][aspect]
                axes.barh(y, hits, 0.7, left=left, color=colour, linewidth=0)
                left += hits
            axes.annotate(plain(left), (left, y), textcoords="offset points", xytext=(3, 0), va="center", fontsize=7.2)
        axes.set_yticks(range(len(bars)), [f"{name}: {row['radar']} ({row['band']})" for name, row in bars])
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.margins(x=0.12)
        axes.set_xlabel("hits a night, all aircraft of the group together")
        handles = [Patch(color=colour, label=aspect) for aspect, colour in _COLOURS.items()]
        axes.legend(handles=handles, loc="lower right", frameon=False, fontsize=7.2)

    said = [f"{group['group']} {plain(sum(row['hits']['mean'] for row in group['radars']))}" for group in groups]
    alt = f"Mean hits a night by radar and aspect. All radars together: {listed(said)}."
    columns = ("group", "radar", "band", *_SPREADS, *(f"{what}_{a}" for what in ("looks", "hits") for a in _COLOURS))
    rows = [
        columns,
        *(
            (
                name,
                row["radar"],
                row["band"],
                *(row[what]["mean"] for what in _SPREADS),
                *(row[f"{what}_by_aspect"][a] for what in ("looks", "hits") for a in _COLOURS),
            )
            for name, row in bars
        ),
    ]
    title = "What the radars saw of friendly and neutral aircraft"
    svg = draw("exposure", title, alt, (_WIDTH_IN, 0.8 + _ROW_IN * len(bars)), paint)
    caption = "A radar that looks only where it is cued sees nothing of aircraft that nobody engages."
    return figure("exposure", title, svg, alt, rows, "summary.json (exposure)", caption)
