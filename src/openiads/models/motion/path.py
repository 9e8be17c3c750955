"""Paths: what every kind of motion is lowered to.

A path is a row of knots (time, position, velocity, height, climb) with a cubic Hermite polynomial between neighbours, in earth-centred
position and, separately, in height. `lower` puts knots so close that the polynomial stays within `POSITION_ERROR_M` and
`HEIGHT_ERROR_M` of the law.

Reference: C. de Boor, A Practical Guide to Splines (1978), chapter IV (error of cubic Hermite interpolation: h^4 |f''''| / 384).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openiads.errors import InputError, RunError
from openiads.state.layout import KNOTS

Array = NDArray[np.float64]

#: Greatest distance between the polynomial and the law.
POSITION_ERROR_M = 1.0
#: Greatest difference between the polynomial's height and the law's.
HEIGHT_ERROR_M = 0.1

#: The error is looked at between the knots at these fractions and must be half of what is allowed there, since it may peak elsewhere.
_PROBES = np.array([0.25, 0.5, 0.75])
_MOST_SEGMENTS = 1 << 14
_STATES = ("time_s", "pos_ecef_m", "vel_ecef_mps", "alt_m", "climb_mps")


class States(NamedTuple):
    """Where an object is at n instants."""

    pos_ecef_m: Array  # (n, 3)
    vel_ecef_mps: Array  # (n, 3)
    alt_m: Array  # (n,) above the ellipsoid
    climb_mps: Array  # (n,) rate of change of alt_m


@dataclass(frozen=True)
class Path:
    """Knots in order of time, rows (n,) or (n, 3).

    `leg` numbers stretches of constant ground speed, height law and great circle. Where the velocity jumps, two knots share one
    time: the first ends its leg, the second starts the next.
    """

    time_s: Array
    pos_ecef_m: Array
    vel_ecef_mps: Array
    alt_m: Array
    climb_mps: Array
    leg: NDArray[np.int32]

    def knots(self) -> NDArray[np.void]:
        """The same as one structured array of dtype `KNOTS`, shape (n,), as the compiled core reads it."""
        knots = np.zeros(self.time_s.size, dtype=KNOTS)
        for name in _STATES:
            knots[name] = getattr(self, name)
        step_s = np.diff(self.time_s)
        knots["per_s"][:-1] = np.divide(1.0, step_s, out=np.zeros_like(step_s), where=step_s > 0.0)
        last = np.append(np.flatnonzero(np.diff(self.leg)), self.time_s.size - 1)  # knots of their legs
        knots["leg_end_s"] = self.time_s[last[np.searchsorted(last, np.arange(self.time_s.size))]]
        return knots


def static_path(pos_ecef_m: Sequence[float], alt_m: float) -> Path:
    """Two equal knots, a second apart, of something that stands still; evaluation holds the ends for all times."""
    at_rest = np.zeros((2, 3))
    return Path(np.array([0.0, 1.0]), np.array([pos_ecef_m] * 2, float), at_rest, np.full(2, alt_m), np.zeros(2), np.zeros(2, np.int32))


def lower(law: Callable[[Array], States], breaks_s: Sequence[float], leg: int = 0) -> Path:
    """The knots of one leg: `law` gives the states at an array of times; its derivatives may jump only at `breaks_s`.

    Between two breaks the knots are evenly spaced; their number grows until the polynomial is close enough to the law.
    """
    stretches = [_stretch(law, start, end, leg) for start, end in itertools.pairwise(breaks_s)]
    return joined([*(_without_last(stretch) for stretch in stretches[:-1]), stretches[-1]])


def joined(paths: Sequence[Path]) -> Path:
    """Legs flown one after another."""
    return Path(*(np.concatenate([getattr(path, name) for path in paths]) for name in (*_STATES, "leg")))


def _without_last(path: Path) -> Path:
    return Path(*(getattr(path, name)[:-1] for name in (*_STATES, "leg")))


def _stretch(law: Callable[[Array], States], start_s: float, end_s: float, leg: int) -> Path:
    if not end_s > start_s:
        raise InputError(f"a leg must take time, but one would start at {start_s} s and end at {end_s} s")
    segments = 1
    while segments <= _MOST_SEGMENTS:
        times = np.linspace(start_s, end_s, segments + 1)
        knots, excess = _knots_and_excess(law, times)
        if excess <= 1.0:
            return Path(times, *knots, np.full(times.size, leg, np.int32))
        segments = math.ceil(1.1 * segments * excess**0.25)  # the error falls with the fourth power of the spacing
    raise RunError(f"no {_MOST_SEGMENTS} knots follow the path from {start_s} s to {end_s} s")


def _knots_and_excess(law: Callable[[Array], States], times: Array) -> tuple[States, float]:
    """States at the knots, and the error at the probes between them as a multiple of what is allowed."""
    step = times[1] - times[0]
    probes = (times[:-1, None] + step * _PROBES).ravel()
    states = law(np.concatenate([times, probes]))
    knots, exact = (States(*(column[part] for column in states)) for part in (slice(times.size), slice(times.size, None)))
    position = _hermite(knots.pos_ecef_m, knots.vel_ecef_mps * step)
    height = _hermite(knots.alt_m[:, None], knots.climb_mps[:, None] * step)[:, 0]
    position_m = float(np.linalg.norm(position - exact.pos_ecef_m, axis=1).max())
    height_m = float(np.abs(height - exact.alt_m).max())
    return knots, 2.0 * max(position_m / POSITION_ERROR_M, height_m / HEIGHT_ERROR_M)


def _hermite(values: Array, slopes: Array) -> Array:
    """The polynomials at the probes: values and slopes per step at the knots, (n + 1, k) -> (n * probes, k)."""
    u = _PROBES[None, :, None]
    start, end, rise, fall = (part[:, None, :] for part in (values[:-1], values[1:], slopes[:-1], slopes[1:]))
    shape = u * u * (3.0 - 2.0 * u)
    points = start + shape * (end - start) + u * (1.0 - u) * ((1.0 - u) * rise - u * fall)
    return np.asarray(points.reshape(-1, values.shape[1]))
