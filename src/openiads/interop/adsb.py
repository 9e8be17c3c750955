"""Recorded ADS-B traffic: JSON rows, one an aircraft and time, with timestamp, icao24, callsign, latitude, longitude and altitude in feet.

That is how the package `traffic` keeps its samples. Flights of many hours can be folded into a few, so that hundreds of real aircraft are
in the air at once.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.records.scans import Floats

_FT_M, _MS_PER_S = 0.3048, 1000.0
_NEEDED = ("timestamp", "icao24", "callsign", "latitude", "longitude", "altitude")


class Traffic(NamedTuple):
    """Reports of positions, (n,) each, in the order of the file."""

    time_s: Floats
    """Seconds since 1970."""
    aircraft: NDArray[np.str_]
    callsign: NDArray[np.str_]
    lat_rad: Floats
    lon_rad: Floats
    alt_m: Floats
    """Pressure altitude; NaN where it is not known."""

    def folded(self, period_s: float) -> tuple[Floats, NDArray[np.int64], int]:
        """Times within the period, and the number of the flight of each row: aircraft, call sign and fold; and how many there are."""
        since_s = self.time_s - self.time_s.min()
        fold = (since_s // period_s).astype(np.int64)
        _, flight = np.unique(np.rec.fromarrays([self.aircraft, self.callsign, fold]), return_inverse=True)
        return since_s % period_s, flight.astype(np.int64), int(flight.max()) + 1

    def airborne_at_once(self, who: NDArray[np.int64], time_s: Floats, bin_s: float) -> NDArray[np.int64]:
        """How many different numbers of `who` there are in each bin of time that has any."""
        pairs = np.unique(np.column_stack([(time_s // bin_s).astype(np.int64), who]), axis=0)
        return np.unique(pairs[:, 0], return_counts=True)[1]


def read_traffic(path: Path) -> Traffic:
    """All rows of a file (.json or .json.gz)."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = json.loads(raw)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:
        raise InputError(f"{path}: is no JSON: {error}") from None
    if isinstance(rows, dict) and rows and all(isinstance(column, dict) for column in rows.values()):  # column by column
        keys = next(iter(rows.values()))
        rows = [{name: column.get(key) for name, column in rows.items()} for key in keys]
    if not (isinstance(rows, list) and rows and isinstance(rows[0], dict)):
        raise InputError(f"{path}: must be a list of rows, or an object of columns")
    if missing := [name for name in _NEEDED if name not in rows[0]]:
        raise InputError(f"{path}: its rows have no {missing[0]!r}; needed: {', '.join(_NEEDED)}")

    def numbers(name: str) -> Floats:
        return np.array([row.get(name) for row in rows], np.float64)

    return Traffic(
        numbers("timestamp") / _MS_PER_S,
        np.array([row.get("icao24") or "" for row in rows]),
        np.array([row.get("callsign") or "" for row in rows]),
        np.radians(numbers("latitude")),
        np.radians(numbers("longitude")),
        _FT_M * numbers("altitude"),
    )
