"""The monostatic radar equation, and the law that a run uses: signal-to-noise ratio anchored on a reported pair.

A radar is known by the report that it sees `rcs0` at range `R0`; then SNR = SNR0 (R0 / R)^4 (rcs / rcs0), with SNR0 what the stated
detection and false-alarm probabilities need. Transmitted power, gains and losses are inside the anchor. Not modelled here: extra
loss on the way (rain, gas), the pattern of the beam, clutter, jamming (a stated factor on range elsewhere).

Reference: M. I. Skolnik, "Introduction to Radar Systems" (3rd ed., 2001), chapters 1 and 2; search form: D. K. Barton, "Radar System
Analysis and Modeling" (2005), chapter 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from openiads.kernel import inlined

BOLTZMANN_J_PER_K = 1.380649e-23
"""Exact by definition of the kelvin (CODATA 2018; SI brochure, 9th ed.)."""
LIGHT_SPEED_MPS = 299792458.0
"""Exact by definition of the metre (SI brochure, 9th ed.)."""


@inlined
def anchored_snr(range_m: float, rcs_m2: float, anchor_k: float) -> float:
    """SNR (linear, per pulse) at `range_m` > 0 of a target of `rcs_m2`; `anchor_k` in m^2 is SNR0 R0^4 / rcs0."""
    range2_m2 = range_m * range_m
    return anchor_k * rcs_m2 / (range2_m2 * range2_m2)


def anchor_constant(snr0: float, range0_m: float, rcs0_m2: float) -> float:
    """`anchor_k` in m^2 of a radar that has `snr0` (linear, per pulse) on `rcs0_m2` at `range0_m`."""
    return snr0 * range0_m**4 / rcs0_m2


def anchor_snr(pd: float, pfa: float, swerling: int, n_pulses: int) -> float:
    """SNR (linear, per pulse) at which a report "seen with probability `pd`" holds, by the exact detection law."""
    from openiads.models.radar.detection import required_snr_db

    return from_db(required_snr_db(pd, pfa, swerling, n_pulses))


def to_db(ratio: float) -> float:
    """Decibels of a power ratio."""
    return 10.0 * math.log10(ratio)


def from_db(level_db: float) -> float:
    """Power ratio of a level in decibels."""
    return math.pow(10.0, level_db / 10.0)


@dataclass(frozen=True)
class MatchedFilterRadar:
    """What the energy form of the radar equation needs besides power, range and target."""

    pulse_s: float
    frequency_hz: float
    gain_tx_db: float
    gain_rx_db: float
    system_temperature_k: float
    loss_db: float

    def snr(self, peak_power_w: float, range_m: float, rcs_m2: float) -> float:
        """SNR (linear) of one pulse: P tau Gt Gr lambda^2 rcs / ((4 pi)^3 k Ts L R^4)."""
        return peak_power_w * rcs_m2 * self._per_watt_m2() / range_m**4

    def max_range_m(self, peak_power_w: float, snr: float, rcs_m2: float) -> float:
        """Range in metres at which one pulse has `snr` (linear)."""
        return math.sqrt(math.sqrt(peak_power_w * rcs_m2 * self._per_watt_m2() / snr))

    def peak_power_w(self, snr: float, range_m: float, rcs_m2: float) -> float:
        """Peak power in watts that gives one pulse `snr` (linear)."""
        return snr * range_m**4 / (rcs_m2 * self._per_watt_m2())

    def _per_watt_m2(self) -> float:
        """SNR R^4 / (P rcs), in m^2 per watt."""
        wavelength_m = LIGHT_SPEED_MPS / self.frequency_hz
        gains = from_db(self.gain_tx_db + self.gain_rx_db - self.loss_db)
        noise_j = BOLTZMANN_J_PER_K * self.system_temperature_k
        return self.pulse_s * gains * wavelength_m**2 / ((4.0 * math.pi) ** 3 * noise_j)


@dataclass(frozen=True)
class SearchRadar:
    """What the search form of the radar equation needs besides range and target."""

    power_aperture_w_m2: float
    search_time_s: float
    solid_angle_sr: float
    system_temperature_k: float
    loss_db: float

    def snr(self, range_m: float, rcs_m2: float) -> float:
        """SNR (linear) of one search frame: P A t rcs / (4 pi Omega k Ts L R^4)."""
        energy = self.power_aperture_w_m2 * self.search_time_s * rcs_m2
        noise_j = BOLTZMANN_J_PER_K * self.system_temperature_k * from_db(self.loss_db)
        return energy / (4.0 * math.pi * self.solid_angle_sr * noise_j * range_m**4)


def search_solid_angle_sr(az_from_rad: float, az_to_rad: float, el_from_rad: float, el_to_rad: float) -> float:
    """Solid angle in steradians between two azimuths and two elevations."""
    return (az_to_rad - az_from_rad) * (math.sin(el_to_rad) - math.sin(el_from_rad))
