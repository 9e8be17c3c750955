"""What damage leaves of a radar: a factor on its signal-to-noise ratio, as a function of time.

Range goes with the fourth root of the ratio, so a radar that sees a share f of its range has f^4 of it; 0 is a radar that is gone.
Looks are asked for long after or before they happen, so the factor of every instant is kept. It never exceeds 1.

Not modelled: damage to a part of the sector, or to the accuracy.
"""

from __future__ import annotations

from openiads.kernel import kernel
from openiads.state.arrays import State


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
