"""Tables of numbers in CSV files whose columns say their unit, `range_km` or `azimuth_deg`: read row by row, in SI units and radians."""

from __future__ import annotations

import csv
import difflib
import gzip
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from openiads import units
from openiads.errors import InputError
from openiads.records.scans import Rejects

#: Other spellings of units in names of columns.
_SPELT = {"mps": "m/s", "m_s": "m/s", "kmh": "km/h", "km_h": "km/h", "kt": "kt", "kts": "kt"}

#: Names of columns this like known ones are taken for slips of the pen.
_ALIKE = 0.8


class Row(NamedTuple):
    """One good row: numbers by the name of the quantity, texts by the name of the column."""

    line: int
    numbers: dict[str, float]
    texts: dict[str, str]


class Table:
    """A CSV file (or .csv.gz), whose header is checked when it is opened."""

    def __init__(self, path: Path, quantities: Mapping[str, str], texts: tuple[str, ...], rejects: Rejects) -> None:
        """`quantities` gives names and dimensions, such as range: length; rows that cannot be read go to `rejects`."""
        self.path, self._rejects = path, rejects
        self._texts = texts
        header = self._header()
        self.factors: dict[str, tuple[int, float]] = {}
        """Per quantity: place of its column and what to multiply with."""
        self.places: dict[str, int] = {}
        """Per text: place of its column."""
        for place, name in enumerate(header):
            self._note(place, name.strip(), quantities)
        self._width = len(header)

    def _header(self) -> list[str]:
        try:
            with self._open() as file:
                return next(csv.reader(file), [])
        except (OSError, UnicodeDecodeError, csv.Error, EOFError) as error:
            raise InputError(f"{self.path}: cannot be read as CSV: {error}") from None

    def _open(self) -> IO[str]:
        if self.path.suffix == ".gz":
            return gzip.open(self.path, "rt", encoding="utf-8", newline="")
        return self.path.open(encoding="utf-8", newline="")

    def _note(self, place: int, name: str, quantities: Mapping[str, str]) -> None:
        if name in self._texts:
            self.places[name] = place
            return
        for quantity in sorted(quantities, key=len, reverse=True):
            if found := re.fullmatch(rf"{quantity}_(\w+)", name):
                unit = _SPELT.get(found[1], found[1])
                if unit not in units.UNITS[quantities[quantity]]:
                    continue
                if quantity in self.factors:
                    raise InputError(f"{self.path}: line 1: {quantity} stands twice, the second time as {name!r}")
                self.factors[quantity] = (place, units.parse(f"1 {unit}", quantities[quantity]))
                return
        stem = name.rpartition("_")[0] or name
        near = difflib.get_close_matches(name, self._texts, n=1, cutoff=_ALIKE) or [
            f"{quantity}{name.removeprefix(stem)}" for quantity in difflib.get_close_matches(stem, quantities, n=1, cutoff=_ALIKE)
        ]
        if near and near[0] != name:
            raise InputError(f"{self.path}: line 1: column {name!r} is not known; did you mean {near[0]!r}?")

    def __contains__(self, quantity: str) -> bool:
        return quantity in self.factors or quantity in self.places

    def rows(self) -> Iterator[Row]:
        """Every row that can be read."""
        try:
            with self._open() as file:
                reader = csv.reader(file)
                next(reader)
                for cells in reader:
                    if row := self._row(reader.line_num, cells):
                        yield row
        except (OSError, UnicodeDecodeError, csv.Error, EOFError) as error:
            raise InputError(f"{self.path}: cannot be read as CSV: {error}") from None

    def _row(self, line: int, cells: list[str]) -> Row | None:
        if not cells:
            return None
        if len(cells) != self._width:
            self._rejects.add("wrong number of columns", f"line {line}")
            return None
        numbers = {}
        for quantity, (place, factor) in self.factors.items():
            text = cells[place].strip()
            if not text:
                continue
            try:
                value = factor * float(text)
            except ValueError:
                value = math.nan
            if not math.isfinite(value):
                self._rejects.add(f"{quantity} is not a number", f"line {line}")
                return None
            numbers[quantity] = value
        return Row(line, numbers, {name: cells[place].strip() for name, place in self.places.items()})
