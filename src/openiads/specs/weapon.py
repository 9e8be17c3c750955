"""A weapon and its envelope against one class of target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weapon:
    """One interceptor (or burst) type."""

    speed_avg_mps: float
    """Launcher-to-intercept range over flight time."""
    delay_s: float
    """From launch instant to the start of the flight that `speed_avg_mps` describes."""
    range_min_m: float
    alt_min_m: float
    alt_max_m: float
    target_speed_max_mps: float
    reliability: float
    """Chance that the interceptor works, given a good launch."""
    launch_reliability: float
    """Chance that the launch works; a failure spends the round."""
    salvo_correlation: float
    """Chance that a salvo shares one draw of hit or miss."""
    needs_radar_until_intercept: bool
    launch_on_remote: bool
    """May be launched on a picture track, without a track of the unit's own engagement radar."""
    remote_track_pk_factor: float
    unit_cost_usd: float
    reach_m: float
    """Greatest range against any class: the order of a layered preference."""


@dataclass(frozen=True)
class Envelope:
    """One weapon against one class of target; `sspk` 0 means that the weapon is not used against the class."""

    range_max_m: float
    sspk: float
    pk_factor: float
    """Stated factors on the kill probability, such as manoeuvre."""
