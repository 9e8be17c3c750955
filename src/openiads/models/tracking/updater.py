"""Updater: a plot corrects an estimate.

The linear Kalman filter on a Cartesian position, then on the radial speed if the radar measures it, whose direction is taken from the
plot. Not modelled: the correlation of the errors of range and radial speed.
Reference: Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to Tracking and Navigation" (2001), section 5.2.
"""

from __future__ import annotations

import math

import numpy as np

from openiads.kernel import kernel


@kernel
def compare(estimate: np.void, plot: np.void, found: np.void) -> None:
    """Residual of a plot, its covariance S = H P H' + R, the inverse of S, and the squared Mahalanobis distance."""
    d, s, i = found["residual_m"], found["cov_m2"], found["inverse"]
    for a in range(3):
        d[a] = plot["pos_m"][a] - estimate["pos_m"][a]
        for b in range(3):
            s[a, b] = estimate["cov_pos_m2"][a, b] + plot["cov_m2"][a, b]
    i[0, 0] = s[1, 1] * s[2, 2] - s[1, 2] * s[1, 2]
    i[0, 1] = s[0, 2] * s[1, 2] - s[0, 1] * s[2, 2]
    i[0, 2] = s[0, 1] * s[1, 2] - s[0, 2] * s[1, 1]
    determinant = s[0, 0] * i[0, 0] + s[0, 1] * i[0, 1] + s[0, 2] * i[0, 2]
    i[1, 1] = s[0, 0] * s[2, 2] - s[0, 2] * s[0, 2]
    i[1, 2] = s[0, 1] * s[0, 2] - s[0, 0] * s[1, 2]
    i[2, 2] = s[0, 0] * s[1, 1] - s[0, 1] * s[0, 1]
    i[1, 0], i[2, 0], i[2, 1] = i[0, 1], i[0, 2], i[1, 2]
    distance2 = 0.0
    for a in range(3):
        for b in range(3):
            i[a, b] /= determinant
            distance2 += d[a] * i[a, b] * d[b]
    found["distance2"], found["log_det"] = distance2, math.log(determinant)


@kernel
def update(estimate: np.void, found: np.void) -> None:
    """Correct an estimate with what `compare` found: K = P H' / S, x += K d, P -= K H P."""
    pos, vel = estimate["pos_m"], estimate["vel_mps"]
    pp, pv, vv = estimate["cov_pos_m2"], estimate["cov_pos_vel"], estimate["cov_vel_m2ps2"]
    d, i = found["residual_m"], found["inverse"]
    # Columns of H P are columns of `pp` and rows of `pv`; with G = S^-1 H P, x += G' d and P -= (H P)' G.
    e0 = i[0, 0] * d[0] + i[0, 1] * d[1] + i[0, 2] * d[2]
    e1 = i[1, 0] * d[0] + i[1, 1] * d[1] + i[1, 2] * d[2]
    e2 = i[2, 0] * d[0] + i[2, 1] * d[1] + i[2, 2] * d[2]
    for b in range(3):  # velocity first: it needs `pv` and `pp` as they were
        g0 = i[0, 0] * pv[0, b] + i[0, 1] * pv[1, b] + i[0, 2] * pv[2, b]
        g1 = i[1, 0] * pv[0, b] + i[1, 1] * pv[1, b] + i[1, 2] * pv[2, b]
        g2 = i[2, 0] * pv[0, b] + i[2, 1] * pv[1, b] + i[2, 2] * pv[2, b]
        for a in range(3):
            vv[a, b] -= pv[0, a] * g0 + pv[1, a] * g1 + pv[2, a] * g2
    for b in range(3):
        vel[b] += pv[0, b] * e0 + pv[1, b] * e1 + pv[2, b] * e2
        pos[b] += pp[0, b] * e0 + pp[1, b] * e1 + pp[2, b] * e2
    _shrink(pp, pv, i)


