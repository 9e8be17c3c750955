"""Polar plots as Cartesian ones, with unbiased position and the covariance of the errors.

The errors of range and angles are independent and Gaussian. A measured position is too near by the factor exp(-s^2 / 2) for each angle
of standard deviation s on average, and is divided by it.
Not modelled: errors that depend on one another or on the signal-to-noise ratio; biases that stay from scan to scan.
References: D. Lerro and Y. Bar-Shalom, "Tracking with debiased consistent converted measurements versus EKF", IEEE Trans. Aerospace and
Electronic Systems 29 (1993), 1015-1022; Mo Longbin et al., "Unbiased converted measurements for tracking", same journal 34 (1998),
1023-1027.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.kernel import kernel


@kernel
def mean_cosine_factor(sd_rad: float) -> float:
    """E[cos(a + e)] / cos(a) for a Gaussian error e: exp(-s^2 / 2)."""
    return math.exp(-0.5 * sd_rad * sd_rad)


@kernel
def mean_square_cosine(angle_rad: float, sd_rad: float) -> float:
    """E[cos^2(a + e)] = (1 + exp(-2 s^2) cos 2a) / 2."""
    return 0.5 * (1.0 + math.exp(-2.0 * sd_rad * sd_rad) * math.cos(2.0 * angle_rad))


@kernel
def mean_cosine_sine(angle_rad: float, sd_rad: float) -> float:
    """E[cos(a + e) sin(a + e)] = exp(-2 s^2) sin(2a) / 2."""
    return 0.5 * math.exp(-2.0 * sd_rad * sd_rad) * math.sin(2.0 * angle_rad)


@kernel
def convert_polar(plots: np.ndarray, polar: np.ndarray) -> None:  # type: ignore[type-arg]
    """Fill position, covariance and direction of all plots, (n,) rows of PLOTS, from (n,) rows of POLAR_PLOTS."""
    for j in range(polar.shape[0]):
        set_polar(plots[j], polar[j])


@kernel
def set_polar(plot: np.void, polar: np.void) -> None:
    """Fill position, covariance and direction of one plot.

    An elevation that is not measured is 0 with a spread of 0: the plot is then on the slant plane and its third axis frozen.
    """
    range_m, angle_rad, elevation_rad = polar["range_m"], polar["angle_rad"], polar["elevation_rad"]
    range_sd, angle_sd, elevation_sd = polar["range_sd_m"], polar["angle_sd_rad"], polar["elevation_sd_rad"]
    fa, fe = mean_cosine_factor(angle_sd), mean_cosine_factor(elevation_sd)
    ca, sa, ce, se = math.cos(angle_rad), math.sin(angle_rad), math.cos(elevation_rad), math.sin(elevation_rad)
    plot["toward"][0], plot["toward"][1], plot["toward"][2] = ce * ca, ce * sa, se
    x, y, z = range_m * fe * ce * fa * ca, range_m * fe * ce * fa * sa, range_m * fe * se
    plot["pos_m"][0], plot["pos_m"][1], plot["pos_m"][2] = range_m * ce * ca / (fa * fe), range_m * ce * sa / (fa * fe), range_m * se / fe
    square = range_m * range_m + range_sd * range_sd
    level = mean_square_cosine(elevation_rad, elevation_sd)
    along = mean_square_cosine(angle_rad, angle_sd)
    slope = mean_cosine_sine(elevation_rad, elevation_sd)
    cov = plot["cov_m2"]
    cov[0, 0] = square * level * along - x * x
    cov[1, 1] = square * level * (1.0 - along) - y * y
    cov[0, 1] = cov[1, 0] = square * level * mean_cosine_sine(angle_rad, angle_sd) - x * y
    cov[0, 2] = cov[2, 0] = square * slope * fa * ca - x * z
    cov[1, 2] = cov[2, 1] = square * slope * fa * sa - y * z
    cov[2, 2] = square * (1.0 - level) - z * z
    if elevation_sd <= 0.0:
        cov[0, 2] = cov[2, 0] = cov[1, 2] = cov[2, 1] = 0.0
        cov[2, 2] = 1.0
