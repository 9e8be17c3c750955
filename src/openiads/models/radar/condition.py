"""What damage leaves of a radar, and what a scenario states of it: factors on its signal-to-noise ratio, and silence, by time.

Range goes with the fourth root of the ratio, so a radar that sees a share f of its range has f^4 of it; 0 is a radar that is gone.
Looks are asked for long after or before they happen, so the factor of every instant is kept. It never exceeds 1.

Stated are intervals from_s <= t < to_s (EPOCHS): a factor on range in a sector of azimuths, whatever its cause, and silence, in which the
radar does not look at all. Factors of intervals that overlap multiply. Perfect detection ignores factors, never silence.

Not modelled: damage to a part of the sector, or to the accuracy; the technique behind a factor; warming up after a silence.
Reference: the fourth power, M. I. Skolnik, "Introduction to Radar Systems" (3rd ed., 2001), chapter 1.
"""

from __future__ import annotations

import math

from openiads.kernel import kernel
from openiads.state.arrays import State, World
from openiads.state.layout import NEVER

_TWO_PI = 2.0 * math.pi


@kernel
def snr_factor(state: State, s: int, t_s: float) -> float:
    """The factor of sensor `s` at `t_s`; call it from its `changed_s` on."""
    now, factor = state.sensors[s], 1.0
    if t_s >= now["latest_s"]:
        return float(now["snr_factor"])
    for k in range(now["changes"]):
        if state.changes[s, k]["time_s"] <= t_s:
            factor = state.changes[s, k]["snr_factor"]
    return float(factor)


@kernel
def silent_at(world: World, s: int, t_s: float) -> bool:
    """Whether sensor `s` is silent at `t_s`."""
    first = world.sensors[s]["epoch_first"]
    for e in range(first, first + world.sensors[s]["epoch_count"]):
        epoch = world.epochs[e]
        if epoch["silent"] and epoch["from_s"] <= t_s < epoch["to_s"]:
            return True
    return False


@kernel
def on_air_until_s(world: World, s: int, t_s: float) -> float:
    """The time up to which sensor `s` surely is on air from `t_s` on: the beginning of a silence that is not over, or NEVER."""
    first, until_s = world.sensors[s]["epoch_first"], NEVER
    for e in range(first, first + world.sensors[s]["epoch_count"]):
        epoch = world.epochs[e]
        if epoch["silent"] and epoch["to_s"] > t_s:
            until_s = min(until_s, epoch["from_s"])
    return float(until_s)


@kernel
def stated_factor(world: World, s: int, az_rad: float, t_s: float) -> float:
    """The stated factor on the ratio of sensor `s` for what stands at an azimuth at `t_s`."""
    first, factor = world.sensors[s]["epoch_first"], 1.0
    for e in range(first, first + world.sensors[s]["epoch_count"]):
        epoch = world.epochs[e]
        if not epoch["silent"] and epoch["from_s"] <= t_s < epoch["to_s"]:
            off_rad = az_rad - epoch["middle_rad"]
            off_rad -= _TWO_PI * math.floor(off_rad / _TWO_PI + 0.5)
            if abs(off_rad) <= epoch["half_width_rad"]:
                factor *= epoch["snr_factor"]
    return float(factor)


@kernel
def least_stated_factor(world: World, s: int, from_s: float, until_s: float) -> float:
    """No stated factor of sensor `s` is less from `from_s` to `until_s`, in whatever direction."""
    first, factor = world.sensors[s]["epoch_first"], 1.0
    for e in range(first, first + world.sensors[s]["epoch_count"]):
        epoch = world.epochs[e]
        if not epoch["silent"] and epoch["from_s"] <= until_s and epoch["to_s"] > from_s:
            factor *= epoch["snr_factor"]
    return float(factor)
