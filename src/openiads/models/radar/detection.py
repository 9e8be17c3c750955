"""Probability of detection of Swerling 0-4 targets: square-law detector, n pulses added without phase.

The threshold T is set by Q(n, T) = pfa with noise of unit mean power per pulse; `snr` is the mean signal-to-noise ratio of one pulse
(linear). One series serves all five cases: n pulses with signal behave as n + M pulses of noise, where M is Poisson with mean n snr
(Swerling 0) or negative binomial with K degrees and mean n snr (K = 1, n, 2, 2n for Swerling 1-4). Summed by parts,

    pd = pfa + sum over m >= 1 of P(M >= m) Poisson(n + m - 1; T),

which has positive terms only and grows with snr term by term. Not modelled: binary integration, CFAR loss, collapsing loss, clutter.

Reference: D. A. Shnidman, "The calculation of the probability of detection and the generalized Marcum Q-function", IEEE Trans.
Information Theory 35 (1989), 389-400; P. Swerling, "Probability of detection for fluctuating targets", IRE Trans. IT-6 (1960), 269-308.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from openiads.errors import InputError

SWERLING_CASES = (0, 1, 2, 3, 4)

_SEARCH_FROM_DB, _SEARCH_TO_DB = -100.0, 250.0


def detection_threshold(n_pulses: int, pfa: float) -> float:
    """Threshold T in units of the mean noise power of one pulse, for a false-alarm probability per integrated cell."""
    _check(n_pulses, pfa)
    return float(special.gammainccinv(n_pulses, pfa))


def detection_probability(snr: ArrayLike, pfa: float, swerling: int, n_pulses: int) -> NDArray[np.float64]:
    """Exact probability of detection, the shape of `snr` (linear, per pulse); absolute error below 1e-9."""
    return detection_curve(snr, pfa, swerling, n_pulses)[0]


def detection_curve(snr: ArrayLike, pfa: float, swerling: int, n_pulses: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact probability of detection and its exact derivative with respect to ln(snr), each the shape of `snr`."""
    _check(n_pulses, pfa, swerling)
    threshold = detection_threshold(n_pulses, pfa)
    signal = n_pulses * np.asarray(snr, dtype=np.float64)[..., None]
    if not np.all(signal >= 0.0):
        raise InputError("a signal-to-noise ratio must be a linear value of at least 0")
    m = np.arange(1.0, _last_count(threshold) - n_pulses + 2.0)
    weight = _poisson(n_pulses + m - 1.0, threshold)
    if swerling == 0:
        at_least = special.gammainc(m, signal)
        growth = m * _poisson(m, signal)
    else:
        degrees = fluctuation_degrees(swerling, n_pulses)
        share = signal / (degrees + signal)
        at_least = special.betainc(m, degrees, share)
        growth = np.exp(special.xlogy(m, share) + degrees * np.log(degrees / (degrees + signal)) - special.betaln(m, degrees))
    return np.minimum(pfa + at_least @ weight, 1.0), growth @ weight


def required_snr_db(pd: float, pfa: float, swerling: int, n_pulses: int) -> float:
    """SNR per pulse in dB that gives probability of detection `pd`, by inversion of the exact law to 1e-9 dB."""
    _check_pd(pd, pfa)

    def excess(snr_db: float) -> float:
        return float(detection_probability(10.0 ** (snr_db / 10.0), pfa, swerling, n_pulses)) - pd

    if excess(_SEARCH_FROM_DB) >= 0.0:
        raise InputError(f"a probability of detection of {pd} is within rounding of the false-alarm probability {pfa}")
    return float(optimize.brentq(excess, _SEARCH_FROM_DB, _SEARCH_TO_DB, xtol=1e-10))


