"""Invented ground: a ridge along a stated line, and fractal relief from a seed.

The ridge is a raised cosine across its line, h (1 + cos(pi d / w)) / 2 at the distance d < w from it, with w half its width at the foot;
its ends are round. Fractal relief is fractional Brownian motion from octaves of value noise: each octave has half the
wavelength of the one before and 2^-(1 - roughness) times its amplitude; the sum, squared, stands on the height stated, and falls to the
sea towards the edge of the place. Lattice values are hashes of their place, their octave and the seed, and only + - x / are used
after that, so the ground is the same bit for bit on every machine, and the same hill stands at the same place whatever the extent.

Not modelled: rivers, erosion, a fine coast.

Reference: B. B. Mandelbrot and J. W. Van Ness, "Fractional Brownian motions, fractional noises and applications" (1968); value noise and
octaves: D. S. Ebert et al., "Texturing and Modeling" (3rd ed., 2003), chapters 2 and 16; the hash is SplitMix64 (G. L. Steele, D. Lea and
C. H. Flood, 2014).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openiads.terrain.relief import Relief

Floats = NDArray[np.float64]
_Words = NDArray[np.uint64]

#: Distance between grid points unless something narrower is stated, and how many points a place may have before they stand wider.
STEP_M, MOST_POINTS = 250.0, 9_000_000
#: A narrow ridge gets this many points across its half width.
_ACROSS = 8
#: Octaves go down to about this many grid points; the outer share of a place in which fractal ground falls to the sea.
_FINEST, _COAST = 2.0, 0.06


@dataclass(frozen=True)
class Ridge:
    """A ridge from one point to another, its height and its whole width at the foot, in metres of the grid."""

    start_m: tuple[float, float]
    end_m: tuple[float, float]
    height_m: float
    width_m: float

    def at(self, east_m: Floats, north_m: Floats) -> Floats:
        """Heights at points of the grid."""
        (x0, y0), (x1, y1) = self.start_m, self.end_m
        length2 = (x1 - x0) ** 2 + (y1 - y0) ** 2
        share = ((east_m - x0) * (x1 - x0) + (north_m - y0) * (y1 - y0)) / length2 if length2 > 0.0 else 0.0 * east_m
        share = np.clip(share, 0.0, 1.0)
        off_m = np.hypot(east_m - x0 - share * (x1 - x0), north_m - y0 - share * (y1 - y0))
        half_m = 0.5 * self.width_m
        return np.where(off_m < half_m, 0.5 * self.height_m * (1.0 + np.cos(math.pi * np.minimum(off_m / half_m, 1.0))), 0.0)


@dataclass(frozen=True)
class Fractal:
    """Fractal ground: greatest height that it could have, roughness from 0 (smooth) to 1 (jagged), size of the largest hills, seed."""

    height_m: float
    roughness: float
    scale_m: float
    seed: int

    def at(self, east_m: Floats, north_m: Floats, step_m: float) -> Floats:
        """Heights at points of the grid, without the coast; details down to about two steps."""
        total, weight, amplitude, wave_m = np.zeros(np.broadcast(east_m, north_m).shape), 0.0, 1.0, self.scale_m
        keep = 2.0 ** -(1.0 - self.roughness)
        octave = 0
        while octave == 0 or wave_m >= _FINEST * step_m:
            total += amplitude * _value_noise(east_m / wave_m, north_m / wave_m, self.seed, octave)
            weight += amplitude
            amplitude, wave_m, octave = amplitude * keep, 0.5 * wave_m, octave + 1
        share = total / weight
        return self.height_m * (share * share)


def lay_out(extent_m: tuple[float, float], ridges: tuple[Ridge, ...], fractal: Fractal | None) -> Relief:
    """The ground of a place of this size (east, north), whose middle is the origin: the higher of ridges and fractal at every point."""
    finest_m = min([STEP_M, *(ridge.width_m / (2.0 * _ACROSS) for ridge in ridges)])
    step_m = max(finest_m, math.sqrt(extent_m[0] * extent_m[1] / MOST_POINTS))
    counts = [max(math.ceil(side / step_m), 1) + 1 for side in extent_m]
    steps = [side / (count - 1) for side, count in zip(extent_m, counts, strict=True)]
    sides = zip(extent_m, steps, counts, strict=True)
    east, north = (-0.5 * side + step * np.arange(count, dtype=np.float64) for side, step, count in sides)
    heights = np.zeros((counts[1], counts[0]), np.float32)
    for rows in np.array_split(np.arange(counts[1]), max(counts[1] // 256, 1)):
        x, y = east[None, :], north[rows, None]
        ground: Floats = np.zeros((rows.size, counts[0]))
        if fractal is not None:
            ground = fractal.at(x, y, min(steps)) * (_coast(east, extent_m[0])[None, :] * _coast(north[rows], extent_m[1])[:, None])
        for ridge in ridges:
            ground = np.maximum(ground, ridge.at(x, y))
        heights[rows] = ground
    return Relief(heights, -0.5 * extent_m[0], -0.5 * extent_m[1], steps[0], steps[1], "synthetic relief")


def _coast(along_m: Floats, side_m: float) -> Floats:
    """From 0 at the edges of the place to 1 inland, without a corner."""
    inland = np.clip((0.5 * side_m - np.abs(along_m)) / (_COAST * side_m), 0.0, 1.0)
    return np.asarray(inland * inland * (3.0 - 2.0 * inland))


def _value_noise(x: Floats, y: Floats, seed: int, octave: int) -> Floats:
    """Noise in [0, 1]: values at the whole numbers, blended by 6 u^5 - 15 u^4 + 10 u^3 between them."""
    column, row = np.floor(x), np.floor(y)
    u, v = x - column, y - row
    u, v = u * u * u * (u * (u * 6.0 - 15.0) + 10.0), v * v * v * (v * (v * 6.0 - 15.0) + 10.0)
    i, j = column.astype(np.int64), row.astype(np.int64)
    low = (1.0 - u) * _lattice(i, j, seed, octave) + u * _lattice(i + 1, j, seed, octave)
    high = (1.0 - u) * _lattice(i, j + 1, seed, octave) + u * _lattice(i + 1, j + 1, seed, octave)
    return np.asarray((1.0 - v) * low + v * high)


def _lattice(i: NDArray[np.int64], j: NDArray[np.int64], seed: int, octave: int) -> Floats:
    """A number in [0, 1) for each lattice point, by its place, the octave and the seed."""
    word = _mixed(i.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15 * (octave + 1) % 2**64))
    word = _mixed(word ^ _mixed(j.astype(np.uint64) + np.uint64(seed)))
    return np.asarray((word >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def _mixed(word: _Words) -> _Words:
    """The finaliser of SplitMix64."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(word ^ (word >> np.uint64(31)))
