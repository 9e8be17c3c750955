"""Writing and reading the tables of a record, and other files, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.records.schema import SCHEMA_VERSION, TABLES, VERSION_KEY


@dataclass(frozen=True)
class Names:
    """A column of names: `index` (n,) into `names`; below 0 is null."""

    index: NDArray[np.integer[Any]]
    names: Sequence[str]


Columns = Mapping[str, "NDArray[Any] | Names"]


def make_table(name: str, columns: Columns) -> pa.Table:
    """The table `name` of the schema from one numpy array (n,) or `Names` per column; NaN becomes null."""
    schema = TABLES[name].arrow()
    return pa.table([_array(columns[field.name], field.type) for field in schema], schema=schema)


def _array(values: NDArray[Any] | Names, kind: pa.DataType) -> pa.Array:
    if isinstance(values, Names):
        index = np.asarray(values.index, np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(index, mask=index < 0), pa.array(list(values.names), pa.string()))
    if np.asarray(values).dtype.kind == "f":
        return pa.array(values, kind, from_pandas=True)
    return pa.array(values, kind)


def write_table(table: pa.Table, path: Path) -> str:
    """Write a Parquet file by way of a temporary one; returns its SHA-256."""
    part = path.with_name(f"{path.name}.part")
    pq.write_table(table, part, compression="zstd", version="2.6", write_page_checksum=True)
    digest = file_sha256(part)
    os.replace(part, path)
    return digest


def file_sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_table(path: Path) -> pa.Table:
    """Read a table of a record; a missing, damaged or strange file and another schema version are an `InputError`."""
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except FileNotFoundError:
        raise InputError(f"{path}: is missing; the record is damaged") from None
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as Parquet: {' '.join(str(error).split())}") from None
    version = (table.schema.metadata or {}).get(VERSION_KEY, b"none").decode()
    if version != str(SCHEMA_VERSION):
        raise InputError(f"{path}: has record version {version}; this OpenIADS reads {SCHEMA_VERSION}")
    if table.schema != TABLES[path.stem].arrow():
        raise InputError(f"{path}: has other columns than the table {path.stem}; the record is damaged")
    return table


def write_text(text: str, path: Path) -> None:
    """Write a text file by way of a temporary one."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def write_json(value: Any, path: Path) -> None:
    """Write JSON that any reader takes: no NaN, keys in the order given."""
    write_text(json_text(value), path)


def json_text(value: Any) -> str:
    """The text of a JSON file of the record."""
    return json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