def albersheim_snr_db(pd: float, pfa: float, n_pulses: int) -> float:
    """Required SNR per pulse in dB of a steady target, Albersheim's approximation.

    Claimed to be within 0.2 dB of a linear detector for pd 0.1-0.9, pfa 1e-7-1e-3 and n up to 8096; against the exact square law
    it is far off at the low end (4 dB too low at pd 0.1, pfa 1e-3, n 1), so nothing in a run uses it.
    Reference: W. J. Albersheim, "A closed-form approximation to Robertson's detection characteristics", Proc. IEEE 69 (1981), 839.
    """
    _check(n_pulses, pfa)
    _check_pd(pd, pfa)
    a = math.log(0.62 / pfa)
    b = math.log(pd / (1.0 - pd))
    return -5.0 * math.log10(n_pulses) + (6.2 + 4.54 / math.sqrt(n_pulses + 0.44)) * math.log10(a + 0.12 * a * b + 1.7 * b)


def shnidman_snr_db(pd: float, pfa: float, swerling: int, n_pulses: int) -> float:
    """Required SNR per pulse in dB, Shnidman's approximation (0.5 dB for pd 0.1-0.99, pfa 1e-9-1e-3, n up to 100).

    The correction for many pulses starts above n = 40, as in the published values that we check against; the paper starts it at 40.
    Reference: D. A. Shnidman, "Determination of required SNR values", IEEE Trans. Aerospace and Electronic Systems 38 (2002), 1059-1064.
    """
    _check(n_pulses, pfa, swerling)
    _check_pd(pd, pfa)
    alpha = 0.0 if n_pulses <= 40 else 0.25
    miss = math.copysign(math.sqrt(-0.8 * math.log(4.0 * pd * (1.0 - pd))), pd - 0.5)
    eta = math.sqrt(-0.8 * math.log(4.0 * pfa * (1.0 - pfa))) + miss
    steady = eta * (eta + 2.0 * math.sqrt(n_pulses / 2.0 + alpha - 0.25))
    return 10.0 * math.log10(steady / n_pulses) + _shnidman_fluctuation_db(pd, pfa, swerling, n_pulses)


def _shnidman_fluctuation_db(pd: float, pfa: float, swerling: int, n_pulses: int) -> float:
    if swerling == 0:
        return 0.0
    degrees = fluctuation_degrees(swerling, n_pulses)
    c = (((17.7006 * pd - 18.4496) * pd + 14.5339) * pd - 3.525) / degrees
    if pd > 0.872:
        tail = math.exp(27.31 * pd - 25.14) + (pd - 0.8) * (0.7 * math.log(1e-5 / pfa) + (2.0 * n_pulses - 20.0) / 80.0)
        c += tail / degrees
    return c


def fluctuation_degrees(swerling: int, n_pulses: int) -> int:
    """K of the gamma law of the n pulses' total signal: half its chi-square degrees of freedom, Swerling 1-4."""
    return {1: 1, 2: n_pulses, 3: 2, 4: 2 * n_pulses}[swerling]


def _poisson(count: NDArray[np.float64], mean: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(special.xlogy(count, mean) - mean - special.gammaln(count + 1.0)))


def _last_count(mean: float) -> float:
    """A count that a Poisson variable of this mean exceeds with probability below 1e-18 (Bernstein's inequality)."""
    return math.ceil(mean + 14.0 + math.sqrt(196.0 + 84.0 * mean))


def _check(n_pulses: int, pfa: float, swerling: int = 0) -> None:
    if swerling not in SWERLING_CASES:
        raise InputError(f"Swerling case {swerling} is not one of 0, 1, 2, 3, 4")
    if n_pulses < 1:
        raise InputError(f"the number of pulses must be at least 1, not {n_pulses}")
    if not 0.0 < pfa < 1.0:
        raise InputError(f"a false-alarm probability lies between 0 and 1, not {pfa}")


def _check_pd(pd: float, pfa: float) -> None:
    if not pfa < pd < 1.0:
        raise InputError(f"a probability of detection lies between the false-alarm probability {pfa} and 1, not {pd}")
