"""Finished chunks on disk: what an interrupted run continues from.

Each chunk is a folder of Parquet files, one for each kind of row, made under a temporary name and renamed, so that it is there whole
or not at all. The journal belongs to one run; chunks of another are never read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.experiments.replication import Chunk, ChunkResult, draw_of_lift, lift_of_draw
from openiads.records.folder import KEY
from openiads.records.schema import NOMINAL, SCHEMA_VERSION, VERSION_KEY
from openiads.records.tables import write_json
from openiads.scenario.schema import LIFTS
from openiads.simulation.exposure import EXPOSURE_ROW
from openiads.simulation.outcome import ENGAGEMENT_ROW, LEAKER_ROW

Rows = NDArray[np.void]

#: Parts of a run that follow from the others: named only where nothing else differs, because the program does.
_FOLLOWING = ("first draw", "lowered arrays")
_ABSENT = "absent"
#: Differences that a message lists at most; values that are longer are not shown.
_SHOWN, _LONGEST = 3, 40
_NAME = re.compile(rf"(?:nominal|draw(?P<draw>\d+)|lift-(?P<lift>{'|'.join(LIFTS)}))-(?P<first>\d+)-(?P<last>\d+)")
_META = {VERSION_KEY: str(SCHEMA_VERSION).encode()}


class Journal:
    """The finished chunks of one run in `folder`."""

    def __init__(self, folder: Path, outcome: np.dtype[np.void], course: np.dtype[np.void]) -> None:
        self.folder = folder
        self._dtypes = {
            "outcomes": outcome,
            "engagements": ENGAGEMENT_ROW,
            "leakers": LEAKER_ROW,
            "courses": course,
            "exposures": EXPOSURE_ROW,
        }

    def differences(self, parts: Mapping[str, Any]) -> str:
        """What of `parts` is another in the run of the journal, in words: ``seed 1, not 9``; empty if nothing is."""
        there = self._there()
        old = dict(_leaves({name: there.get(name) for name in parts}))
        new = dict(_leaves(json.loads(json.dumps(parts))))  # as it comes back from the disk
        other = [name for name in {**new, **old} if old.get(name, _ABSENT) != new.get(name, _ABSENT)]
        other = [name for name in other if name not in _FOLLOWING] or other
        said = [_said(name, str(old.get(name, _ABSENT)), str(new.get(name, _ABSENT))) for name in other[:_SHOWN]]
        return "; ".join(said + ([f"and {len(other) - _SHOWN} more"] if len(other) > _SHOWN else []))

    def _there(self) -> dict[str, Any]:
        key = self.folder / KEY
        try:
            there = json.loads(key.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            there = None
        if not isinstance(there, dict):
            raise InputError(f"{key}: cannot be read; give another --out")
        return there

    def open(self, parts: Mapping[str, Any]) -> None:
        """Say to which run the journal belongs: what decides its replicates."""
        write_json(parts, self.folder / KEY)

    def write(self, result: ChunkResult) -> None:
        """Keep a finished chunk."""
        place = self.folder / _name(result.chunk)
        part = self.folder / f"part-{place.name}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for name in self._dtypes:
            pq.write_table(_to_table(getattr(result, name)), part / f"{name}.parquet", compression="zstd")
        os.replace(part, place)

    def finished(self) -> list[ChunkResult]:
        """Every chunk that can be read, in order; a damaged one is removed and runs again."""
        results = []
        for place in sorted(self.folder.iterdir()) if self.folder.is_dir() else []:
            match = _NAME.fullmatch(place.name)
            if match is None:
                continue
            draw = draw_of_lift(match["lift"]) if match["lift"] else int(match["draw"] or NOMINAL)
            chunk = Chunk(draw, int(match["first"]), int(match["last"]) + 1)
            try:
                rows = {name: _from_table(pq.read_table(place / f"{name}.parquet"), dtype) for name, dtype in self._dtypes.items()}
            except (OSError, KeyError, ValueError, pa.ArrowException):
                shutil.rmtree(place)
                continue
            results.append(ChunkResult(chunk, **rows))
        return sorted(results, key=lambda result: result.chunk)


def _leaves(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a tree of mappings and lists, by its path such as ``scenario.red[0].count``."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _leaves(inner, f"{name}.{key}".lstrip("."))
    elif isinstance(node, list):
        for i, inner in enumerate(node):
            yield from _leaves(inner, f"{name}[{i}]")
    else:
        yield name, node


def _said(name: str, old: str, new: str) -> str:
    return f"another {name}" if max(len(old), len(new)) > _LONGEST else f"{name} {old}, not {new}"


def _name(chunk: Chunk) -> str:
    lift = lift_of_draw(chunk.draw)
    which = "nominal" if chunk.draw == NOMINAL else f"lift-{lift}" if lift else f"draw{chunk.draw:05d}"
    return f"{which}-{chunk.first:08d}-{chunk.last - 1:08d}"


def _to_table(rows: Rows) -> pa.Table:
    """One column per field; sub-arrays become lists of fixed length; empty ones are left out."""
    columns = {}
    for name, (kind, *_) in (rows.dtype.fields or {}).items():
        size = int(np.prod(kind.shape, dtype=np.int64))
        if size:
            flat = pa.array(np.ascontiguousarray(rows[name]).reshape(-1))
            columns[name] = pa.FixedSizeListArray.from_arrays(flat, size) if kind.shape else flat
    return pa.table(columns).replace_schema_metadata(_META)


def _from_table(table: pa.Table, dtype: np.dtype[np.void]) -> Rows:
    rows = np.zeros(table.num_rows, dtype)
    for name, (kind, *_) in (dtype.fields or {}).items():
        if 0 in kind.shape:
            continue
        column = table[name].combine_chunks()
        flat = (column.flatten() if kind.shape else column).to_numpy(zero_copy_only=False)
        rows[name] = flat.reshape((table.num_rows, *kind.shape))
    return rows
