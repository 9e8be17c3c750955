"""Loss on the way of a radar's signal: rain, and the gases of clear air if asked for; there and back, in dB.

A report "seen at R0" was measured in clear air, so clear air is inside the anchor and rain is extra. The path in rain is the part of the
straight line from antenna to target that lies below the top of the rain, and no longer than the extent of the rain. With gases the
attenuation at sea level thins out with height, exponentially, with its own scale height for oxygen and water vapour; the
line's mean of that is a closed form. Then SNR = SNR0 (R0 / R)^4 (rcs / rcs0) L(R0) / L(R), with L(R0) that of the anchor in clear air.

The mean over a straight line between the two heights leaves out the sag of the earth, so gas is a little too strong on long level paths.
Not modelled: rain that starts away from the radar, echoes from rain, snow, a wet radome, noise that the attenuating air adds.

References: specific attenuation: ITU-R P.838-3 (`rain`), P.676-12 (`gas`); scale heights of the gases: about 6 km for oxygen below 50 GHz
(P.676-12, annex 2, equation 31) and 2 km for water vapour (P.835-6, equation 6).
"""

from __future__ import annotations

import math
from typing import Any

from openiads.kernel import inlined, kernel

OXYGEN_SCALE_M, WATER_SCALE_M = 6_000.0, 2_000.0
"""Heights over which the two gases thin out to 1 / e."""
ANCHOR_ALT_M = 10_000.0
"""Height of the target at the anchor's range, which reports do not state: that of an aircraft in cruise (our assumption)."""
_LEVEL_M = 1.0
_NEPER_PER_DB = math.log(10.0) / 10.0


@inlined
def share_below(low_m: float, high_m: float, top_m: float) -> float:
    """Share of a straight line from one height to another that lies below `top_m`; the heights may come in either order."""
    least_m, most_m = min(low_m, high_m), max(low_m, high_m)
    if most_m <= top_m:
        return 1.0
    if least_m >= top_m:
        return 0.0
    return (top_m - least_m) / (most_m - least_m)


@inlined
def mean_density(low_m: float, high_m: float, scale_m: float) -> float:
    """Mean of exp(-height / scale) along a straight line from one height to another."""
    if abs(high_m - low_m) < _LEVEL_M:
        return math.exp(-0.5 * (low_m + high_m) / scale_m)
    return scale_m * (math.exp(-low_m / scale_m) - math.exp(-high_m / scale_m)) / (high_m - low_m)


@inlined
def loss_db(sensor: Any, settings: Any, range_m: float, alt_m: float) -> float:
    """Loss in dB, there and back, between the antenna of a row of SENSORS and a target at a slant range and height."""
    low_m = sensor["alt_m"]
    lost = sensor["rain_db_per_m"] * min(range_m * share_below(low_m, alt_m, settings["rain_top_m"]), settings["rain_extent_m"])
    if sensor["oxygen_db_per_m"] > 0.0:
        lost += sensor["oxygen_db_per_m"] * range_m * mean_density(low_m, alt_m, OXYGEN_SCALE_M)
        lost += sensor["water_db_per_m"] * range_m * mean_density(low_m, alt_m, WATER_SCALE_M)
    return float(lost)


@inlined
def greatest_loss_db(sensor: Any, settings: Any, range_m: float) -> float:
    """No target within `range_m` suffers more: all the way in rain and in air as thick as at sea level."""
    rain = sensor["rain_db_per_m"] * min(range_m, settings["rain_extent_m"])
    return float(rain + (sensor["oxygen_db_per_m"] + sensor["water_db_per_m"]) * range_m)


@inlined
def kept_share(db: float) -> float:
    """Share of the power that a loss in dB leaves."""
    return math.exp(-_NEPER_PER_DB * db)


@kernel
def anchor_gain(sensor: Any, range_m: float) -> float:
    """Power ratio that gives back what the gases took at the range of the anchor, where clear air is inside the report."""
    low_m = sensor["alt_m"]
    lost = sensor["oxygen_db_per_m"] * range_m * mean_density(low_m, ANCHOR_ALT_M, OXYGEN_SCALE_M)
    lost += sensor["water_db_per_m"] * range_m * mean_density(low_m, ANCHOR_ALT_M, WATER_SCALE_M)
    return 1.0 / kept_share(lost)
