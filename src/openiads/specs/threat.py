"""A threat (or friendly or neutral aircraft) as the laws need it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threat:
    """One object of a group. Its path is lowered apart, into knots."""

    key: int
    """Entity code for random draws: hash32(group path) + ordinal."""
    group: int
    klass: int
    """Row of the class in the tables of radar cross-sections and envelopes."""
    side: int
    lethal: bool
    motion: int
    """How a track of it is extrapolated (`codes.Motion`)."""
    aim_asset: int
    """Row of the asset that it aims at, or -1."""
    aim_component: int
    """Row of the component of the defence that it aims at, or -1."""
    speed_max_mps: float
    """Greatest speed on the path, at scale 1."""
    unit_cost_usd: float
    shift_half_width_s: float
    """Uniform time shift, plus or minus."""
    scale_half_width: float
    """Uniform factor on the time axis, 1 plus or minus."""
    rotation_sd_rad: float
    """Normal rotation of the path about the vertical at the aim point."""
    arrival_rate_per_s: float
    """Above 0: start times are a Poisson process; gaps are exponential and drawn per ordinal."""
    p_hit_if_silent: float = 1.0
    """Factor on the probability of damage to a radar that is silent on arrival."""
