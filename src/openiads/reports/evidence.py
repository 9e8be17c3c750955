"""What a run rests on: its values by standing, its unsourced notes, and its sources with what each is used for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from openiads.reports.words import amount_of, percent

#: Ids that the catalogue uses for what no publication says.
_OURS = "us"


@dataclass(frozen=True)
class Source:
    """One published source and the values that cite it."""

    id: str
    title: str
    publisher: str
    date: str
    url: str
    speaker: str
    used_for: tuple[str, ...]


#: How far the record agrees, as the catalogue says it, and the other ways in which its words begin.
AGREEMENT = {
    "repeated by three or more": ("repeated by three or more", "three or more agree"),
    "two agree": ("two agree", "two or more agree"),
    "single or disputed": ("single or disputed",),
    "our judgement": ("our judgement",),
}


@dataclass(frozen=True)
class Agreement:
    """The values of a run that the record supports alike."""

    words: str
    values: int
    drawn: int
    """Values that the draws vary."""
    assumed: int
    """Values that count as our assumption, whatever was printed about them."""
    speakers: tuple[tuple[str, int], ...]
    """Who speaks, with the number of values, most first."""


@dataclass(frozen=True)
class Evidence:
    """Rows of data-lock.json in the order in which a reader asks for them."""

    assumptions: tuple[dict[str, Any], ...]
    own: tuple[dict[str, Any], ...]
    public: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    sources: tuple[Source, ...]
    agreements: tuple[Agreement, ...]

    @property
    def drawn(self) -> tuple[dict[str, Any], ...]:
        """Rows that draws vary."""
        return tuple(row for row in (*self.assumptions, *self.own, *self.public) if is_drawn(row))

    @property
    def kill_probabilities(self) -> int:
        """Number of kill probabilities that nobody but us stands for."""
        return len({row["path"] for row in self.assumptions if row["path"].rpartition(".")[2].startswith("sspk_")})

    @property
    def assumed(self) -> int:
        """Number of assumed values; a value that two versions of a system state differently counts once."""
        return len({row["path"] for row in self.assumptions})


def evidence(data_lock: dict[str, Any]) -> Evidence:
    """Values, notes and sources of a run."""
    rows = data_lock["parameters"]
    cited_by = [*rows, *data_lock.get("coverage_parameters", ())]
    standing = {name: tuple(r for r in rows if r["standing"] == name) for name in ("our assumption", "your own value", "public record")}
    published = [s for s in data_lock["sources"] if s["speaker"] != _OURS]
    return Evidence(
        assumptions=standing["our assumption"],
        own=standing["your own value"],
        public=standing["public record"],
        notes=tuple(data_lock.get("notes", ())),
        sources=tuple(_source(s, cited_by) for s in sorted(published, key=lambda s: s["id"])),
        agreements=tuple(_agreement(words, [r for r in rows if r["agreement"].startswith(starts)]) for words, starts in AGREEMENT.items()),
    )


def is_drawn(row: dict[str, Any]) -> bool:
    """Whether draws vary a value."""
    return bool(row["law"].startswith("drawn "))


def _agreement(words: str, rows: list[dict[str, Any]]) -> Agreement:
    speakers = Counter(speaker for row in rows for speaker in row["speakers"].split(", ") if speaker)
    return Agreement(words, len(rows), sum(map(is_drawn, rows)), sum(row["assumption"] for row in rows), tuple(speakers.most_common()))


def spread_words(shares: dict[str, float] | None, rows: Sequence[dict[str, Any]]) -> str:
    """Where the spread of the leakers comes from, as far as the record tells: `shares` of its summary and the rows that were drawn."""
    if shares is None:
        return ""
    ours, total = sum(row["assumption"] for row in rows), len(rows)
    parts = f"chance {percent(shares['chance'])}, what is not publicly known {percent(shares['not_publicly_known'])}"
    ends = f"95 % interval of the share of chance: {percent(shares['low'])} to {percent(shares['high'])}"
    vary = f"The draws vary {amount_of(total, 'value')} at once, {ours} assumed by us and {total - ours} from the public record"
    return f"{parts} of the variance of leakers over draws and nights ({ends}). {vary}; this run cannot tell their shares apart."


def by_system(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows by the system that their path starts with, systems in the order of their first row."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["path"].partition(".")[0], []).append(row)
    return found


def _source(source: dict[str, Any], rows: list[dict[str, Any]]) -> Source:
    used_for = dict.fromkeys(row["path"] for row in rows if source["id"] in row["sources"])
    return Source(
        source["id"],
        source["title"],
        source["publisher"],
        str(source["date"]),
        _web_address(source["url"]),
        source["speaker"],
        tuple(used_for),
    )


def _web_address(url: str | None) -> str:
    """The address if a reader may follow it: plain web pages only."""
    return url if url and urlsplit(url).scheme in {"http", "https"} else ""
