"""Reading a saved record: everything a report, a replay or an export needs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from openiads.errors import InputError
from openiads.records.frames import dataset, required
from openiads.records.schema import SCHEMA_VERSION, TABLES
from openiads.records.tables import file_sha256, json_text, read_table

if TYPE_CHECKING:
    import pandas
    import xarray

SUMMARY, DESCRIPTION, DATA_LOCK, SCENARIO, TABLE_FOLDER = "summary.json", "description.json", "data-lock.json", "scenario.yaml", "tables"


#: What everybody who goes on with a record reads of its summary. A report reads more, and says itself what it misses.
_NEEDED: Final = (
    ("headline", str),
    *((f"run.{name}", int) for name in ("seed", "runs", "draws", "replicates")),
    ("provenance.tables", dict),
)


@dataclass(frozen=True)
class Record:
    """A complete record; `docs/record-format.md` describes every key and column."""

    folder: Path
    """Where it is saved. The tables are read from there when they are asked for."""
    summary: dict[str, Any]
    """Answers with their intervals; `provenance` holds what differs between two runs of the same."""
    description: dict[str, Any]
    """What was simulated: map, groups, units, weapons, names."""
    data_lock: dict[str, Any]
    """Every value used, with its interval, sources and whether it is our assumption."""
    scenario: str
    """The resolved scenario as text."""

    def __repr__(self) -> str:
        return f"Record({str(self.folder)!r}: {self.summary['headline']})"

    def table(self, name: str) -> pa.Table:
        """A table by name as Arrow table, such as `replicate`, `group`, `cause` or `shot`; an `InputError` lists all names."""
        if name not in TABLES:
            raise InputError(f"no table is called {name!r}; known: {', '.join(TABLES)}")
        path = self.folder / TABLE_FOLDER / f"{name}.parquet"
        table = read_table(path)
        if file_sha256(path) != self.summary["provenance"]["tables"].get(name):
            raise InputError(f"{path}: is not the table that this run wrote (other SHA-256 than in {SUMMARY}); the record is damaged")
        return table

    def to_pandas(self, name: str = "replicate") -> pandas.DataFrame:
        """A table as pandas data frame, one row a row of the table; the unit is the end of a column's name (`first_leak_s`).

        Tables with rows for every replicate have a column `draw`: -1 for nominal replicates, 0 and up for draws. Names are categories,
        times that never come NaN. An `InputError` if pandas is not installed: it comes with the extra `analysis`.
        """
        required("pandas")
        return self.table(name).to_pandas()

    def to_xarray(self, replicates: str = "nominal") -> xarray.Dataset:
        """Every count of every replicate as one xarray dataset, with units and meanings in `attrs`.

        Dimensions: `replication` (nominal replicates) or, with `replicates="draws"`, `draw` and `ordinal`; then, by the first word of a
        variable's name, `group`, `unit`, `magazine`, `asset` or `component`. `cause_leakers` has `group` and `cause`. Variables without
        such a word (`leakers`) count the whole replicate. An `InputError` if there are no draws, or xarray is not installed (extra
        `analysis`).
        """
        return dataset(self, replicates)

    @property
    def sha256(self) -> str:
        """Digest of the result: of `summary.json` without `provenance`."""
        return summary_sha256(self.summary)

    @property
    def chance_only(self) -> bool:
        """True when no catalogue value was drawn, so that what is not publicly known is left out of every interval."""
        return bool(self.summary["stamp"] == "chance only")


def load_record(folder: Path | str) -> Record:
    """The record in `folder`, as `openiads run` or `simulate` wrote it; an incomplete or damaged one is an `InputError`."""
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
    for path, kind in _NEEDED:
        if not isinstance(_at(summary, path), kind):
            raise InputError(f"{place / SUMMARY}: the record is damaged: {path} is missing or of another kind")
    return Record(place, summary, _read_json(place / DESCRIPTION), _read_json(place / DATA_LOCK), _read_text(place / SCENARIO))


def _at(summary: dict[str, Any], path: str) -> Any:
    """The value at a path of keys; None where there is none."""
    value: Any = summary
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


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
