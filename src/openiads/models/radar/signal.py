"""The signal-to-noise ratio of a look, and bounds on it for looks that are not made.

The anchored range equation with the radar cross-section that the target shows (by class, band and aspect), times what rain and gases leave
(`models.propagation.loss`), times what damage leaves, times what the scenario states for the time and the direction
(`models.radar.condition`). What approaches or recedes more slowly than the least
radial speed of the radar is not detected (Doppler notch). Perfect detection is asked for elsewhere and knows none of this.

Not modelled: a gradual notch, blind speeds, clutter.
Reference: M. I. Skolnik, "Introduction to Radar Systems" (3rd ed., 2001), chapters 1 to 3 (moving-target indication: section 3.1).
"""

from __future__ import annotations

import math

from openiads.kernel import inlined, kernel
from openiads.models.motion.objects import object_position, object_velocity
from openiads.models.propagation.loss import greatest_loss_db, kept_share, loss_db
from openiads.models.radar.aspect import aspect_sector
from openiads.models.radar.azimuth import azimuth_rad
from openiads.models.radar.condition import least_stated_factor, snr_factor, stated_factor
from openiads.models.radar.range_equation import anchored_snr
from openiads.state.arrays import State, World


@inlined
def look_snr(world: World, state: State, s: int, i: int, range_m: float, t_s: float) -> float:
    """SNR (linear, per pulse) of a look of sensor `s` at `t_s` at object `i`, which is in view at slant range `range_m`."""
    sensor = world.sensors[s]
    rcs = world.rcs[world.objects[i]["klass"], sensor["band"]]
    rcs_m2 = rcs["aspects_m2"][aspect_sector(world, state, s, i, t_s)] if rcs["varies"] else rcs["rcs_m2"]
    snr = anchored_snr(range_m, rcs_m2, sensor["anchor_k"])
    if sensor["lossy"]:
        snr *= weather_share(world, state, s, i, t_s, range_m)
    if t_s >= state.sensors[s]["changed_s"]:
        snr *= snr_factor(state, s, t_s)
    if not sensor["steady"]:
        snr *= passed_factor(world, state, s, i, t_s)
    return snr


@inlined
def greatest_snr(world: World, s: int, i: int, range_m: float) -> float:
    """No look of sensor `s` at object `i` from `range_m` or farther away has a greater SNR: no factor exceeds 1."""
    sensor = world.sensors[s]
    return anchored_snr(range_m, world.rcs[world.objects[i]["klass"], sensor["band"]]["greatest_m2"], sensor["anchor_k"])


@inlined
def least_snr(world: World, s: int, i: int, range_m: float, from_s: float, until_s: float) -> float:
    """No look of an undamaged sensor `s` on air at object `i` in view up to `range_m` has less, `from_s` to `until_s`; 0: unknown."""
    sensor = world.sensors[s]
    snr = anchored_snr(range_m, world.rcs[world.objects[i]["klass"], sensor["band"]]["least_m2"], sensor["anchor_k"])
    if sensor["lossy"]:
        snr *= kept_share(greatest_loss_db(sensor, world.settings[0], range_m))
    if not sensor["steady"]:
        snr *= least_stated_factor(world, s, from_s, until_s) if sensor["radial_speed_min_mps"] <= 0.0 else 0.0
    return snr


@kernel
def weather_share(world: World, state: State, s: int, i: int, t_s: float, range_m: float) -> float:
    """Share of the signal that rain and gases leave on the way from sensor `s` to object `i` and back."""
    _, _, _, alt_m = object_position(world, state, i, t_s)
    return kept_share(loss_db(world.sensors[s], world.settings[0], range_m, alt_m))


@kernel
def passed_factor(world: World, state: State, s: int, i: int, t_s: float) -> float:
    """Factor on the SNR of a look at `t_s` by what is stated for sensor `s`: 0 in the Doppler notch, else that of its epochs."""
    least_mps = world.sensors[s]["radial_speed_min_mps"]
    if least_mps > 0.0 and abs(radial_speed_mps(world, state, s, i, t_s)) < least_mps:
        return 0.0
    return stated_factor(world, s, azimuth_rad(world, state, s, i, t_s), t_s)


@kernel
def radial_speed_mps(world: World, state: State, s: int, i: int, t_s: float) -> float:
    """Speed at which object `i` moves away from sensor `s` at `t_s`; below 0 it approaches."""
    x, y, z, _ = object_position(world, state, i, t_s)
    vx, vy, vz = object_velocity(world, state, i, t_s)
    pos = world.sensors[s]["pos_ecef_m"]
    dx, dy, dz = x - pos[0], y - pos[1], z - pos[2]
    range_m = math.sqrt(dx * dx + dy * dy + dz * dz)
    return (dx * vx + dy * vy + dz * vz) / range_m if range_m > 0.0 else 0.0
