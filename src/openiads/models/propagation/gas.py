"""Attenuation by the gases of clear air, line by line: oxygen and water vapour, in dB per km, one way.

The imaginary part of the refractivity is summed over the 44 lines of oxygen and 35 of water vapour, with the dry continuum; the
lines stand in `gas_lines`. `slant_gas_db` adds up the layers of the reference atmosphere that a ray from the ground passes, bent by
the change of refractivity. Not modelled: the weather of a day, Zeeman splitting (above 30 km), scintillation.

References: ITU-R P.676-12 (2019), annex 1, equations 1 to 19; ITU-R P.835-6, annex 1 (mean annual global reference atmosphere);
ITU-R P.453-14, equation 6 (refractivity).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openiads.models.propagation.gas_lines import OXYGEN, WATER

Array = NDArray[np.float64]

SEA_LEVEL_HPA, SEA_LEVEL_K, SEA_LEVEL_G_M3 = 1013.25, 288.15, 7.5
"""Dry pressure, temperature and water vapour density of the reference atmosphere at sea level."""
_EARTH_KM = 6371.0
#: Geopotential heights of P.835: earth radius of the conversion, and lapse of the hydrostatic law in K/km.
_GEOPOTENTIAL_KM, _HYDROSTATIC = 6356.766, 34.1632
#: Layers of the slant path: the lowest is 10 cm thick, each 1 % thicker than the one below, up to about 100 km (equations 14, 15).
_LAYERS, _LOWEST_KM = 922, 1e-4


class Air(NamedTuple):
    """Dry pressure (hPa), temperature (K) and water vapour (g/m3), scalars or arrays (n, 1)."""

    dry_hpa: ArrayLike
    temperature_k: ArrayLike
    vapour_g_m3: ArrayLike


def gas_db_per_km(frequency_ghz: float, air: Air) -> tuple[Array, Array]:
    """Specific attenuation by oxygen (with the dry continuum) and by water vapour, in dB/km, of the shape of the fields of `air`."""
    p, t, rho = (np.asarray(field, dtype=np.float64)[..., None] for field in air)
    theta, vapour = 300.0 / t, rho * t / 216.7
    f, f0, a1, a2, a3, a4, a5, a6 = (frequency_ghz, *OXYGEN.T)
    strength = a1 * 1e-7 * p * theta**3 * np.exp(a2 * (1.0 - theta))
    width = np.sqrt((a3 * 1e-4 * (p * theta ** (0.8 - a4) + 1.1 * vapour * theta)) ** 2 + 2.25e-6)
    mixing = (a5 + a6 * theta) * 1e-4 * (p + vapour) * theta**0.8
    oxygen = (strength * _shape(f, f0, width, mixing)).sum(axis=-1)
    p, theta, vapour = p[..., 0], theta[..., 0], vapour[..., 0]
    debye = 5.6e-4 * (p + vapour) * theta**0.8
    nitrogen = 1.4e-12 * p * theta**1.5 / (1.0 + 1.9e-5 * f**1.5)
    oxygen = oxygen + f * p * theta**2 * (6.14e-5 / (debye * (1.0 + (f / debye) ** 2)) + nitrogen)
    p, theta, vapour = p[..., None], theta[..., None], vapour[..., None]
    f0, b1, b2, b3, b4, b5, b6 = WATER.T
    strength = b1 * 0.1 * vapour * theta**3.5 * np.exp(b2 * (1.0 - theta))
    width = b3 * 1e-4 * (p * theta**b4 + b5 * vapour * theta**b6)
    width = 0.535 * width + np.sqrt(0.217 * width**2 + 2.1316e-12 * f0**2 / theta)
    water = (strength * _shape(f, f0, width, 0.0)).sum(axis=-1)
    return 0.1820 * f * oxygen, 0.1820 * f * water


def _shape(f: float, f0: Array, width: Array, mixing: Array | float) -> Array:
    below = (width - mixing * (f0 - f)) / ((f0 - f) ** 2 + width**2)
    above = (width - mixing * (f0 + f)) / ((f0 + f) ** 2 + width**2)
    return np.asarray(f / f0 * (below + above))


def sea_level_db_per_km(frequency_ghz: float) -> tuple[float, float]:
    """The same two in the reference atmosphere at sea level."""
    oxygen, water = gas_db_per_km(frequency_ghz, Air(SEA_LEVEL_HPA, SEA_LEVEL_K, SEA_LEVEL_G_M3))
    return float(oxygen), float(water)


def slant_gas_db(frequency_ghz: float, elevation_rad: float, vapour_g_m3: float = SEA_LEVEL_G_M3) -> float:
    """Attenuation in dB of a ray that leaves the ground at an elevation of 0 or more and the atmosphere at 100 km, one way."""
    steps = np.arange(_LAYERS) / 100.0
    thick_km = _LOWEST_KM * np.exp(steps)
    height_km = _LOWEST_KM * (np.exp(steps) - 1.0) / (math.exp(0.01) - 1.0)
    air = reference_air(height_km, vapour_g_m3)
    dry, t, rho = (np.asarray(field) for field in air)
    vapour = rho * t / 216.7
    index = 1.0 + 1e-6 * (77.6 * dry / t + 72.0 * vapour / t + 3.75e5 * vapour / t**2)
    radius_km = _EARTH_KM + height_km
    sine = np.minimum(index[0] * radius_km[0] * math.cos(elevation_rad) / (index * radius_km), 1.0)  # Snell's law on spheres
    path_km = np.sqrt((radius_km + thick_km) ** 2 - (radius_km * sine) ** 2) - radius_km * np.sqrt(1.0 - sine**2)
    oxygen, water = gas_db_per_km(frequency_ghz, air)
    return float(((oxygen + water) * path_km).sum())


def reference_air(height_km: Array, vapour_g_m3: float = SEA_LEVEL_G_M3) -> Air:
    """The mean annual global reference atmosphere at heights (n,) from 0 to 100 km.

    Above 84.852 km (geopotential) the air is that of 84.852 km: four millionths of the pressure at sea level.
    """
    h = np.minimum(_GEOPOTENTIAL_KM * height_km / (_GEOPOTENTIAL_KM + height_km), 84.852)
    temperature, pressure = np.empty_like(h), np.empty_like(h)
    layer = np.searchsorted([floor_km for floor_km, *_ in _REFERENCE], h, side="right") - 1
    for k, (floor_km, lapse, base_k, base_hpa) in enumerate(_REFERENCE):
        here = layer == k
        rise = h[here] - floor_km
        temperature[here] = base_k + lapse * rise
        if lapse == 0.0:
            pressure[here] = base_hpa * np.exp(-_HYDROSTATIC * rise / base_k)
        else:
            pressure[here] = base_hpa * (base_k / (base_k + lapse * rise)) ** (_HYDROSTATIC / lapse)
    return Air(pressure, temperature, vapour_g_m3 * np.exp(-height_km / 2.0))


#: P.835-6, equations 2 and 3: from which geopotential height (km), lapse rate (K/km), temperature (K) and pressure (hPa) there.
_REFERENCE = (
    (0.0, -6.5, 288.15, 1013.25),
    (11.0, 0.0, 216.65, 226.3226),
    (20.0, 1.0, 216.65, 54.74980),
    (32.0, 2.8, 228.65, 8.680422),
    (47.0, 0.0, 270.65, 1.109106),
    (51.0, -2.8, 270.65, 0.6694167),
    (71.0, -2.0, 214.65, 0.03956649),
)
