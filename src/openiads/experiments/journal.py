"""Finished chunks on disk: what an interrupted run continues from.

Each chunk is a folder of two Parquet files, made under a temporary name and renamed, so that it is there whole or not at all. The
journal belongs to one run hash; chunks of another run are never read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.experiments.replication import Chunk, ChunkResult
from openiads.records.schema import NOMINAL, SCHEMA_VERSION, VERSION_KEY
from openiads.records.tables import write_json
from openiads.simulation.outcome import ENGAGEMENT_ROW

Rows = NDArray[np.void]

_KEY = "run.json"
_NAME = re.compile(r"(nominal|draw(\d+))-(\d+)-(\d+)")
_META = {VERSION_KEY: str(SCHEMA_VERSION).encode()}


class Journal:
    """The finished chunks of one run in `folder`."""

    def __init__(self, folder: Path, dtype: np.dtype[np.void]) -> None:
        self.folder = folder
        self._dtype = dtype

    def require_same(self, ingredients: dict[str, Any]) -> None:
        """An `InputError` if the journal there is of a run with other `ingredients` (run_hash and what it is made of)."""
        key = self.folder / _KEY
        if not key.is_file():
            return
        try:
            there = json.loads(key.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InputError(f"{key}: cannot be read; give another --out") from None
        if there.get("run_hash") != ingredients["run_hash"]:
            changed = [name.replace("_", " ") for name in ingredients if name != "run_hash" and there.get(name) != ingredients[name]]
            what = ", ".join(changed)
            raise InputError(f"{self.folder.parent}: is another run, --resume cannot continue it (different: {what}); give another --out")

    def open(self, ingredients: dict[str, Any]) -> None:
        """Say to which run the journal belongs."""
        write_json(ingredients, self.folder / _KEY)

    def write(self, result: ChunkResult) -> None:
        """Keep a finished chunk."""
        place = self.folder / _name(result.chunk)
        part = self.folder / f"part-{place.name}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        pq.write_table(_to_table(result.outcomes), part / "outcome.parquet", compression="zstd")
        pq.write_table(_to_table(result.engagements), part / "engagement.parquet", compression="zstd")
        os.replace(part, place)

    def finished(self) -> list[ChunkResult]:
        """Every chunk that can be read, in order; a damaged one is removed and runs again."""
        results = []
        for place in sorted(self.folder.iterdir()) if self.folder.is_dir() else []:
            match = _NAME.fullmatch(place.name)
            if match is None:
                continue
            chunk = Chunk(NOMINAL if match[2] is None else int(match[2]), int(match[3]), int(match[4]) + 1)
            try:
                outcomes = _from_table(pq.read_table(place / "outcome.parquet"), self._dtype)
                engagements = _from_table(pq.read_table(place / "engagement.parquet"), ENGAGEMENT_ROW)
            except (OSError, KeyError, ValueError, pa.ArrowException):
                shutil.rmtree(place)
                continue
            results.append(ChunkResult(chunk, outcomes, engagements))
        return sorted(results, key=lambda result: result.chunk)


def _name(chunk: Chunk) -> str:
    which = "nominal" if chunk.draw == NOMINAL else f"draw{chunk.draw:05d}"
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
