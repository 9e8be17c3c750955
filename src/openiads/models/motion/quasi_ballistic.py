"""Quasi-ballistic motion: a kinematic profile that honours reported range, apogee and flight time at once.

Two textbook laws in place of a trajectory: the height is the parabola of a projectile over level ground, in the covered share of the
ground distance; the ground speed rises evenly from rest to burnout and then falls evenly until impact. Range and apogee fix the
parabola; range and flight time fix the speed, once the share of the time until burnout and the ratio of the ground speed at impact to
that at burnout are given. Both are our assumption: nobody reports them. With 0.2 and 0.7 a missile of 300 km, 45 km and 270 s burns
out at 1.6 km/s, which is inside what is reported for such missiles (1.3 to 1.7 km/s).

Not modelled: forces of any kind, manoeuvre (a factor on kill probability), the vertical start.
Reference: the height law, F. Tipler and G. Mosca, Physics for Scientists and Engineers, 6th ed. (2008), chapter 3 (projectile motion).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from openiads.errors import InputError
from openiads.geodesy.ellipsoid import SPHERE_6371_M
from openiads.models.motion.earth import WGS84, Earth, Place, Track
from openiads.models.motion.elliptical import apogee_arc
from openiads.models.motion.path import Array, Path, States, lower

#: An elliptical arc may stand for a reported flight when its time differs by no more than this share of the reported one.
ELLIPTICAL_TIME_SHARE = 0.1


class Profile(StrEnum):
    """Which law a ballistic missile's path follows."""

    ELLIPTICAL = "elliptical"
    QUASI_BALLISTIC = "quasi-ballistic"


@dataclass(frozen=True)
class Flight:
    """Reported range, greatest height and flight time of one flight."""

    range_m: float
    apogee_m: float
    flight_time_s: float

    def profile(self) -> Profile:
        """Elliptical only where the ellipse of this range and apogee takes the reported time within 10 %."""
        angle_rad = self.range_m / SPHERE_6371_M
        arc = apogee_arc(SPHERE_6371_M, SPHERE_6371_M, angle_rad, SPHERE_6371_M + self.apogee_m)
        agrees = abs(arc.flight_time_s - self.flight_time_s) <= ELLIPTICAL_TIME_SHARE * self.flight_time_s
        return Profile.ELLIPTICAL if agrees else Profile.QUASI_BALLISTIC

    def at_range(self, range_m: float) -> Flight:
        """A similar flight over another distance: heights as the range, times as its square root (projectile, level ground)."""
        if not (range_m > 0.0 and math.isfinite(range_m)):
            raise InputError(f"the range of a flight must be above 0, not {range_m} m")
        scale = range_m / self.range_m
        return Flight(range_m, self.apogee_m * scale, self.flight_time_s * math.sqrt(scale))


@dataclass(frozen=True)
class SpeedProfile:
    """Ground speed in time: from rest to burnout after `boost_share` of the flight, then down to `impact_ratio` of that speed."""

    boost_share: float = 0.2
    impact_ratio: float = 0.7

    def __post_init__(self) -> None:
        if not (0.0 < self.boost_share < 1.0 and self.impact_ratio > 0.0):
            raise InputError("a speed profile needs a boost share between 0 and 1 and an impact ratio above 0")

    @property
    def burnout_ratio(self) -> float:
        """Ground speed at burnout divided by the mean ground speed."""
        return 2.0 / (self.boost_share + (1.0 + self.impact_ratio) * (1.0 - self.boost_share))

    def covered(self, share: Array) -> tuple[Array, Array]:
        """Covered share of the distance, and speed by mean speed, at shares (n,) of the flight time."""
        boost, fall = self.boost_share, (1.0 - self.impact_ratio) / (1.0 - self.boost_share)
        since = share - boost
        speed = np.where(since < 0.0, share / boost, 1.0 - fall * since)
        covered = np.where(since < 0.0, 0.5 * share * share / boost, 0.5 * boost + since * (1.0 - 0.5 * fall * since))
        return self.burnout_ratio * covered, self.burnout_ratio * speed


def quasi_ballistic_path(
    launch: Place,
    aim: Place,
    apogee_m: float,
    flight_time_s: float,
    earth: Earth = WGS84,
    speeds: SpeedProfile | None = None,
    start_s: float = 0.0,
) -> Path:
    """The path between two places with this greatest height above the ellipsoid and this flight time."""
    if not flight_time_s > 0.0:
        raise InputError(f"a flight must take time, not {flight_time_s} s")
    if not apogee_m > max(launch.alt_m, aim.alt_m):
        raise InputError("the apogee must lie above both ends of the path")
    track = Track(launch, aim, earth)
    profile = speeds or SpeedProfile()
    drop_m = aim.alt_m - launch.alt_m
    bulge_m = _bulge(apogee_m - launch.alt_m, apogee_m - aim.alt_m)

    def law(times_s: Array) -> States:
        covered, ratio = profile.covered((times_s - start_s) / flight_time_s)
        speed = ratio * (track.length_m / flight_time_s)
        height = launch.alt_m + covered * (drop_m + bulge_m * (1.0 - covered))
        climb = (drop_m + bulge_m * (1.0 - 2.0 * covered)) * ratio / flight_time_s
        return track.states(covered * track.length_m, speed, height, climb)

    return lower(law, [start_s, start_s + profile.boost_share * flight_time_s, start_s + flight_time_s])


def _bulge(above_launch_m: float, above_aim_m: float) -> float:
    """Factor c in height = launch + (aim - launch) s + c s (1 - s) whose maximum is the apogee: (sqrt A + sqrt B)^2."""
    return (math.sqrt(above_launch_m) + math.sqrt(above_aim_m)) ** 2
