"""Recorded plots, scan by scan: what readers of files yield and the tracker takes. Plain arrays, SI units, radians."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Columns of polar and of Cartesian plots, and those that either may have; errors are standard deviations.
POLAR = ("range_m", "azimuth_rad", "elevation_rad", "range_sd_m", "azimuth_sd_rad", "elevation_sd_rad")
CARTESIAN = ("x_m", "y_m", "z_m", "sd_m")
EITHER = ("time_s", "radial_mps", "radial_sd_mps")


class Scan(NamedTuple):
    """The plots of one radar during one turn of its antenna, or of one step of time."""

    radar: str
    time_s: float
    """When the turn was over."""
    plots: dict[str, Floats]
    """Columns of `POLAR` or `CARTESIAN` and `EITHER`, (n,) each. Azimuths are clockwise from north (y)."""


@dataclass
class Rejects:
    """What could not be read: how often, and the first place of each kind of fault."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, fault: str, place: str) -> None:
        """Note one more record with this fault."""
        self.counts[fault] += 1
        self.first.setdefault(fault, place)

    def lines(self) -> list[str]:
        """One line for each kind of fault, the most frequent first."""
        return [f"{n:,} x {fault}, first at {self.first[fault]}" for fault, n in self.counts.most_common()]
