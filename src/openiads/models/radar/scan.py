"""Timing laws of a rotating radar: pulses on a target, delay to the first detection, cumulative detection of a closing target.

Looks are `period_s` apart; the first one falls at a phase uniform in [0, period); looks are independent of one another. These are
closed forms and quadratures for lowering, checks and coverage; in a run each radar looks when its beam passes the target. Not
modelled: the beam's motion with the target's azimuth rate, correlation between looks, confirmation (M of N).

Reference: M. I. Skolnik, "Introduction to Radar Systems" (3rd ed., 2001), sections 2.10-2.11; J. D. Mallett and L. E. Brennan,
"Cumulative probability of detection for targets approaching a uniformly scanning search radar", Proc. IEEE 51 (1963), 596-601.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openiads.errors import InputError
from openiads.models.radar.range_equation import LIGHT_SPEED_MPS

PdAtRange = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Single-look probability of detection at ranges in metres: an array of any shape to one of the same shape."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


def time_on_target_s(beamwidth_rad: float, period_s: float) -> float:
    """Seconds for which the beam of a radar that turns once in `period_s` lies on a target."""
    return beamwidth_rad / (2.0 * math.pi) * period_s


def hits_per_scan(beamwidth_rad: float, period_s: float, prf_hz: float) -> float:
    """Mean number of pulses that meet a target in one turn."""
    return time_on_target_s(beamwidth_rad, period_s) * prf_hz


def unambiguous_range_m(prf_hz: float) -> float:
    """Range in metres from which an echo returns just before the next pulse leaves."""
    return LIGHT_SPEED_MPS / (2.0 * prf_hz)


def first_detection_delay_mean_s(pd: float, period_s: float) -> float:
    """Mean seconds from appearance to first detection: half a period and (1 - pd) / pd missed ones."""
    _check_pd(pd)
    return period_s * (0.5 + (1.0 - pd) / pd)


def first_detection_delay_sd_s(pd: float, period_s: float) -> float:
    """Standard deviation in seconds of that delay, a uniform phase plus a geometric number of periods."""
    _check_pd(pd)
    return period_s * math.sqrt(1.0 / 12.0 + (1.0 - pd) / (pd * pd))


def first_detection_later(delay_s: float, pd: float, period_s: float) -> float:
    """Probability that the first detection comes more than `delay_s` >= 0 after appearance."""
    _check_pd(pd)
    turns = math.floor(delay_s / period_s)
    part = delay_s / period_s - turns
    return (1.0 - pd) ** turns * (1.0 - pd * part)


@dataclass(frozen=True)
class ClosingTarget:
    """A target that closes along the radius at constant speed, from the range at which it appears to the range where it ends."""

    start_range_m: float
    end_range_m: float
    speed_mps: float


def cumulative_detection(target: ClosingTarget, pd_at_range: PdAtRange, period_s: float) -> tuple[float, float]:
    """Probability of detection before the target's end, and the mean range in metres of the first detection of those detected.

    Averaged over the phase of the scan by Gauss-Legendre quadrature, in two parts because the number of looks changes by one at
    one phase. A look exactly at the end counts. The mean is NaN when nothing can be detected.
    """
    step_m = target.speed_mps * period_s
    depth_m = target.start_range_m - target.end_range_m
    if not (step_m > 0.0 and depth_m > 0.0 and target.end_range_m > 0.0):
        raise InputError("a closing target needs a positive speed, scan period and end range, and a start beyond its end")
    whole = math.floor(depth_m / step_m)
    part = depth_m / step_m - whole  # of a period: phases up to here have one look more
    detected = first_range_m = 0.0
    for phase_from, phase_to, looks in ((0.0, part, whole + 1), (part, 1.0, whole)):
        width = phase_to - phase_from
        phases = phase_from + 0.5 * width * (_NODES + 1.0)
        ranges_m = target.start_range_m - step_m * (phases[:, None] + np.arange(looks))  # (phases, looks)
        pd = pd_at_range(ranges_m)
        missed = np.cumprod(1.0 - pd, axis=1)
        first = pd * np.concatenate([np.ones((phases.size, 1)), missed], axis=1)[:, :looks]
        weights = 0.5 * width * _WEIGHTS
        detected += float(weights @ first.sum(axis=1))
        first_range_m += float(weights @ (first * ranges_m).sum(axis=1))
    return detected, first_range_m / detected if detected > 0.0 else math.nan


def _check_pd(pd: float) -> None:
    if not 0.0 < pd <= 1.0:
        raise InputError(f"a single-look probability of detection lies in (0, 1], not {pd}")
