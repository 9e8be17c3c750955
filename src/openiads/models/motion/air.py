"""Air-breathing motion: geodesic legs between waypoints, each at constant ground speed and constant rate of climb.

Not modelled: turn radius, acceleration, wind, the geoid; `follow` has paths that follow the ground.
Reference: C. F. F. Karney, "Algorithms for geodesics", Journal of Geodesy 87 (2013), 43-55.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openiads.errors import InputError
from openiads.models.motion.earth import WGS84, Earth, Place, Track
from openiads.models.motion.path import Array, Path, States, joined, lower


@dataclass(frozen=True)
class Leg:
    """A straight leg that ends at `end`; `speed_mps` is measured along the surface of the ellipsoid."""

    end: Place
    speed_mps: float


def air_path(start: Place, legs: Sequence[Leg], earth: Earth = WGS84, start_s: float = 0.0, dive_m: float = 0.0) -> Path:
    """The path from `start` over all legs; the last one ends at the aim point.

    On each leg the height is linear in ground distance. With `dive_m` above 0 the last leg keeps the height of its start until
    that ground distance before its end and only then descends.
    """
    if not legs:
        raise InputError("a path needs at least one leg")
    paths: list[Path] = []
    for leg in legs:
        end_of_level = dive_m if leg is legs[-1] else 0.0
        for flight in _flights(start, leg, earth, end_of_level):
            paths.append(flight.path(start_s, len(paths)))
            start_s = float(paths[-1].time_s[-1])
        start = leg.end
    return joined(paths)


@dataclass(frozen=True)
class _Flight:
    """A stretch of a track between two ground distances, heights linear in between."""

    track: Track
    from_m: float
    to_m: float
    from_alt_m: float
    to_alt_m: float
    speed_mps: float

    def path(self, start_s: float, leg: int) -> Path:
        climb_mps = (self.to_alt_m - self.from_alt_m) * self.speed_mps / (self.to_m - self.from_m)

        def law(times_s: Array) -> States:
            same = np.ones_like(times_s)
            along_m = self.from_m + self.speed_mps * (times_s - start_s)
            alt_m = self.from_alt_m + climb_mps * (times_s - start_s)
            return self.track.states(along_m, self.speed_mps * same, alt_m, climb_mps * same)

        return lower(law, [start_s, start_s + (self.to_m - self.from_m) / self.speed_mps], leg)


def _flights(start: Place, leg: Leg, earth: Earth, dive_m: float) -> list[_Flight]:
    if not (leg.speed_mps > 0.0 and math.isfinite(leg.speed_mps)):
        raise InputError(f"the speed of a leg must be above 0, not {leg.speed_mps} m/s")
    track = Track(start, leg.end, earth)
    if dive_m == 0.0:
        return [_Flight(track, 0.0, track.length_m, start.alt_m, leg.end.alt_m, leg.speed_mps)]
    if not 0.0 < dive_m < track.length_m:
        raise InputError(f"a dive of {dive_m} m does not fit into a last leg of {track.length_m:.0f} m")
    level_m = track.length_m - dive_m
    return [
        _Flight(track, 0.0, level_m, start.alt_m, start.alt_m, leg.speed_mps),
        _Flight(track, level_m, track.length_m, start.alt_m, leg.end.alt_m, leg.speed_mps),
    ]
