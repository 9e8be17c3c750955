"""Row types of structured arrays, made from (name, format) pairs and from the dataclasses of `specs`."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

import numpy as np

LINE_BYTES = 64
"""What processors fetch at once."""

Table = np.ndarray[Any, np.dtype[np.void]]
_SCALARS = {float: "f8", int: "i8", bool: "i8"}  # one integer type, or every kernel would compile once per mixture


def row(*fields: tuple[str, str] | tuple[str, str, tuple[int, ...]] | type) -> np.dtype[np.void]:
    """One row type from (name, format) pairs and from dataclasses, whose fields are taken as they are."""
    rows: list[Any] = []
    for field in fields:
        if isinstance(field, type):
            kinds = get_type_hints(field)
            rows += [(f.name, _SCALARS[kinds[f.name]]) for f in dataclasses.fields(field)]
        else:
            rows.append(field)
    return np.dtype(rows, align=True)


def lined(*fields: tuple[str, str] | tuple[str, str, tuple[int, ...]] | type) -> np.dtype[np.void]:
    """As `row`, with rows of whole cache lines: none lies in one line more than it must."""
    dtype = row(*fields)
    spare = -dtype.itemsize % LINE_BYTES
    return row(*dtype.descr, ("spare", "i8", (spare // 8,))) if spare else dtype
