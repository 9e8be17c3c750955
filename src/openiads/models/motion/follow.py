"""Terrain-following motion: as air-breathing legs, at a stated height above the ground.

The ground under the track is sampled, and every STEP_M or so the path gets a height: that of the highest ground within one step
before and behind, plus the stated height. Between two of these it follows the monotone cubic of Fritsch and Carlson, which leaves
neither of the two heights, so it is never lower above the ground than stated, and higher by no more than the ground changes within
two steps. These cubics are the knots of the path, so that nothing is lost by interpolation. Over level ground the path is level.

Not modelled: limits on climb and turn, look-ahead, a pilot.

Reference: F. N. Fritsch and R. E. Carlson, "Monotone piecewise cubic interpolation", SIAM J. Numer. Anal. 17 (1980) 238; the slopes are
the harmonic means of F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5 (1984) 300.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.geodesy.geodesics import geodesic_line
from openiads.models.motion.air import Leg
from openiads.models.motion.earth import WGS84, Earth, Place, Track
from openiads.models.motion.path import Array, Path, joined

STEP_M = 500.0
"""Distance between two heights of the path."""
#: The ground is looked at this often within a step; a level stretch gets a knot at least so many steps apart.
_SAMPLES, _LONGEST = 8, 20

#: Heights (n,) of the ground at latitudes and longitudes (n,).
GroundAlt = Callable[[Array, Array], Array]


def following_path(
    start: Place, legs: Sequence[Leg], above_m: float, ground_alt: GroundAlt, earth: Earth = WGS84, start_s: float = 0.0
) -> Path:
    """The path from `start` over all legs at `above_m` over the ground; the heights of the places do not count."""
    if not legs:
        raise InputError("a path needs at least one leg")
    paths: list[Path] = []
    for leg in legs:
        if not (leg.speed_mps > 0.0 and math.isfinite(leg.speed_mps)):
            raise InputError(f"the speed of a leg must be above 0, not {leg.speed_mps} m/s")
        paths.append(_leg(start, leg, above_m, ground_alt, earth, start_s, len(paths)))
        start_s, start = float(paths[-1].time_s[-1]), leg.end
    return joined(paths)


def _leg(start: Place, leg: Leg, above_m: float, ground_alt: GroundAlt, earth: Earth, start_s: float, number: int) -> Path:
    track = Track(start, leg.end, earth)
    steps = max(math.ceil(track.length_m / STEP_M), 1)
    along_m = np.linspace(0.0, track.length_m, steps + 1)
    heights_m = above_m + _highest_near(_profile(start, leg.end, track.length_m, steps, ground_alt, earth))
    kept = _needed(heights_m)
    along_m, heights_m = along_m[kept], heights_m[kept]
    climb = monotone_slopes(along_m, heights_m) * leg.speed_mps
    states = track.states(along_m, np.full(along_m.size, leg.speed_mps), heights_m, climb)
    return Path(start_s + along_m / leg.speed_mps, *states, np.full(along_m.size, number, np.int32))


def _profile(start: Place, end: Place, length_m: float, steps: int, ground_alt: GroundAlt, earth: Earth) -> Array:
    """Heights of the ground (steps * _SAMPLES + 1,) evenly along the track; between exact places every few steps they are linear."""
    exact = np.linspace(0.0, length_m, steps + 1)
    lat, lon, _ = geodesic_line(start.lat_rad, start.lon_rad, end.lat_rad, end.lon_rad, exact, earth.a_m, earth.f)
    fine, every = np.arange(steps * _SAMPLES + 1) / _SAMPLES, np.arange(steps + 1)
    return ground_alt(np.interp(fine, every, lat), np.interp(fine, every, lon))


def _highest_near(ground_m: Array) -> Array:
    """The highest of the samples within one step before and behind each step (steps + 1,)."""
    padded = np.concatenate([np.full(_SAMPLES, ground_m[0]), ground_m, np.full(_SAMPLES, ground_m[-1])])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _SAMPLES + 1)[::_SAMPLES]
    return np.asarray(windows.max(axis=1))


def _needed(heights_m: Array) -> NDArray[np.int64]:
    """Steps that need a knot: all but the inside of level stretches, where some stay."""
    level = np.zeros(heights_m.size, bool)
    level[1:-1] = (heights_m[1:-1] == heights_m[:-2]) & (heights_m[1:-1] == heights_m[2:])
    return np.asarray(np.flatnonzero(~level | (np.arange(heights_m.size) % _LONGEST == 0)), np.int64)


def monotone_slopes(x: Array, y: Array) -> Array:
    """Slopes (n,) of the monotone cubic through points (n,): 0 at the ends and where the data turn, else the harmonic mean."""
    slopes = np.zeros_like(y)
    width, secant = np.diff(x), np.diff(y) / np.diff(x)
    before, after = 2.0 * width[1:] + width[:-1], width[1:] + 2.0 * width[:-1]
    same = secant[:-1] * secant[1:] > 0.0
    left, right = np.where(same, secant[:-1], 1.0), np.where(same, secant[1:], 1.0)
    slopes[1:-1] = np.where(same, (before + after) / (before / left + after / right), 0.0)
    return slopes
