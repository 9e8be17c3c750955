"""The frame of every figure, and of tables that stand beside one: a caption, and a footer with which a reader can take it along.

One call makes a figure, and one line of the template shows it::

    figure("waterfall", "Time budget of a leaker", svg, alt, rows, "tables/timeline.parquet (firm_s, ready_s)", caption)
    {{ picture(figures.waterfall) }}

*svg* is what `svg.draw` returns; *alt* says in words what it shows; *rows* are the data it is drawn from, the names of the columns (with
their units) first; *sources* names the tables and keys of the record that they come from. A table of the page takes the same footer:
`Part(name, title, rows, sources)` in the mapping `parts`, and ``{{ footer(parts.name) }}``.

The footer holds the data as CSV inside the page (a data: URI, so that nothing is fetched), the sources, the commands that repeat the run
and rebuild the page, and an entry to cite it by. On paper it is left out; the run stands in the caption.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from openiads.records import Record

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Part:
    """What can be taken along: its name on the page, its title, its data and where in the record they come from."""

    name: str
    title: str
    rows: Rows
    sources: str

    @property
    def csv_uri(self) -> str:
        """The data as a data: URI; a missing value is an empty field."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(self.rows)
        return "data:text/csv;charset=utf-8," + quote(out.getvalue(), safe=" ,:;/()+-*=@!$'~?")

    @property
    def file_name(self) -> str:
        """Name under which a browser saves the data."""
        return f"{self.name}.csv"


@dataclass(frozen=True)
class Figure(Part):
    """A figure of the page."""

    svg: str
    alt: str
    caption: str = ""


def figure(name: str, title: str, svg: str, alt: str, rows: Rows, sources: str, caption: str = "") -> Figure:
    """A figure in its frame."""
    return Figure(name, title, rows, sources, svg, alt, caption)


def run_command(record: Record) -> str:
    """The command that repeats the run from its resolved scenario."""
    run, data = record.summary["run"], " --data FOLDER" if record.data_lock.get("own_files") else ""
    counts = {"runs": run["runs"], "draws": run["draws"], "seed": run["seed"]}
    return "openiads run scenario.yaml " + " ".join(f"--{name} {value}" for name, value in counts.items()) + data


def bibtex(record: Record, part: Part | None = None) -> str:
    """An entry for the record, or for a part of its page: the hash of the run names it for good."""
    run, braces = record.summary["run"], str.maketrans("", "", "{}\\")
    title = record.summary["title"].translate(braces)
    key, what = (f"-{part.name}", f"{part.title}: ".translate(braces)) if part else ("", "")
    year = str(record.summary["provenance"]["started"])[:4]
    return (
        f"@misc{{openiads-{run['run_hash'][:12]}{key},\n"
        f"  title = {{{{{what}{title}}}}},\n"
        f"  author = {{{{OpenIADS developers}}}},\n"
        f"  year = {{{year}}},\n"
        f"  note = {{OpenIADS {run['version']}, run {run['run_hash']}, seed {run['seed']}}}\n}}"
    )