@kernel
def _shrink(pp: np.ndarray, pv: np.ndarray, i: np.ndarray) -> None:  # type: ignore[type-arg]
    """The blocks of the covariance with the position: pv -= pp S^-1 pv, pp -= pp S^-1 pp."""
    p00, p01, p02, p11, p12, p22 = pp[0, 0], pp[0, 1], pp[0, 2], pp[1, 1], pp[1, 2], pp[2, 2]
    for b in range(3):
        g0 = i[0, 0] * pv[0, b] + i[0, 1] * pv[1, b] + i[0, 2] * pv[2, b]
        g1 = i[1, 0] * pv[0, b] + i[1, 1] * pv[1, b] + i[1, 2] * pv[2, b]
        g2 = i[2, 0] * pv[0, b] + i[2, 1] * pv[1, b] + i[2, 2] * pv[2, b]
        pv[0, b] -= p00 * g0 + p01 * g1 + p02 * g2
        pv[1, b] -= p01 * g0 + p11 * g1 + p12 * g2
        pv[2, b] -= p02 * g0 + p12 * g1 + p22 * g2
    for b in range(3):
        c0, c1, c2 = (p00, p01, p02) if b == 0 else ((p01, p11, p12) if b == 1 else (p02, p12, p22))
        g0 = i[0, 0] * c0 + i[0, 1] * c1 + i[0, 2] * c2
        g1 = i[1, 0] * c0 + i[1, 1] * c1 + i[1, 2] * c2
        g2 = i[2, 0] * c0 + i[2, 1] * c1 + i[2, 2] * c2
        pp[0, b] -= p00 * g0 + p01 * g1 + p02 * g2
        pp[1, b] -= p01 * g0 + p11 * g1 + p12 * g2
        pp[2, b] -= p02 * g0 + p12 * g1 + p22 * g2


@kernel
def radial_misfit(estimate: np.void, plot: np.void) -> tuple[float, float]:
    """Squared distance of the measured radial speed from the estimated one, in variances, and ln of that variance; zeros without one."""
    if plot["radial_var_m2ps2"] < 0.0:
        return 0.0, 0.0
    toward, residual, var = plot["toward"], plot["radial_mps"], plot["radial_var_m2ps2"]
    for a in range(3):
        residual -= toward[a] * estimate["vel_mps"][a]
        for b in range(3):
            var += toward[a] * estimate["cov_vel_m2ps2"][a, b] * toward[b]
    return float(residual * residual / var), math.log(var)


@kernel
def update_radial(estimate: np.void, plot: np.void) -> None:
    """Correct an estimate with the radial speed of a plot, a scalar u . v with u the unit vector to the plot."""
    if plot["radial_var_m2ps2"] < 0.0:
        return
    toward, residual, var = plot["toward"], plot["radial_mps"], plot["radial_var_m2ps2"]
    pp, pv, vv = estimate["cov_pos_m2"], estimate["cov_pos_vel"], estimate["cov_vel_m2ps2"]
    t0, t1, t2 = toward[0], toward[1], toward[2]
    for a in range(3):
        residual -= toward[a] * estimate["vel_mps"][a]
        var += toward[a] * (vv[a, 0] * t0 + vv[a, 1] * t1 + vv[a, 2] * t2)
    p0, p1, p2 = pv[0, 0] * t0 + pv[0, 1] * t1 + pv[0, 2] * t2, pv[1, 0] * t0 + pv[1, 1] * t1 + pv[1, 2] * t2, 0.0
    p2 = pv[2, 0] * t0 + pv[2, 1] * t1 + pv[2, 2] * t2
    v0 = vv[0, 0] * t0 + vv[0, 1] * t1 + vv[0, 2] * t2
    v1 = vv[1, 0] * t0 + vv[1, 1] * t1 + vv[1, 2] * t2
    v2 = vv[2, 0] * t0 + vv[2, 1] * t1 + vv[2, 2] * t2
    for a in range(3):
        pa = p0 if a == 0 else (p1 if a == 1 else p2)
        va = v0 if a == 0 else (v1 if a == 1 else v2)
        estimate["pos_m"][a] += pa * residual / var
        estimate["vel_mps"][a] += va * residual / var
        for b in range(3):
            vb = v0 if b == 0 else (v1 if b == 1 else v2)
            pp[a, b] -= pa * (p0 if b == 0 else (p1 if b == 1 else p2)) / var
            pv[a, b] -= pa * vb / var
            vv[a, b] -= va * vb / var
