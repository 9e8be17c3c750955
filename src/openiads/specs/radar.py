"""A radar as the sensing laws need it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Radar:
    """One radar type. Ranges are slant ranges; angles are local azimuth from north and elevation from the horizontal."""

    period_s: float
    """Time between two looks at one target: rotation or revisit period."""
    rotating: bool
    """True: looks when the beam passes the target. False: looks at multiples of the period (phased array)."""
    continuous: bool
    """True: first look at the exact instant of visibility, confirmed by it, then one look every second."""
    range_min_m: float
    range_max_m: float
    """Instrumented range."""
    elevation_min_rad: float
    elevation_max_rad: float
    azimuth_half_width_rad: float
    """Half of the sector about the facing; pi or more looks all round."""
    antenna_height_m: float
    """Phase centre above ground."""
    anchor_range_m: float
    anchor_rcs_m2: float
    anchor_snr: float
    """Linear signal-to-noise ratio of one look at `anchor_range_m` on `anchor_rcs_m2`; 0 with `perfect`."""
    swerling: int
    n_pulses: int
    pfa: float
    perfect: bool
    """True: probability of detection 1 inside coverage and line of sight."""
    confirm_hits: int
    confirm_window: int
    """A track is confirmed by `confirm_hits` hits in the last `confirm_window` looks."""
    drop_misses: int
    """A confirmed track is dropped after so many misses in a row."""
    capacity: int
    """Tracks held at once, tentative ones included."""
    band: int
    """Row of the band in the table of radar cross-sections."""
    frequency_hz: float = 0.0
    """For attenuation by rain and gases; 0: not stated, so that weather has no effect."""
    radial_speed_min_mps: float = 0.0
    """What approaches or recedes more slowly is not detected; 0: no Doppler notch."""
    refuses_newcomers: bool = False
    """When all tracks are taken: True, who is not held stays out; False, the track with the lowest score goes."""
