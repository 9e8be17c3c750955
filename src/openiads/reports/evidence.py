"""What a run rests on: its values by standing, its unsourced notes, and its sources with what each is used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

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


@dataclass(frozen=True)
class Evidence:
    """Rows of data-lock.json in the order in which a reader asks for them."""

    assumptions: tuple[dict[str, Any], ...]
    own: tuple[dict[str, Any], ...]
    public: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    sources: tuple[Source, ...]

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
    )


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
