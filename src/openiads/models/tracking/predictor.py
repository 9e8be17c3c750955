"""Predictor: where a target of nearly constant velocity is later, and how well that is known.

White noise acceleration of power spectral density q in each axis. Not modelled: turns as such (the mixture of models in
`models.tracking.mixture` answers them with a greater q), drag, the curvature of the earth within one prediction.
Reference: Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to Tracking and Navigation" (2001), sections 6.2.2
and 5.2.3.
"""

from __future__ import annotations

import numpy as np

from openiads.kernel import kernel


@kernel
def predict(estimate: np.void, dt_s: float) -> None:
    """Move an estimate on by `dt_s` without noise: x := F x, P := F P F', in blocks of position and velocity."""
    pos, vel = estimate["pos_m"], estimate["vel_mps"]
    pp, pv, vv = estimate["cov_pos_m2"], estimate["cov_pos_vel"], estimate["cov_vel_m2ps2"]
    for a in range(3):
        pos[a] += dt_s * vel[a]
    for a in range(3):
        for b in range(3):
            pp[a, b] += dt_s * (pv[a, b] + pv[b, a]) + dt_s * dt_s * vv[a, b]
    for a in range(3):
        for b in range(3):
            pv[a, b] += dt_s * vv[a, b]


@kernel
def add_noise(estimate: np.void, dt_s: float, axis: int, psd_m2ps3: float) -> None:
    """What white acceleration adds to one axis over `dt_s`: Q = q [[T^3/3, T^2/2], [T^2/2, T]]."""
    estimate["cov_pos_m2"][axis, axis] += psd_m2ps3 * dt_s * dt_s * dt_s / 3.0
    estimate["cov_pos_vel"][axis, axis] += psd_m2ps3 * dt_s * dt_s / 2.0
    estimate["cov_vel_m2ps2"][axis, axis] += psd_m2ps3 * dt_s
