"""A record in the words of a terminal: the answer, its three spreads, the first broken steps, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openiads.metrics.words import FROM_START, change_words, error_words, few_draws, part, plain, plain_ends, rounded, rounds_word
from openiads.records import Record

_ROWS = (("leakers", "leakers"), ("assets_hit", "assets hit"), ("value_of_assets_hit", "value of assets hit"), ("shots", ""))
_WIDTHS = (26, 16, 16, 14)


def transcript(name: str, record: Record, data: Path | None = None) -> str:
    """What `openiads run` prints; `name` is the scenario's file, `data` the folder of own systems."""
    summary = record.summary
    run = summary["run"]
    place = record.description["place"]["name"]
    lines = [f"{name}: {summary['title']}, {place} (invented), seed {run['seed']}"]
    drawn = f"  draws {run['draws']:,} x {run['replicates']:,}" if run["draws"] else ""
    lines.append(f"nominal {run['runs']:,}{drawn}  {summary['provenance']['wall_s']:.1f} s")
    if run["until_half_width"] is not None:
        lines.append(f"stopped {run['stopped']}".replace("±", "+/-"))
    if record.chance_only:
        lines.append("CHANCE ONLY: no value of the public record was varied")
    lines += ["", summary["headline"], "", *_table(record), "", *_lifted(summary), _causes(summary), *_exposure(summary)]
    lines.append(f"rests on {summary['assumptions']} assumptions; no public source backs them")
    lines += _next(record, data)
    lines.append(f"wrote {record.folder}/  report.html  summary.json  sha256 {record.sha256[:16]}")
    return "\n".join(lines)


def _table(record: Record) -> list[str]:
    summary = record.summary
    lines = [_line("", "mean +/- sim.err", "night to night", "not known")]
    for key, words in _ROWS:
        spread = summary["outcomes"][key]
        mean = _with_error(spread["mean"], spread["simulation_error"])
        nights, known = (
            _span(*plain_ends(*ends)) if ends else "chance only" for ends in (spread["night_to_night"], spread["not_publicly_known"])
        )
        lines.append(_line(words or f"{rounds_word(summary)} fired", mean, nights, known + ("*" if spread.get("may_be_chance") else "")))
    lines.append(_time_line("all ready rounds gone, min", summary["times"]["ready_gone"]))
    if any("*" in line for line in lines):
        lines.append("* chance alone may explain it: more replicates a draw would tell")
    if few := few_draws(summary["run"]["draws"]):
        lines.append(few)
    return lines


def _line(*cells: str) -> str:
    return "  ".join(cell.ljust(width) if k == 0 else cell.rjust(width) for k, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True)))


def _with_error(mean: float, error: float | None) -> str:
    return f"{rounded(mean, error)} {error_words(error)}".replace("±", "+/-")


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low}-{high}"


def _time_line(words: str, time: dict[str, Any]) -> str:
    if time["mean_s"] == 0.0:
        mean = FROM_START
    elif time["mean_s"] is not None:
        error = time["simulation_error_s"]
        mean = _with_error(time["mean_s"] / 60.0, None if error is None else error / 60.0)
    else:
        mean = f"in {_percent(time['happens']['value'])}"
    known = time["not_publicly_known_s"]
    return _line(words, mean, _minutes(time["night_to_night_s"]), "chance only" if known is None else _minutes(known))


def _percent(share: float) -> str:
    """A share of nights; never rounded to none or all of them."""
    if 0.0 < share < 0.01:
        return "under 1 % of nights"
    if 0.99 < share < 1.0:
        return "over 99 % of nights"
    return f"{100.0 * share:.0f} % of nights" if share else "no night"


def _minutes(ends_s: Sequence[float | None]) -> str:
    return _span(*("never" if s is None else plain(s / 60.0) if s else FROM_START for s in ends_s))


def _lifted(summary: dict[str, Any]) -> list[str]:
    """What lifting each limit does to the leakers; nothing where none was lifted."""
    rows = summary["lifted"]
    if not rows:
        return []
    nights = max(row["replicates"] for row in rows)
    head = f"same luck, one limit lifted: change in leakers{f' over {nights:,} nights' if nights else ''}"
    if summary["causes"]:
        head += "; these are effects, first broken steps are bookkeeping"
    said = [(row["words"], row["absent"] or change_words(row["change"]).replace("±", "+/-")) for row in rows]
    return [head, *(f"  {words:<26}{change:>18}" for words, change in said), ""]


def _causes(summary: dict[str, Any]) -> str:
    causes = summary["causes"]
    if not causes:
        return "first broken step: none, nothing leaked"
    total = summary["outcomes"]["leakers"]
    parts = [f"{cause['name']} {part(cause['mean'], total['simulation_error'])}" for cause in causes]
    return f"first broken step: {', '.join(parts)}     sum {rounded(total['mean'], total['simulation_error'])}"


def _exposure(summary: dict[str, Any]) -> list[str]:
    """What all radars together saw of each friendly and neutral group a night; nothing where there is none."""
    groups = summary.get("exposure")
    if not groups:
        return []

    def said(what: str, scale: float) -> str:
        return ", ".join(f"{g['group']} {plain(sum(r[what]['mean'] for r in g['radars']) / scale)}" for g in groups)

    return [
        f"radar hits on aircraft that fly by, a night: {said('hits', 1.0)}",
        f"minutes in track, radar by radar: {said('track_s', 60.0)}",
    ]


def _next(record: Record, data: Path | None) -> list[str]:
    """How to ask who says what, with the first assumed kill probability of the run as the example."""
    assumed = [p["path"] for p in record.data_lock["parameters"] if p["assumption"] and ".sspk_" in p["path"]]
    return [f"next: openiads evidence {path}" + (f" --data {data}" if data else "") for path in assumed[:1]]
