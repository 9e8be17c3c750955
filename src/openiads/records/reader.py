"""Reading a saved record: everything a report, a replay or an export needs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from openiads.errors import InputError
from openiads.records.schema import SCHEMA_VERSION, TABLES
from openiads.records.tables import json_text, read_table

SUMMARY, DESCRIPTION, DATA_LOCK, SCENARIO, TABLE_FOLDER = "summary.json", "description.json", "data-lock.json", "scenario.yaml", "tables"


@dataclass(frozen=True)
class Record:
    """A complete record; `docs/record-format.md` describes every key."""

    folder: Path
    summary: dict[str, Any]
    """Answers with their intervals; `provenance` holds what differs between two runs of the same."""
    description: dict[str, Any]
    """What was simulated: map, groups, units, weapons, names."""
    data_lock: dict[str, Any]
    """Every value used, with its interval, sources and whether it is our assumption."""
    scenario: str
    """The resolved scenario as text."""

    def table(self, name: str) -> pa.Table:
        """One of the tables of `records.schema.TABLES`."""
        if name not in TABLES:
            raise InputError(f"no table is called {name!r}; known: {', '.join(TABLES)}")
        return read_table(self.folder / TABLE_FOLDER / f"{name}.parquet")

    @property
    def sha256(self) -> str:
        """Digest of the result: of `summary.json` without `provenance`."""
        return summary_sha256(self.summary)

    @property
    def chance_only(self) -> bool:
        """True when no catalogue value was drawn, so that what is not publicly known is left out of every interval."""
        return bool(self.summary["stamp"] == "chance only")


def load_record(folder: Path | str) -> Record:
    """The record in `folder`; an incomplete or damaged one is an `InputError`."""
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place}: {'is a file; give the folder of a run' if place.exists() else 'there is no such folder'}")
    if not (place / SUMMARY).is_file():
        unfinished = (place / "journal").is_dir()
        why = "the run is not finished; --resume continues it" if unfinished else f"is not a record: it has no {SUMMARY}"
        raise InputError(f"{place}: {why}")
    summary = _read_json(place / SUMMARY)
    version = summary.get("openiads_record")
    if version != SCHEMA_VERSION:
        raise InputError(f"{place / SUMMARY}: has record version {version}; this OpenIADS reads {SCHEMA_VERSION}")
    return Record(place, summary, _read_json(place / DESCRIPTION), _read_json(place / DATA_LOCK), _read_text(place / SCENARIO))


def summary_sha256(summary: dict[str, Any]) -> str:
    """Digest of a summary without its `provenance`."""
    return hashlib.sha256(json_text({k: v for k, v in summary.items() if k != "provenance"}).encode()).hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: is not a JSON object")
    return value


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: is missing; the record is damaged") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text file in UTF-8; the record is damaged") from None
