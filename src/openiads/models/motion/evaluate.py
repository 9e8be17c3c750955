"""Where an object is: evaluation of a path's knots inside the compiled core.

`knots` is the array of all paths, dtype `KNOTS` of `state.layout`; one path has the knots `first` to `last`, both included. A
segment is named by the knot at its start. Before the first knot and after the last the position is that of the end.

Reference: cubic Hermite interpolation, C. de Boor, A Practical Guide to Splines (1978), chapter IV.
"""

from __future__ import annotations

from typing import Any

from openiads.kernel import kernel


@kernel
def segment_index(knots: Any, first: int, last: int, hint: int, t_s: float) -> int:
    """The segment that holds at time `t_s`, searched from the segment `hint`: O(1) when times come in order.

    At a shared time the later knot counts, so a segment without duration is never returned.
    """
    i = min(max(hint, first), last - 1)
    while i < last - 1 and t_s >= knots[i + 1]["time_s"]:
        i += 1
    while i > first and t_s < knots[i]["time_s"]:
        i -= 1
    return i


@kernel
def position_at(knots: Any, segment: int, t_s: float) -> tuple[float, float, float, float]:
    """ECEF x, y, z and height, in metres, on a segment at time `t_s`."""
    a = knots[segment]
    b = knots[segment + 1]
    step = b["time_s"] - a["time_s"]
    u = min(max((t_s - a["time_s"]) * a["per_s"], 0.0), 1.0)
    w = 1.0 - u
    towards = u * u * (3.0 - 2.0 * u)
    rise = step * u * w * w
    fall = step * u * u * w
    p = a["pos_ecef_m"]
    q = b["pos_ecef_m"]
    v = a["vel_ecef_mps"]
    r = b["vel_ecef_mps"]
    return (
        p[0] + towards * (q[0] - p[0]) + rise * v[0] - fall * r[0],
        p[1] + towards * (q[1] - p[1]) + rise * v[1] - fall * r[1],
        p[2] + towards * (q[2] - p[2]) + rise * v[2] - fall * r[2],
        a["alt_m"] + towards * (b["alt_m"] - a["alt_m"]) + rise * a["climb_mps"] - fall * b["climb_mps"],
    )
