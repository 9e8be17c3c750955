"""Attenuation by rain: specific attenuation by frequency and rain rate, gamma = k R^alpha in dB per km, one way.

k and alpha are fitted curves in the logarithm of frequency for horizontal and vertical polarisation, combined for the elevation of the
path and the tilt of the polarisation (45 deg stands for circular). Valid from 1 GHz to 1000 GHz; below 1 GHz, where the recommendation
has no curve, rain is taken as clear air. Not modelled: the change of rate along the path, echoes from the rain itself, wet radomes,
hail and snow.

Reference: ITU-R P.838-3 (2005), equations 1 to 5 and tables 1 to 4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

LEAST_GHZ = 1.0
"""Where the curves of the recommendation begin."""
CIRCULAR_TILT_RAD = math.pi / 4.0
"""Tilt that stands for circular polarisation."""


class _Curve(NamedTuple):
    """Sum of bells a exp(-((log f - b) / c)^2) in log10 of GHz, plus a straight line."""

    bells: tuple[tuple[float, float, float], ...]
    slope: float
    level: float

    def at(self, log_ghz: float) -> float:
        bells = math.fsum(a * math.exp(-(((log_ghz - b) / c) ** 2)) for a, b, c in self.bells)
        return bells + self.slope * log_ghz + self.level


#: Tables 1 and 2: log10 of k; tables 3 and 4: alpha. H is horizontal, V vertical polarisation.
_LOG_K_H = _Curve(
    ((-5.33980, -0.10008, 1.13098), (-0.35351, 1.26970, 0.45400), (-0.23789, 0.86036, 0.15354), (-0.94158, 0.64552, 0.16817)),
    -0.18961,
    0.71147,
)
_LOG_K_V = _Curve(
    ((-3.80595, 0.56934, 0.81061), (-3.44965, -0.22911, 0.51059), (-0.39902, 0.73042, 0.11899), (0.50167, 1.07319, 0.27195)),
    -0.16398,
    0.63297,
)
_ALPHA_H = _Curve(
    (
        (-0.14318, 1.82442, -0.55187),
        (0.29591, 0.77564, 0.19822),
        (0.32177, 0.63773, 0.13164),
        (-5.37610, -0.96230, 1.47828),
        (16.1721, -3.29980, 3.43990),
    ),
    0.67849,
    -1.95537,
)
_ALPHA_V = _Curve(
    (
        (-0.07771, 2.33840, -0.76284),
        (0.56727, 0.95545, 0.54039),
        (-0.20238, 1.14520, 0.26809),
        (-48.2991, 0.791669, 0.116226),
        (48.5833, 0.791459, 0.116479),
    ),
    -0.053739,
    0.83433,
)


def rain_coefficients(frequency_ghz: float, elevation_rad: float = 0.0, tilt_rad: float = CIRCULAR_TILT_RAD) -> tuple[float, float]:
    """(k, alpha) of the power law of rain rate in mm/h, from 1 GHz on."""
    log_ghz = math.log10(frequency_ghz)
    k_h, k_v = 10.0 ** _LOG_K_H.at(log_ghz), 10.0 ** _LOG_K_V.at(log_ghz)
    alpha_h, alpha_v = _ALPHA_H.at(log_ghz), _ALPHA_V.at(log_ghz)
    turn = math.cos(elevation_rad) ** 2 * math.cos(2.0 * tilt_rad)
    k = 0.5 * (k_h + k_v + (k_h - k_v) * turn)
    return k, 0.5 * (k_h * alpha_h + k_v * alpha_v + (k_h * alpha_h - k_v * alpha_v) * turn) / k


def rain_db_per_km(frequency_ghz: float, rain_mm_h: float, elevation_rad: float = 0.0, tilt_rad: float = CIRCULAR_TILT_RAD) -> float:
    """Specific attenuation in dB/km, one way; 0 below 1 GHz and without rain."""
    if frequency_ghz < LEAST_GHZ or rain_mm_h <= 0.0:
        return 0.0
    k, alpha = rain_coefficients(frequency_ghz, elevation_rad, tilt_rad)
    return float(k * rain_mm_h**alpha)
